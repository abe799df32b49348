import { parseRfc3339, type UnixMs } from "../time.ts";
import type { JsonValue } from "../json/json.ts";
import { bug } from "../bug.ts";
import type {
  Authority,
  IdentityRule,
  NotationAuthority,
  Requirement,
  SigstoreAuthority,
} from "../policy/trust-policy.ts";
import type { NotationPlan, Plan, SaysPlan } from "./plan.ts";
import type { San } from "../x509/san.ts";

/** The one signer whom the drill's policies name, and names that are near. */
export const DRILL_ISSUER = "https://oidc.prod-1.drill.example";
export const DRILL_SAN = "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder";
export const DRILL_BUILDER = "drill-builder";
/** The trust domain in which everything good is made. */
export const DRILL_ROOT = "drill";

export function uri(value: string): San {
  return { type: "uri", value };
}

/** Names in a URI, exactly. */
export function identityOfBuilder(change: Partial<IdentityRule> = {}): IdentityRule {
  return {
    issuer: { kind: "exact", text: DRILL_ISSUER },
    san: { kind: "exact", text: DRILL_SAN, type: "uri" },
    extensions: {},
    ...change,
  };
}

/** The builder as policies name it: one identity, an inclusion proof, an SCT, a time of a log or a timestamp authority. */
export function builder(change: Partial<SigstoreAuthority> = {}): SigstoreAuthority {
  return {
    kind: "sigstore",
    root: DRILL_ROOT,
    identities: [identityOfBuilder()],
    formats: ["bundle", "legacy"],
    log: { logs: [], proof: "inclusion", min: 1 },
    time: { sources: ["tsa", "log"], min: 1, tsas: [] },
    sct: { kind: "required" },
    ...change,
  };
}

/** The builder's authority with one thing changed, for a plan's `ask`. */
export function asking(change: Partial<SigstoreAuthority>): {
  readonly authorities: Readonly<Record<string, Authority>>;
} {
  return { authorities: { [DRILL_BUILDER]: builder(change) } };
}

export function instant(text: string): UnixMs {
  return parseRfc3339(text) ?? bug(`no time: ${text}`);
}

export const SPDX = "https://spdx.dev/Document";
export const SLSA = "https://slsa.dev/provenance/v1";
export const VULN = "https://cosign.sigstore.dev/attestation/vuln/v1";

/** A signature of the image as a requirement; by the builder unless somebody else is named. */
export function signedBy(authority: string = DRILL_BUILDER): Extract<Requirement, { readonly op: "signature" }> {
  return { op: "signature", by: authority, on: "subject" };
}

/** An attestation by the builder as a requirement. */
export function attestedBy(predicateType: string): Extract<Requirement, { readonly op: "attestation" }> {
  return { op: "attestation", by: DRILL_BUILDER, predicateType, where: [], on: "subject" };
}

/** A statement of that type, for a plan's `says`. */
export function attested(predicateType: string, predicate: JsonValue = {}): SaysPlan {
  return { predicateType, predicate };
}

export const DRILL_STORE = "drill";
export const DRILL_PUBLISHER = "countersign drill";

/** The publisher as policies name him: a distinguished name under the one trust store. */
export const PUBLISHER: NotationAuthority = {
  kind: "notation",
  trustStores: [DRILL_STORE],
  identities: [`x509.subject: C=CH, ST=Zurich, O=${DRILL_PUBLISHER}, OU=Release`],
  level: "strict",
  overrides: {},
  tsaStores: [],
  verifyTimestamp: "always",
  revocation: "enforce",
};

/** A plan of one signature of the Notary Project, and the policy that asks for it. */
export function published(change: NotationPlan = {}): Plan {
  return { evidence: [], notation: [change], ask: { authorities: { [DRILL_BUILDER]: PUBLISHER } } };
}
