import type { Secret } from "../core/secret.ts";

/** An OIDC issuer that the CA accepts (fulcio `GET /api/v2/configuration`). */
export type AcceptedIssuer = {
  /** Exact URL, or a pattern where `*` stands for one or more characters when `wildcard`. */
  readonly issuer: string;
  readonly wildcard: boolean;
  readonly audience: string;
  readonly challengeClaim: string;
  readonly issuerType: string;
};

export type CertificateRequest = {
  readonly token: Secret<string>;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Signature over the challenge claim of the token. */
  readonly proofOfPossession: Uint8Array;
};

/** The chain as DER, leaf first. `sct` says how the SCT came: a detached one is refused by the signing client. */
export type IssuedCertificate = { readonly chain: readonly Uint8Array[]; readonly sct: "embedded" | "detached" };

/**
 * Issues short-lived certificates for workload identities (Fulcio).
 * Faults: `fulcio.unreachable`, `fulcio.refused` (token or proof not accepted), `fulcio.malformed`.
 */
export interface CertificateAuthority {
  issuers(signal: AbortSignal): Promise<readonly AcceptedIssuer[]>;
  issue(request: CertificateRequest, signal: AbortSignal): Promise<IssuedCertificate>;
}
