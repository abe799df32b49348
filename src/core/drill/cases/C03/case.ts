import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const c03: DrillCase = pushed("C03", "wrong issuer, same SAN", "production", [
  trial(
    one({ leaf: { issuerV1: "https://oidc.prod-2.drill.example", issuerV2: "https://oidc.prod-2.drill.example" } }),
    refuse("issuer-mismatch"),
  ),
]);
