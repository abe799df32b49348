import { renderIdentity, type Identity } from "../identity/identity.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { Certificate } from "../x509/certificate.ts";
import { identityOf } from "../x509/identity-of.ts";
import type { ExpectedSigner } from "./policy.ts";
import type { VerifyReason } from "./reason.ts";

/** Step 14: the certificate's one identity is the one asked for: issuer and name, both. */
export function judgeIdentity(
  leaf: Certificate,
  expected: NonNullable<ExpectedSigner["identity"]>,
): Parsed<Identity, VerifyReason> {
  const found = identityOf(leaf);
  if (!found.ok) return found;
  const identity = found.value;
  if (typeof expected === "function") {
    return expected(identity)
      ? found
      : malformed("identity-mismatch", `signed by ${renderIdentity(identity)}, whom the policy does not name`);
  }
  if (identity.issuer !== expected.issuer) {
    return malformed("issuer-mismatch", `the issuer is ${identity.issuer}, not ${expected.issuer}`);
  }
  const isSameType = expected.sanType === undefined || expected.sanType === identity.sanType;
  return isSameType && identity.san === expected.san
    ? parsed(identity)
    : malformed("identity-mismatch", `signed by ${identity.san} (${identity.sanType}), not ${expected.san}`);
}
