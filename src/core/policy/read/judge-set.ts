import { lookUp } from "../look-up.ts";
import type { Authority, ImageFamily, Requirement, TrustException, TrustPolicySet } from "../trust-policy.ts";
import type { PolicyContext } from "./context.ts";
import type { PlacedFamily } from "./family.ts";
import type { Field } from "./field.ts";
import { findCommon, imageLanguageOf } from "./image-language.ts";
import { judgeDisjoint, judgeReach } from "./judge-images.ts";
import { authoritiesOf, judgeDistinctSigners } from "./judge-signers.ts";
import type { PlacedRule } from "./placement.ts";

/** Everything that was read, with its places; what it must hold as a whole is judged here. */
export type ReadParts = {
  readonly families: readonly PlacedFamily[];
  readonly authorities: readonly { readonly name: string; readonly authority: Authority; readonly field: Field }[];
  readonly branchings: readonly { readonly require: Requirement; readonly field: Field }[];
  readonly exceptions: readonly { readonly exception: TrustException; readonly field: Field }[];
  readonly rules: readonly PlacedRule[];
};

/** Judges the rules that look at several places of a set. */
export function judgeSet(parts: ReadParts, policy: TrustPolicySet, context: PolicyContext): void {
  const { patterns } = context;
  const sets = parts.families.map(({ family, field }) => ({ ...family, field }));
  for (const set of sets) judgeReach(set, patterns);
  judgeDisjoint(sets, "families", patterns);
  const rules = parts.rules.map(({ placement, rule, field }, i) => ({
    name: `${placement}[${i}]`,
    images: rule.images,
    except: [],
    field,
  }));
  judgeDisjoint(rules, "placement rules", patterns);
  for (const branching of parts.branchings) {
    judgeDistinctSigners(branching, { authorities: policy.authorities, patterns });
    judgeMixedRoots(branching, policy, context);
  }
  for (const placed of parts.families) {
    judgeSatisfiable(placed, policy, context);
    judgeClaims(placed, policy);
    judgePlacement(placed, parts, { policy, context });
  }
  judgeUnused(parts);
  judgeExceptionOverlap(parts.exceptions);
}

/** Alternatives under a public and a private root: the weaker one decides (TP308). */
function judgeMixedRoots(
  { require, field }: ReadParts["branchings"][number],
  policy: TrustPolicySet,
  { domains }: PolicyContext,
): void {
  if (!domains || require.op !== "any") return;
  const kinds = new Set(rootsOf(require, policy).flatMap((root) => lookUp(domains, root)?.isPublic ?? []));
  if (kinds.size > 1) field.problem("TP308", "any mixes public and private roots: the weaker one decides");
}

function rootsOf(require: Requirement, { authorities }: TrustPolicySet): readonly string[] {
  return authoritiesOf(require).flatMap((name) => {
    const authority = lookUp(authorities, name);
    return authority?.kind === "sigstore" ? authority.root : [];
  });
}

/** A family that nothing can meet: its signatures would have to be made after the root has ended (TP408). */
function judgeSatisfiable({ family, field }: PlacedFamily, policy: TrustPolicySet, { domains }: PolicyContext): void {
  const { notBefore } = family.time;
  if (notBefore === undefined || !domains) return;
  const ended = rootsOf(family.require, policy).find((root) => {
    const expires = lookUp(domains, root)?.expires;
    return expires !== undefined && notBefore >= expires;
  });
  if (ended !== undefined)
    field.at("time").at("notBefore").problem("TP408", `notBefore is after the end of root ${ended}`);
}

/** Bundles sign a digest and no name (TP409). */
function judgeClaims({ family, field }: PlacedFamily, { authorities }: TrustPolicySet): void {
  if (family.reference !== "repository") return;
  const used = signersOf(family.require).flatMap((name) => lookUp(authorities, name) ?? []);
  const isNamed = used.some((authority) => authority.kind !== "notation" && authority.formats.includes("legacy"));
  if (!isNamed)
    field
      .at("claims")
      .problem("TP409", "claims.reference: repository, while only bundles are evidence, which sign no name");
}

function signersOf(require: Requirement): readonly string[] {
  if (require.op === "signature") return [require.by];
  return require.op === "attestation" ? [] : require.of.flatMap(signersOf);
}

/** The authority must be of the trust domain that the family is placed in (TP309). */
function judgePlacement(
  { family, field }: PlacedFamily,
  { rules }: ReadParts,
  { policy, context }: { readonly policy: TrustPolicySet; readonly context: PolicyContext },
): void {
  const placed = [...rules.map(({ rule }) => ({ ...rule, except: [] })), ...(context.placements ?? [])];
  const language = imageLanguageOf(family);
  for (const { images, except, domain } of placed) {
    const foreign = rootsOf(family.require, policy).find((root) => root !== domain);
    if (foreign === undefined) continue;
    const common = findCommon(
      context.patterns,
      [language.images, imageLanguageOf({ images, except: [] }).images],
      [...language.except, ...imageLanguageOf({ images: except, except: [] }).images],
    );
    if (common.kind !== "none") {
      const image = common.kind === "witness" ? common.image : family.name;
      field
        .at("require")
        .problem("TP309", `${image} is placed in domain ${domain}, and an authority of the family is of ${foreign}`);
    }
  }
}

function judgeUnused({ authorities, families }: ReadParts): void {
  const used = new Set(
    families.flatMap(({ family }: { readonly family: ImageFamily }) => authoritiesOf(family.require)),
  );
  for (const { name, field } of authorities) {
    if (!used.has(name)) field.problem("TP213", `authority ${name} is used by no family`);
  }
}

/** Two exceptions for one image would be a union that nobody approved (TP607). */
function judgeExceptionOverlap(exceptions: ReadParts["exceptions"]): void {
  for (const [i, a] of exceptions.entries()) {
    for (const b of exceptions.slice(i + 1)) {
      if (overlap(a.exception, b.exception)) {
        b.field.problem(
          "TP607",
          `${b.exception.name} and ${a.exception.name} (${a.field.place}) cover the same image and namespace`,
        );
      }
    }
  }
}

function overlap(a: TrustException, b: TrustException): boolean {
  const inTime = a.notBefore < b.ends && b.notBefore < a.ends;
  return inTime && meets(a.namespaces, b.namespaces) && meets(a.clusters, b.clusters) && scopesMeet(a, b);
}

function meets(left: readonly string[], right: readonly string[]): boolean {
  return left.some((item) => right.includes(item));
}

/** A digest may lie in any repository, so it is compared with digests only; an image is let in by one of them, never by both. */
function scopesMeet(a: TrustException, b: TrustException): boolean {
  if (a.repository === undefined || b.repository === undefined)
    return a.digests.some((digest) => b.digests.includes(digest));
  const isAnyTag =
    a.tagPattern === undefined ||
    b.tagPattern === undefined ||
    a.tagPattern.includes("*") ||
    b.tagPattern.includes("*");
  return a.repository === b.repository && (isAnyTag || a.tagPattern === b.tagPattern);
}
