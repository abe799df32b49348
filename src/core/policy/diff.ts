import { exactly, type Program } from "../automata/program.ts";
import type { Relation } from "../automata/compare.ts";
import { includes } from "../automata/includes.ts";
import { matchesText } from "../automata/matches.ts";
import { renderCanonicalJson } from "../json/canonical.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { toCanonicalPolicy } from "./canonical.ts";
import { lookUp } from "./look-up.ts";
import type { PatternEngine } from "./read/context.ts";
import { findCommon, imageLanguageOf, type ImageLanguage } from "./read/image-language.ts";
import type { IdentityRule, ImageFamily, SigstoreAuthority, TextRule, TrustPolicySet } from "./trust-policy.ts";

/** What became of one family, authority or setting between two policies. */
export type PolicyChange = {
  readonly what: "family" | "authority" | "setting";
  readonly name: string;
  readonly change: "added" | "removed" | "changed";
  /** Members that differ in the expanded model. */
  readonly fields: readonly string[];
  /** How the images of a family, or the identities of an authority, relate; only where those differ. */
  readonly relation?: Relation;
  /** One that is new. */
  readonly gained?: string;
  /** One that is gone. */
  readonly lost?: string;
};

/** Says what differs between two policies as they are judged by; spelling does not. */
export function diffPolicies(
  before: TrustPolicySet,
  after: TrustPolicySet,
  patterns: PatternEngine,
): readonly PolicyChange[] {
  const [old, now] = [toCanonicalPolicy(before), toCanonicalPolicy(after)];
  const settings = differing(
    { ...old, families: null, authorities: null },
    { ...now, families: null, authorities: null },
  );
  return [
    ...settings.map((name): PolicyChange => ({ what: "setting", name, change: "changed", fields: [name] })),
    ...diffNamed("family", byName(old["families"]), byName(now["families"])).map((change) =>
      withImages(change, { before, after, patterns }),
    ),
    ...diffNamed("authority", toObject(old["authorities"]), toObject(now["authorities"])).map((change) =>
      withIdentities(change, { before, after, patterns }),
    ),
  ];
}

function differing(a: JsonObject, b: JsonObject): readonly string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
  return names.filter((name) => render(a[name]) !== render(b[name]));
}

function render(value: JsonValue | undefined): string {
  return value === undefined ? "" : renderCanonicalJson(value);
}

function toObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function byName(families: JsonValue | undefined): JsonObject {
  const list = Array.isArray(families) ? families : [];
  return Object.fromEntries(
    list.filter(isJsonObject).flatMap((family) => {
      const { name } = family;
      return typeof name === "string" ? [[name, family] as const] : [];
    }),
  );
}

function diffNamed(what: "family" | "authority", a: JsonObject, b: JsonObject): readonly PolicyChange[] {
  return differing(a, b).map((name) => {
    const [old, now] = [lookUp(a, name), lookUp(b, name)];
    const change = old === undefined ? "added" : now === undefined ? "removed" : "changed";
    const fields = change === "changed" ? differing(inner(old), inner(now)) : [];
    return { what, name, change, fields };
  });
}

/** An authority's members stand below its kind; one that became another kind differs in that. */
function inner(value: JsonValue | undefined): JsonObject {
  const object = toObject(value);
  const [only, ...others] = Object.values(object);
  return others.length === 0 && isJsonObject(only) ? only : object;
}

type Both = { readonly before: TrustPolicySet; readonly after: TrustPolicySet; readonly patterns: PatternEngine };

function withImages(change: PolicyChange, { before, after, patterns }: Both): PolicyChange {
  const isMoved = change.fields.some((name) => name === "images" || name === "except");
  const [old, now] = [familyIn(before, change.name), familyIn(after, change.name)];
  if (!isMoved || !old || !now) return change;
  const [left, right] = [imageLanguageOf(old), imageLanguageOf(now)];
  return { ...change, ...relate(missingImage(patterns, right, left), missingImage(patterns, left, right)) };
}

function familyIn({ families }: TrustPolicySet, name: string): ImageFamily | undefined {
  return families.find((family) => family.name === name);
}

type Missing = { readonly kind: "none" | "undecided" } | { readonly kind: "witness"; readonly text: string };

