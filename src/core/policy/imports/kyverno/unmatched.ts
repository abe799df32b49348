import { IMAGE_CHARS } from "../../../automata/alphabet.ts";
import { unionOf } from "../../../automata/compare.ts";
import { includes } from "../../../automata/includes.ts";
import type { Program } from "../../../automata/program.ts";
import type { PatternEngine } from "../../read/context.ts";
import type { ImportedRule } from "../imported.ts";
import { REFERENCE_TAIL } from "../regions.ts";

/** What Kyverno prints: a repository with its host, and a tag or a digest. */
const REFERENCE = `^[a-z0-9.:-]+(?:/[a-z0-9._-]+)+${REFERENCE_TAIL}$`;
/** Questions asked before the answer is "perhaps". */
const QUESTIONS_MAX = 2000;

type Ways = { readonly inside: readonly Program[]; readonly outside: readonly Program[] };

/**
 * Whether some image may meet no rule: one that is outside the regions of each, or inside its exceptions. Rules with
 * exceptions are two ways each; ways that hold no image are not followed.
 */
export function mayBeUnmatched(rules: readonly ImportedRule[], patterns: PatternEngine): boolean {
  const grammar = patterns.compile(REFERENCE);
  if (!grammar.ok) return true;
  const plain = rules.filter(({ except }) => except.length === 0).flatMap(({ regions }) => regions);
  const first: Ways = { inside: [grammar.value], outside: plain.map(({ language }) => language) };
  let ways = [first].filter((way) => mayHold(way));
  let questions = 0;
  for (const { regions, except } of rules.filter((rule) => rule.except.length > 0)) {
    const next = ways.flatMap((way) => [
      { ...way, outside: [...way.outside, ...regions.map(({ language }) => language)] },
      ...except.map(({ language }) => ({ ...way, inside: [...way.inside, language] })),
    ]);
    questions += next.length;
    if (questions > QUESTIONS_MAX) return true;
    ways = next.filter((way) => mayHold(way));
  }
  return ways.length > 0;
}

function mayHold({ inside, outside }: Ways): boolean {
  const [left, ...others] = inside.toReversed();
  const question = { left: unionOf(left ? [left] : []), positive: outside, negative: others, domain: IMAGE_CHARS };
  return includes(question).kind !== "included";
}
