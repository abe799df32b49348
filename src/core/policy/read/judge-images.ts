import { mayOverlap, parseRepositoryPattern, type RepositoryPattern } from "../pattern.ts";
import type { PatternEngine } from "./context.ts";
import type { Field } from "./field.ts";
import { findCommon, imageLanguageOf } from "./image-language.ts";

/** A named set of images, and where to say what is wrong with it. */
export type PlacedImages = {
  readonly name: string;
  readonly images: readonly string[];
  readonly except: readonly string[];
  readonly field: Field;
};

/**
 * Proves that no image is in two of the sets (TP104): then exactly one applies, nothing is shadowed, and one more can
 * never loosen another. What cannot be decided within the budget is refused as well.
 */
export function judgeDisjoint(sets: readonly PlacedImages[], what: string, patterns: PatternEngine): void {
  const spelled = sets.map((set) => ({ ...set, parsed: set.images.flatMap((image) => toPattern(image)) }));
  for (const [i, a] of spelled.entries()) {
    for (const b of spelled.slice(i + 1)) {
      // Most pairs are told apart by their spelling; the proof is for those that are not.
      if (a.parsed.some((left) => b.parsed.some((right) => mayOverlap(left, right))))
        judgePair(a, b, { what, patterns });
    }
  }
}

function toPattern(text: string): readonly RepositoryPattern[] {
  const pattern = parseRepositoryPattern(text);
  return pattern === "TP101" || pattern === "TP102" || pattern === "TP103" ? [] : [pattern];
}

type Proof = { readonly what: string; readonly patterns: PatternEngine };

function judgePair(a: PlacedImages, b: PlacedImages, { what, patterns }: Proof): void {
  const [left, right] = [imageLanguageOf(a), imageLanguageOf(b)];
  const common = findCommon(patterns, [left.images, right.images], [...left.except, ...right.except]);
  const both = `${what} ${a.name} (${a.field.place}) and ${b.name}`;
  if (common.kind === "witness") b.field.problem("TP104", `${both} both match ${common.image}`);
  if (common.kind === "undecided") {
    b.field.problem("TP104", `${both}: whether they overlap could not be decided`, "Write simpler patterns.");
  }
}

/** An except that never matches (TP105), and a set that holds nothing (TP106). */
export function judgeReach(set: PlacedImages, patterns: PatternEngine): void {
  const { images, except } = imageLanguageOf(set);
  if (images.length === 0) return;
  for (const pattern of set.except) {
    const only = imageLanguageOf({ images: [pattern], except: [] }).images;
    if (findCommon(patterns, [only, images], []).kind === "none") {
      set.field.at("except").problem("TP105", `except ${pattern} matches no image of ${set.name}`);
    }
  }
  if (findCommon(patterns, [images], except).kind === "none") set.field.problem("TP106", `${set.name} matches nothing`);
}
