import { EXPORTS } from "./exports.ts";
import { exportContract } from "./exports.contract.ts";
import { IMPORTS } from "./imports.ts";

for (const format of EXPORTS) {
  const reader = IMPORTS.find(({ id }) => id === format.id);
  if (reader) exportContract(format, reader);
}