/** An image of the first that is none of the second: matched by no pattern there, or excepted. */
function missingImage(patterns: PatternEngine, of: ImageLanguage, from: ImageLanguage): Missing {
  const unmatched = findCommon(patterns, [of.images], [...of.except, ...from.images]);
  const excepted = findCommon(patterns, [of.images, from.except], of.except);
  const found = unmatched.kind === "witness" ? unmatched : excepted;
  if (found.kind === "witness") return { kind: "witness", text: found.image };
  return { kind: unmatched.kind === "undecided" ? "undecided" : found.kind };
}

function relate(gained: Missing, lost: Missing): Pick<PolicyChange, "relation" | "gained" | "lost"> {
  return {
    relation: relationOf(gained, lost),
    ...(gained.kind === "witness" && { gained: gained.text }),
    ...(lost.kind === "witness" && { lost: lost.text }),
  };
}

function relationOf(gained: Missing, lost: Missing): Relation {
  if (gained.kind === "undecided") return "UNDECIDED";
  if (gained.kind === "witness") return lost.kind === "witness" ? "INCOMPARABLE" : "LOOSENED";
  if (lost.kind === "undecided") return "NO_NEW_TRUST";
  return lost.kind === "witness" ? "NARROWED" : "EQUIVALENT";
}

function withIdentities(change: PolicyChange, { before, after, patterns }: Both): PolicyChange {
  const [old, now] = [lookUp(before.authorities, change.name), lookUp(after.authorities, change.name)];
  if (!change.fields.includes("identities") || old?.kind !== "sigstore" || now?.kind !== "sigstore") return change;
  return { ...change, ...relate(missingIdentity(now, old, patterns), missingIdentity(old, now, patterns)) };
}

/** An identity of the first that the second does not accept. */
function missingIdentity(of: SigstoreAuthority, from: SigstoreAuthority, patterns: PatternEngine): Missing {
  const answers = of.identities.map((rule) => missingOfRule(rule, from.identities, patterns));
  const found = answers.find(({ kind }) => kind === "witness") ?? answers.find(({ kind }) => kind === "undecided");
  return found ?? { kind: "none" };
}

/** Exact for an exact issuer; a pattern of issuers is only compared rule by rule. */
function missingOfRule(rule: IdentityRule, known: readonly IdentityRule[], patterns: PatternEngine): Missing {
  const { issuer, san } = rule;
  const wide = known.filter((other) => other.san.type === san.type && asksNoMore(other, rule));
  const left = programOf(san, patterns);
  if (!left) return { kind: "undecided" };
  if (issuer.kind === "pattern") {
    const isCovered = wide.some(
      (other) => isInside(issuer, other.issuer, patterns) && isInside(san, other.san, patterns),
    );
    return { kind: isCovered ? "none" : "undecided" };
  }
  const same = wide.filter((other) => accepts(other.issuer, issuer.text, patterns));
  const positive = same.flatMap((other) => programOf(other.san, patterns) ?? []);
  const answer = includes({ left, positive, negative: [] });
  if (answer.kind === "witness") return { kind: "witness", text: `${answer.text} @ ${issuer.text}` };
  return { kind: answer.kind === "included" ? "none" : "undecided" };
}

/** Every extension that it fixes is fixed to the same value by the other rule. */
function asksNoMore(rule: IdentityRule, other: IdentityRule): boolean {
  return Object.entries(rule.extensions).every(([number, value]) => lookUp(other.extensions, number) === value);
}

function programOf(rule: TextRule, patterns: PatternEngine): Program | undefined {
  if (rule.kind === "exact") return exactly(rule.text);
  const compiled = patterns.compile(rule.pattern);
  return compiled.ok ? compiled.value : undefined;
}

function accepts(rule: TextRule, text: string, patterns: PatternEngine): boolean {
  const program = programOf(rule, patterns);
  return program !== undefined && matchesText(program, text);
}

function isInside(a: TextRule, b: TextRule, patterns: PatternEngine): boolean {
  const [left, right] = [programOf(a, patterns), programOf(b, patterns)];
  return (
    left !== undefined && right !== undefined && includes({ left, positive: [right], negative: [] }).kind === "included"
  );
}
