import { one, pushed, trial, ADMIT, type DrillCase } from "../../drill-case.ts";

export const a06: DrillCase = pushed("A06", "good with intermediate rotated", "drill", [
  trial(one({ leaf: { ca: "rotated" } }), ADMIT),
]);
