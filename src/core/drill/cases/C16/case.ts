import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const c16: DrillCase = pushed("C16", "issuer extensions differ", "drill", [
  trial(one({ leaf: { issuerV2: "https://oidc.evil.drill.example" } }), refuse("issuer-conflict"), "newer"),
  trial(one({ leaf: { issuerV1: "https://oidc.evil.drill.example" } }), refuse("issuer-conflict"), "older"),
]);
