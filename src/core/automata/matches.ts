import { isWordRune, type Alphabet } from "./alphabet.ts";
import type { Program } from "./program.ts";
import { BEGIN, contextAfter, threadsOf, type Context } from "./threads.ts";

/**
 * Plain matching: does the program accept the whole of this text? Shares nothing with the search for witnesses but the
 * moves, and is what every witness is put to again.
 */
export function matchesText(program: Program, text: string): boolean {
  const runes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  const alphabet = alphabetOfText(runes);
  const symbols = new Map(alphabet.representatives.map((rune, i) => [rune, i]));
  const threads = threadsOf(program, alphabet, () => undefined);
  let context: Context = BEGIN;
  let state = threads.start;
  for (const rune of runes) {
    const symbol = symbols.get(rune) ?? 0;
    state = threads.step(state, context, symbol);
    if (state.length === 0) return false;
    context = contextAfter(alphabet, symbol);
  }
  return threads.accepts(state, context);
}

/** Each character of the text is a class of its own. */
function alphabetOfText(runes: readonly number[]): Alphabet {
  const representatives = [...new Set(runes)];
  return {
    representatives,
    isWord: representatives.map((rune) => isWordRune(rune)),
    isNewline: representatives.map((rune) => rune === 10),
    matches: (ranges) => representatives.map((rune) => contains(ranges, rune)),
  };
}

/** Linear on purpose: the search uses another way, so that one mistake cannot hide the other. */
function contains(ranges: readonly number[], rune: number): boolean {
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    if (rune >= (ranges[i] ?? 0) && rune <= (ranges[i + 1] ?? 0)) return true;
  }
  return false;
}
