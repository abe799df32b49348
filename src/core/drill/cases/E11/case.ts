import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e11: DrillCase = pushed("E11", "checkpoint of another log", "drill", [
  trial(one({ entries: [{ checkpoint: "other-log" }] }), refuse("checkpoint-log-mismatch")),
]);
