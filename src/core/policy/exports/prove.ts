import { unionIncludes } from "../../automata/compare.ts";
import { exactly, type Program } from "../../automata/program.ts";
import { toCnf } from "../cnf.ts";
import { mayOverlap, parseRepositoryPattern, type RepositoryPattern } from "../pattern.ts";
import { findCommon, imageLanguageOf, type ImageLanguage } from "../read/image-language.ts";
import type { PatternEngine } from "../read/context.ts";
import type { ImageFamily, TextRule, TrustPolicySet } from "../trust-policy.ts";
import { impliesClause, type Includes } from "./implies.ts";
import type { WeakenedFamily } from "./weaken.ts";

/** Why it is not proven that what was exported admits no more than a family. */
export type Unproven = { readonly family: string; readonly effect: string };

type Question = {
  /** What the engine does, read back from its documents. */
  readonly read: TrustPolicySet;
  readonly source: readonly WeakenedFamily[];
  readonly patterns: PatternEngine;
};

/**
 * Proves that a policy read back from an engine admits no more than the families it was made of: by language inclusion
 * of images and identities, clause by clause (change-gate chapter §1.3). What cannot be decided is unproven.
 */
export function proveNoMore(question: Question): readonly Unproven[] {
  return question.read.families.flatMap((read) => proveFamily(read, question));
}

type Placed = WeakenedFamily & { readonly language: ImageLanguage };

function proveFamily(read: ImageFamily, { read: policy, source, patterns }: Question): readonly Unproven[] {
  const language = imageLanguageOf(read);
  const placed = source.map((one) => ({ ...one, language: imageLanguageOf(one.family) }));
  const met = placed.filter(
    (one) =>
      mayMeet(read, one.family) &&
      findCommon(patterns, [language.images, one.language.images], [...language.except, ...one.language.except])
        .kind !== "none",
  );
  const stray = findStray(language, placed, patterns);
  // An image that no family has is told of the family it came from, or of the first that may have let it in.
  const owner = met[0]?.family.name ?? source[0]?.family.name ?? "";
  const images = stray === undefined ? [] : [{ family: owner, effect: `${stray} is admitted there and denied here` }];
  const needs = met.flatMap(({ family, clauses, authorities }) => {
    const effect = missingNeed(read, policy, { family, clauses, authorities }, textInclusion(patterns));
    return effect === undefined ? [] : [{ family: family.name, effect }];
  });
  return [...images, ...needs];
}

/** What a family asks that is not asked by what was read. */
function missingNeed(
  read: ImageFamily,
  policy: TrustPolicySet,
  { family, clauses: wanted, authorities }: WeakenedFamily,
  includesText: Includes,
): string | undefined {
  if (hasTimeRules(family)) return "its time rules are not in what was written";
  if (family.reference === "repository" && read.reference !== "repository")
    return "the signed name is not compared in what was written";
  const clauses = toCnf(read.require);
  const missing = wanted?.find(
    (clause) =>
      !clauses?.some((given) =>
        impliesClause({ given, in: policy.authorities }, { wanted: clause, in: authorities }, includesText),
      ),
  );
  if (wanted && clauses && missing === undefined) return undefined;
  const what = missing?.map((term) => `${term.op} by ${term.by}`).join(" or ") ?? "the requirement";
  return `${what} is not proven to be asked for by what was written`;
}

function hasTimeRules({ time }: ImageFamily): boolean {
  const hasWindows = time.outside === "deny" && time.windows.length > 0;
  return time.notBefore !== undefined || time.maxAgeMs !== undefined || hasWindows;
}

/** Most pairs are told apart by their spelling. */
function mayMeet(a: ImageFamily, b: ImageFamily): boolean {
  const [left, right] = [a, b].map(({ images }) =>
    images.map(parseRepositoryPattern).filter((one): one is RepositoryPattern => !/^TP10[123]$/.test(one)),
  );
  return left?.some((one) => right?.some((other) => mayOverlap(one, other))) ?? true;
}

/** An image that is read and that no family has; what cannot be decided is a stray too. */
function findStray(language: ImageLanguage, placed: readonly Placed[], patterns: PatternEngine): string | undefined {
  const everywhere = placed.flatMap((one) => one.language.images);
  const outside = findCommon(patterns, [language.images], [...language.except, ...everywhere]);
  if (outside.kind !== "none")
    return outside.kind === "witness" ? outside.image : "an image that could not be excluded";
  for (const one of placed) {
    if (one.language.except.length === 0) continue;
    // Families with exceptions of their own cannot vouch for an exception of this one.
    const others = placed.filter((other) => other !== one && other.language.except.length === 0);
    const except = findCommon(
      patterns,
      [language.images, one.language.images, one.language.except],
      [...language.except, ...others.flatMap((other) => other.language.images)],
    );
    if (except.kind !== "none") return except.kind === "witness" ? except.image : "an image that could not be excluded";
  }
  return undefined;
}

function textInclusion(patterns: PatternEngine): Includes {
  const programOf = (rule: TextRule): Program | undefined => {
    if (rule.kind === "exact") return exactly(rule.text);
    const compiled = patterns.compile(rule.pattern);
    return compiled.ok ? compiled.value : undefined;
  };
  return (given, wanted) => {
    if (given.kind === "exact" && wanted.kind === "exact") return given.text === wanted.text;
    const [left, right] = [programOf(given), programOf(wanted)];
    return left !== undefined && right !== undefined && unionIncludes([left], [right]).kind === "included";
  };
}
