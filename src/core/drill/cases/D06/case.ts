import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d06: DrillCase = pushed("D06", "unknown critical extension", "drill", [
  trial(one({ leaf: { unknownCritical: true } }), refuse("cert-critical-ext")),
]);
