import { parseAccount } from "../../correlate/preconditions.ts";
import { renderIdentity, type Identity, type ServiceAccountName } from "../../identity/identity.ts";
import type { MatchesWhole } from "../judge/judge-authority.ts";
import { lookUp } from "../look-up.ts";
import { authoritiesOf } from "../read/judge-signers.ts";
import type { IdentityRule, TextRule, TrustPolicySet } from "../trust-policy.ts";

/** One identity of an authority that at least one family requires something of. */
export type AllowedIdentity = {
  readonly authority: string;
  /** The trust root of the authority. */
  readonly root: string;
  readonly rule: IdentityRule;
  readonly families: readonly string[];
  /** Whether the authority has no other identity. */
  readonly isOnly: boolean;
};

/** Everybody whom a policy lets sign something. An authority that nothing requires lets nobody sign anything. */
export function allowedIdentities({ families, authorities }: TrustPolicySet): readonly AllowedIdentity[] {
  const reached = new Set(families.flatMap(({ require }) => authoritiesOf(require)));
  return [...reached].toSorted().flatMap((name) => {
    const authority = lookUp(authorities, name);
    if (authority?.kind !== "sigstore") return [];
    const { root, identities } = authority;
    const used = families.filter(({ require }) => authoritiesOf(require).includes(name));
    const common = {
      authority: name,
      root,
      families: used.map((family) => family.name),
      isOnly: identities.length === 1,
    };
    return identities.map((rule) => ({ ...common, rule }));
  });
}

/** Whether a rule accepts an identity: issuer, SAN and the SAN's type; not what a certificate says beyond them. */
export function acceptsIdentity({ issuer, san }: IdentityRule, identity: Identity, matches: MatchesWhole): boolean {
  return (
    san.type === identity.sanType && accepts(issuer, identity.issuer, matches) && accepts(san, identity.san, matches)
  );
}

function accepts(rule: TextRule, text: string, matches: MatchesWhole): boolean {
  return rule.kind === "exact" ? rule.text === text : matches(rule.pattern, text);
}

const SPIFFE_ACCOUNT = /^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/;

/** The one account that a rule is about; `undefined` for patterns, people and workflows. */
export function accountOf({
  issuer,
  san,
}: IdentityRule): (ServiceAccountName & { readonly issuer: string }) | undefined {
  if (issuer.kind !== "exact" || san.kind !== "exact" || san.type !== "uri") return undefined;
  const plain = parseAccount({ issuer: issuer.text, san: san.text, sanType: san.type });
  if (plain) return { ...plain, issuer: issuer.text };
  const [, namespace, serviceAccount] = SPIFFE_ACCOUNT.exec(san.text) ?? [];
  if (namespace === undefined || serviceAccount === undefined) return undefined;
  return { namespace, serviceAccount, issuer: issuer.text };
}

/** How people are shown an allowed identity: as an identity, or by the patterns that it is. */
export function renderAllowed({ rule: { issuer, san } }: AllowedIdentity): string {
  const [by, name] = [textOf(issuer), textOf(san)];
  const isExact = issuer.kind === "exact" && san.kind === "exact";
  return isExact ? renderIdentity({ issuer: by, san: name, sanType: san.type }) : `${name} @ ${by}`;
}

function textOf(rule: TextRule): string {
  return rule.kind === "exact" ? rule.text : rule.pattern;
}
