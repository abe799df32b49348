import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d05: DrillCase = pushed("D05", "no code-signing EKU", "drill", [
  trial(one({ leaf: { purpose: "server" } }), refuse("cert-eku")),
]);
