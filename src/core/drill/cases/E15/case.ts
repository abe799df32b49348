import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e15: DrillCase = pushed("E15", "log key not valid at that time", "drill", [
  trial(one({ entries: [{ log: "closed" }], stamps: [] }), refuse("log-key-expired")),
]);
