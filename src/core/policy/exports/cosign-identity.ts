import type { JsonObject } from "../../json/json.ts";
import type { IdentityRule } from "../trust-policy.ts";

/** An identity as cosign compares it: exact values are literal, our patterns are anchored already. */
export function renderCosignIdentity({ issuer, san }: IdentityRule): JsonObject {
  return {
    ...(issuer.kind === "exact" ? { issuer: issuer.text } : { issuerRegExp: issuer.pattern }),
    ...(san.kind === "exact" ? { subject: san.text } : { subjectRegExp: san.pattern }),
  };
}
