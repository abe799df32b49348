import { IMAGE_CHARS, SCALARS, type Domain } from "../../automata/alphabet.ts";
import { unionOf } from "../../automata/compare.ts";
import { DEFAULT_BUDGET, includes, type InclusionAnswer } from "../../automata/includes.ts";
import { EVERYTHING } from "../../automata/program.ts";
import type { Dimension, TextSet } from "../form/dimension.ts";
import { holdsText, type TextLanguage } from "../form/text-language.ts";

/** The shortest text of a set, or that there is none, or that the search stopped at its budget. */
export type TextAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly text: string }
  | { readonly kind: "open" };

/** Looks for members of sets of texts, counts the steps of all searches together, and remembers the answers. */
export type Searcher = {
  readonly find: (dimension: Dimension, set: TextSet) => TextAnswer;
  /** Whether one of the plainest texts is a member: a no says nothing. */
  readonly hasPlain: (dimension: Dimension, set: TextSet) => boolean;
  readonly steps: () => number;
  readonly budget: number;
};

/** What every value of a dimension is, all of it; witnesses outside are none. */
export type Bases = ReadonlyMap<Dimension, readonly TextLanguage[]>;

/** `[a-z0-9-]`: names of namespaces. */
const NAME_CHARS: Domain = [45, 45, 48, 57, 97, 122];
const DOMAINS: ReadonlyMap<string, Domain> = new Map([
  ["image", IMAGE_CHARS],
  ["namespace", NAME_CHARS],
]);

/** What searchers with the same bases have found, by the question. */
export type Answers = Map<string, TextAnswer>;

/** A searcher with a budget of steps for everything it is asked; what others have found costs it nothing. */
export function newSearcher(bases: Bases, budget: number, known: Answers = new Map()): Searcher {
  let steps = 0;
  const search = (dimension: Dimension, set: TextSet): TextAnswer => {
    const base = bases.get(dimension) ?? [];
    const inside = [...base, ...set.inside];
    const exact = inside.find((language) => language.exact !== undefined)?.exact;
    if (exact !== undefined) return decideExact(exact, inside, set.outside);
    const left = budget - steps;
    if (left <= 0) return { kind: "open" };
    const answer = ask(dimension, { kind: "text", inside, outside: set.outside }, left);
    steps += answer.steps;
    if (answer.kind === "witness") return { kind: "found", text: answer.text };
    return { kind: answer.kind === "included" ? "none" : "open" };
  };
  return {
    find: (dimension, set) => {
      const key = `${dimension} ${set.inside.map(keyOf).join("\n")}\n-\n${set.outside.map(keyOf).join("\n")}`;
      const answer = known.get(key) ?? search(dimension, set);
      if (answer.kind !== "open") known.set(key, answer);
      return answer;
    },
    hasPlain: (dimension, { inside, outside }) => {
      const all = [...(bases.get(dimension) ?? []), ...inside];
      const prefix = all.reduce((longest, one) => (one.prefix.length > longest.length ? one.prefix : longest), "");
      return PLAIN_ENDS.some((end) => decideExact(prefix + end, all, outside).kind === "found");
    },
    steps: () => steps,
    budget,
  };
}

/** How names and references often go on after what their patterns share. */
const PLAIN_ENDS: readonly string[] = ["", "a", "a@sha256:a", "@sha256:a", ":a", "/a:a", "a:a", "/a@sha256:a"];

function keyOf({ key }: TextLanguage): string {
  return key;
}

function decideExact(text: string, inside: readonly TextLanguage[], outside: readonly TextLanguage[]): TextAnswer {
  const isIn = inside.every((one) => holdsText(one, text)) && !outside.some((one) => holdsText(one, text));
  return isIn ? { kind: "found", text } : { kind: "none" };
}

/** A member of the set is a text of the first language that no other language of the question accounts for. */
function ask(dimension: Dimension, { inside, outside }: TextSet, steps: number): InclusionAnswer {
  const [narrowest, ...others] = inside.toSorted((a, b) => sizeOf(a) - sizeOf(b));
  return includes({
    left: narrowest?.program ?? EVERYTHING,
    // One program with a common beginning costs less than many side by side.
    positive: outside.length > UNION_MIN ? [unionOf(outside.map(({ program }) => program))] : outside.map(programOf),
    negative: others.map(programOf),
    domain: DOMAINS.get(dimension) ?? SCALARS,
    budget: { ...DEFAULT_BUDGET, steps },
  });
}

/** From here on the right side is one program. */
const UNION_MIN = 8;

function programOf({ program }: TextLanguage): TextLanguage["program"] {
  return program;
}

/** The longer the beginning that all members share, the narrower the search. */
function sizeOf({ prefix }: TextLanguage): number {
  return -prefix.length;
}
