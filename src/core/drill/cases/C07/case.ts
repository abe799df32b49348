import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { uri, DRILL_SAN } from "../../good.ts";

export const c07: DrillCase = pushed("C07", "SAN with suffix", "production", [
  trial(one({ leaf: { names: [uri(`${DRILL_SAN}-evil`)] } }), refuse("identity-mismatch")),
]);
