import type { NamedTrust, StoreTrust } from "../../core/admission/named-trust.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { familyHash, policyHash } from "../../core/policy/canonical.ts";
import { denyRuleFor, type DeniedThing } from "../../core/policy/judge/denied.ts";
import {
  breakGlassAt,
  enforcementAt,
  exceptionAt,
  selectFamily,
  type EnforcementAt,
  type ExcusedImage,
} from "../../core/policy/judge/in-force.ts";
import { renderRequirement, renderSigners } from "../../core/policy/judge/render-requirement.ts";
import { lookUp } from "../../core/policy/look-up.ts";
import { authoritiesOf } from "../../core/policy/read/judge-signers.ts";
import type { PolicyDocuments } from "../../core/policy/read/read-set.ts";
import type {
  Authority,
  BreakGlass,
  DenyRule,
  ImageFamily,
  TrustException,
  TrustPolicySet,
} from "../../core/policy/trust-policy.ts";
import type { UnixMs } from "../../core/time.ts";

/** The policy that holds now, read and checked, with the questions that admission puts to it. */
export type PolicyInForce = {
  readonly set: TrustPolicySet;
  readonly exceptions: readonly TrustException[];
  readonly breakGlass: readonly BreakGlass[];
  /** Of the whole set; goes into every decision. */
  readonly hash: string;
  readonly familyOf: (repository: string) => ImageFamily | undefined;
  /** Of one family with all that it reaches, trusted roots included: an edit elsewhere keeps its verdicts. */
  readonly familyHash: (family: ImageFamily) => string;
  /** By name. One that is not here could not be had, and nothing can be satisfied under it. */
  readonly roots: ReadonlyMap<string, RootInForce>;
  /** By Notation authority: its rules with the anchors of its trust stores. One that is not here could not be had. */
  readonly stores: ReadonlyMap<string, StoresInForce>;
  readonly enforcementOf: (namespace: string, at: UnixMs) => EnforcementAt;
  readonly breakGlassFor: (namespace: string, at: UnixMs) => BreakGlass | undefined;
  readonly exceptionFor: (image: Omit<ExcusedImage, "cluster">, at: UnixMs) => TrustException | undefined;
  /** Why a digest, or what somebody signed, may not run whatever else is said; `undefined` where nothing is. */
  readonly denied: (what: DeniedThing) => string | undefined;
  readonly needs: (family: string) => string;
  readonly expected: (authority: string) => readonly string[];
};

export type RootInForce = NamedTrust & {
  /** Of the trusted root, in hexadecimal. */
  readonly hash: string;
  /** It had expired when it was last looked at. */
  readonly expired: boolean;
};

export type StoresInForce = StoreTrust & {
  /** Of the stores' certificates, in hexadecimal. */
  readonly hash: string;
};

/** What a policy in force is made of. */
export type PolicyParts = Pick<PolicyDocuments, "policy" | "exceptions" | "breakGlass"> & {
  readonly roots: ReadonlyMap<string, RootInForce>;
  /** None unless given. */
  readonly stores?: PolicyInForce["stores"];
  /** The name of the cluster that asks; exceptions are for named clusters. */
  readonly cluster: string;
  /** Of the policy set. */
  readonly denyRules?: readonly DenyRule[];
  /** Of the register beside it, which changes while the policy does not. */
  readonly register?: () => readonly DenyRule[];
};

/** Puts a policy set into force: everything that does not depend on a request is computed here, once. */
export function policyInForce(parts: PolicyParts): PolicyInForce {
  const { policy, exceptions, breakGlass, roots, stores = new Map(), cluster } = parts;
  const { denyRules = [], register = () => [] } = parts;
  const hashes = new Map(policy.families.map((family) => [family.name, hashOf(family, parts)]));
  return {
    set: policy,
    exceptions,
    breakGlass,
    hash: policyHash(policy),
    familyOf: (repository) => selectFamily(policy, repository),
    familyHash: (family) => hashes.get(family.name) ?? hashOf(family, parts),
    roots,
    stores,
    enforcementOf: (namespace, at) => enforcementAt(policy, namespace, at),
    breakGlassFor: (namespace, at) => breakGlassAt(breakGlass, namespace, at),
    exceptionFor: (image, at) => exceptionAt(exceptions, { ...image, cluster }, at),
    denied: (what) => {
      const rule = denyRuleFor([...denyRules, ...register()], what);
      return rule && `${rule.name}: ${rule.reason}`;
    },
    needs: (name) => {
      const family = policy.families.find((known) => known.name === name);
      return family ? renderRequirement(family.require) : "";
    },
    expected: (name) => {
      const authority = lookUp(policy.authorities, name);
      return authority ? renderSigners(authority) : [];
    },
  };
}

const HASH_DIGITS = 32;

/** A root that has expired is another one: what it satisfied must not be satisfied any more. */
function hashOf(family: ImageFamily, { policy, roots, stores }: PolicyParts): string {
  const names = authoritiesOf(family.require).flatMap((name) => {
    const authority = lookUp(policy.authorities, name);
    return (authority && rootOf(authority)) ?? [];
  });
  const trusted = [...new Set(names)].toSorted().map((name) => {
    const root = roots.get(name);
    return `${name}=${root ? (root.expired ? "expired" : root.hash) : "none"}`;
  });
  const stored = authoritiesOf(family.require)
    .flatMap((name) => {
      const isNotation = lookUp(policy.authorities, name)?.kind === "notation";
      return isNotation ? [`stores:${name}=${stores?.get(name)?.hash ?? "none"}`] : [];
    })
    .toSorted();
  // A key of every verdict in memory, so no longer than it must be: 128 bits of our own making.
  return toHex(sha256(toUtf8([familyHash(policy, family), ...trusted, ...stored].join(" ")))).slice(0, HASH_DIGITS);
}

/** The trust domain that an authority stands under; `undefined` for a key that needs none. */
export function rootOf(authority: Authority): string | undefined {
  if (authority.kind === "sigstore") return authority.root;
  return authority.kind === "key" ? authority.log?.root : undefined;
}
