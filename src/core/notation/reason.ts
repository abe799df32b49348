import type { CborCode } from "../cbor/read-cbor.ts";
import type { TstCode } from "../cms/tst-code.ts";
import type { KeyCode } from "../crypto/public-key.ts";
import type { JsonCode } from "../json/read-json.ts";
import type { CertificateCode } from "../x509/certificate-code.ts";

/** How bytes can fail to be a Notary Project signature that is read here. */
export type EnvelopeReason =
  | JsonCode
  | CborCode
  | "notation-envelope"
  | "notation-algorithm"
  | "notation-scheme"
  | "notation-critical-attribute"
  | "notation-plugin-required"
  | "too-many-certificates";

/** Why a Notary Project signature is not accepted (trust-policy chapter §4.2). */
export type NotationReason =
  | EnvelopeReason
  | CertificateCode
  | KeyCode
  | TstCode
  | "signature"
  | "subject-mismatch"
  | "leaf-is-ca"
  | "cert-ku"
  | "cert-chain"
  | "cert-unknown-issuer"
  | "cert-not-valid-at-time"
  | "time-missing"
  | "notation-identity"
  | "notation-expired"
  | "notation-revoked";

/** The name of the gap where nobody could say whether a certificate is revoked. */
export const REVOCATION_UNKNOWN = "notation-revocation-unknown";
