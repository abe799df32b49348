import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e16: DrillCase = pushed("E16", "log unknown", "production", [
  trial(one({ entries: [{ log: "unknown" }], stamps: [] }), refuse("log-unknown")),
]);
