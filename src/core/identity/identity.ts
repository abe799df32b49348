/**
 * Who signed, as a certificate says it: issuer and subject alternative name, compared byte for byte.
 * Never a SAN alone: every cluster's `prod/builder` has the same one. Not a person.
 */
export type Identity = {
  /** Fulcio extension `.8`, else `.1` (fulcio `docs/oid-info.md`). */
  readonly issuer: string;
  readonly san: string;
  readonly sanType: SanType;
};

export type SanType = "uri" | "email" | "dns" | "other-name";

/** Compares identities code unit by code unit, the type of the SAN included. */
export function sameIdentity(a: Identity, b: Identity): boolean {
  return a.issuer === b.issuer && a.san === b.san && a.sanType === b.sanType;
}

/** A Kubernetes service account as Fulcio's issuer type `kubernetes` names it. Display only: the identity is the pair above. */
export type ServiceAccountName = { readonly namespace: string; readonly serviceAccount: string };

const SERVICE_ACCOUNT_SAN = /^https:\/\/kubernetes\.io\/namespaces\/([^/]+)\/serviceaccounts\/([^/]+)$/;

/** Reads the SAN of a service account (fulcio `pkg/identity/kubernetes/principal.go`); `undefined` for any other, and for empty parts. */
export function parseServiceAccountSan(san: string): ServiceAccountName | undefined {
  const [, namespace, serviceAccount] = SERVICE_ACCOUNT_SAN.exec(san) ?? [];
  return namespace && serviceAccount ? { namespace, serviceAccount } : undefined;
}

export function toServiceAccountSan(name: ServiceAccountName): string {
  return `https://kubernetes.io/namespaces/${name.namespace}/serviceaccounts/${name.serviceAccount}`;
}

/** How people are shown an identity: `ns/payments-prod/sa/builder @ issuer` for service accounts, the SAN for others. */
export function renderIdentity(identity: Identity): string {
  const name = parseServiceAccountSan(identity.san);
  const subject = name ? `ns/${name.namespace}/sa/${name.serviceAccount}` : identity.san;
  return `${subject} @ ${identity.issuer}`;
}
