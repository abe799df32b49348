import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const c14: DrillCase = pushed("C14", "no SAN", "drill", [
  trial(one({ leaf: { names: [] } }), refuse("san-count")),
]);
