import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e03: DrillCase = pushed("E03", "SET forged", "production", [
  trial(one({ entries: [{ log: "rekor1", promise: "other-key" }], stamps: [] }), refuse("set-signature")),
]);
