import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d10: DrillCase = pushed("D10", "SCT missing", "drill", [
  trial(one({ leaf: { sct: "none" } }), refuse("sct-missing")),
]);
