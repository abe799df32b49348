import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { attested, SPDX } from "../../good.ts";

export const b08: DrillCase = pushed("B08", "attestation only", "drill", [
  trial(one({ says: attested(SPDX) }), refuse("no-signature")),
]);
