import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d12: DrillCase = pushed("D12", "CA removed from root", "drill", [
  trial(one({ leaf: { ca: "removed" } }), refuse("cert-unknown-issuer")),
]);
