import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e02: DrillCase = pushed("E02", "SET missing, integratedTime present", "production", [
  trial(one({ entries: [{ log: "rekor1", promise: "none" }], stamps: [] }), refuse("time-missing")),
]);
