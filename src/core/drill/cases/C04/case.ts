import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const c04: DrillCase = pushed("C04", "same issuer and SAN, foreign CA", "drill", [
  trial(one({ leaf: { ca: "foreign" } }), refuse("cert-unknown-issuer", "cert-signature")),
]);
