import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d04: DrillCase = pushed("D04", "leaf is a CA", "drill", [
  trial(one({ leaf: { isCa: true } }), refuse("leaf-is-ca")),
]);
