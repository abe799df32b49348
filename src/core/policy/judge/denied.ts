import { unreachable } from "../../bug.ts";
import type { DigestRef } from "../../digest.ts";
import type { Identity } from "../../identity/identity.ts";
import type { UnixMs } from "../../time.ts";
import type { DenyRule } from "../trust-policy.ts";

/** What may be denied: an image, or a good signature of one. */
export type DeniedThing =
  | { readonly kind: "digest"; readonly digest: DigestRef }
  | {
      readonly kind: "signer";
      readonly identity?: Identity;
      /** SHA-256 of the key, where it is one that lives for long. */
      readonly key?: DigestRef;
      /** Absent: nobody has proven a time. */
      readonly signedAt?: UnixMs;
    };

/** The first rule that denies something, whatever the policy says of it. */
export function denyRuleFor(rules: readonly DenyRule[], thing: DeniedThing): DenyRule | undefined {
  return rules.find((rule) => isMeant(rule, thing));
}

function isMeant(rule: DenyRule, thing: DeniedThing): boolean {
  const { what } = rule;
  if (thing.kind === "digest") return what.kind === "digest" && what.digest === thing.digest;
  return isBy(rule, thing) && isWhile(rule, thing.signedAt);
}

type Signer = Extract<DeniedThing, { readonly kind: "signer" }>;

function isBy({ what }: DenyRule, { identity, key }: Signer): boolean {
  switch (what.kind) {
    case "digest":
      return false;
    case "identity":
      return identity !== undefined && identity.issuer === what.issuer && identity.san === what.san;
    case "key":
      return key === what.digest;
    default:
      return unreachable(what);
  }
}

/** A signature of which nobody knows the time may be from the time that is denied. */
function isWhile({ since, until }: DenyRule, at: UnixMs | undefined): boolean {
  if (at === undefined) return true;
  return (since === undefined || at >= since) && (until === undefined || at < until);
}

/**
 * Judges a change of the register: one person adds a rule, two take it out. The first says so in the rule, by `withdrawn`, and
 * the rule holds until somebody else removes it. Rules are not edited: a narrower one would open what two have to open.
 */
export function judgeDenyChange(
  before: readonly DenyRule[],
  after: readonly DenyRule[],
  user: string,
): readonly string[] {
  const [old, now] = [byName(before), byName(after)];
  return [
    ...after.flatMap((rule) => judgeKept(rule, old.get(rule.name), user)),
    ...before.flatMap((rule) => (now.has(rule.name) ? [] : judgeRemoved(rule, user))),
  ];
}

function byName(rules: readonly DenyRule[]): ReadonlyMap<string, DenyRule> {
  return new Map(rules.map((rule) => [rule.name, rule]));
}

function judgeKept(rule: DenyRule, before: DenyRule | undefined, user: string): readonly string[] {
  if (!before) {
    if (rule.withdrawn !== undefined) return [`${rule.name}: a new rule is not withdrawn`];
    return rule.by === user ? [] : [`${rule.name}: by is ${rule.by}, and ${user} adds it`];
  }
  if (textOf(before) !== textOf(rule)) return [`${rule.name}: a deny rule is not edited; add another, or take it out`];
  const isNew = rule.withdrawn !== undefined && rule.withdrawn !== before.withdrawn;
  return isNew && rule.withdrawn !== user ? [`${rule.name}: withdrawn is ${rule.withdrawn}, and ${user} asks`] : [];
}

function judgeRemoved({ name, withdrawn }: DenyRule, user: string): readonly string[] {
  if (withdrawn === undefined) return [`${name}: somebody has to withdraw it first, by withdrawn: ${user}`];
  return withdrawn === user ? [`${name}: ${user} has withdrawn it, so somebody else has to remove it`] : [];
}

function textOf({ name, what, since, until, reason, by, at }: DenyRule): string {
  return JSON.stringify([name, what, since, until, reason, by, at]);
}
