import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e13: DrillCase = pushed("E13", "checkpoint root differs from proof", "drill", [
  trial(one({ entries: [{ checkpoint: "other-root" }] }), refuse("checkpoint-root-mismatch")),
]);
