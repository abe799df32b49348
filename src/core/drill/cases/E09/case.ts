import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e09: DrillCase = pushed("E09", "proof for another entry", "production", [
  trial(one({ entries: [{ proof: "neighbour" }] }), refuse("inclusion-proof")),
]);
