import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const e12: DrillCase = pushed("E12", "checkpoint signature under other key", "production", [
  trial(one({ entries: [{ checkpoint: "other-key" }] }), refuse("checkpoint-signature")),
]);
