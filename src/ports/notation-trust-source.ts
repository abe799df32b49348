import type { StoreName } from "../core/notation/rules.ts";
import type { TrustPolicyDocument } from "../core/notation/trust-policy-document.ts";
import type { StoredCertificate } from "../core/notation/trust.ts";

/** What lies in trust stores; `warnings` names what lay there and was passed over. */
export type StoreContent = {
  readonly certificates: readonly StoredCertificate[];
  readonly warnings: readonly string[];
};

/**
 * Where Notary Project trust is configured: a trust policy and named stores of certificates.
 * Faults: `notation.policy-missing`, `notation.policy-invalid`, `notation.store-missing`, `notation.store-invalid`.
 */
export interface NotationTrustSource {
  policy(signal: AbortSignal): Promise<TrustPolicyDocument>;
  /** A store that does not exist or is empty is a fault: with less trust than configured nothing is judged. */
  certificates(stores: readonly StoreName[], signal: AbortSignal): Promise<StoreContent>;
}
