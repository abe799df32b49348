import type { Domain } from "../../automata/alphabet.ts";
import { unionOf } from "../../automata/compare.ts";
import { compileGlob } from "../../automata/glob.ts";
import { includes } from "../../automata/includes.ts";
import type { Program } from "../../automata/program.ts";
import type { PatternEngine } from "./context.ts";

/** The repositories of a family: what its patterns match and its exceptions do not. */
export type ImageLanguage = {
  readonly images: readonly Program[];
  readonly except: readonly Program[];
};

/** Compiles the patterns of a family, which have been read; what is no pattern is nothing. */
export function imageLanguageOf(of: {
  readonly images: readonly string[];
  readonly except: readonly string[];
}): ImageLanguage {
  return { images: compileAll(of.images), except: compileAll(of.except) };
}

function compileAll(patterns: readonly string[]): readonly Program[] {
  return patterns.flatMap((pattern) => {
    const compiled = compileGlob("own", pattern);
    return compiled.ok ? compiled.value : [];
  });
}

/** What the distribution grammar lets a repository be, host included: a witness that nobody could write is none. */
const REPOSITORY =
  "^(?:[a-z0-9](?:[a-z0-9.:-]*[a-z0-9])?|\\[[0-9a-f:]+\\](?::[0-9]+)?)(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)+$";

/** What a repository can be written with: `[a-z0-9._:/-]`, and the brackets of an IPv6 address. */
const REPOSITORY_CHARS: Domain = [45, 58, 91, 91, 93, 93, 95, 95, 97, 122];

export type Common =
  | { readonly kind: "none" }
  | { readonly kind: "witness"; readonly image: string }
  /** The search stopped at its budget: nothing is proven. */
  | { readonly kind: "undecided" };

/**
 * Looks for a repository that several languages have in common: one inside all of `inside` and outside all of `outside`.
 * Asked the other way round: is every text of the first outside one of the others, or inside one of `outside`?
 */
export function findCommon(
  patterns: PatternEngine,
  inside: readonly (readonly Program[])[],
  outside: readonly Program[],
): Common {
  const [first = [], ...others] = inside;
  if (inside.some((programs) => programs.length === 0)) return { kind: "none" };
  const grammar = patterns.compile(REPOSITORY);
  const answer = includes({
    left: unionOf(first),
    positive: outside,
    negative: [...others.map((programs) => unionOf(programs)), ...(grammar.ok ? [grammar.value] : [])],
    domain: REPOSITORY_CHARS,
  });
  if (answer.kind === "witness") return { kind: "witness", image: answer.text };
  return { kind: answer.kind === "included" ? "none" : "undecided" };
}
