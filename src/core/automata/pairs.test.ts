import { expect, test } from "vitest";
import { compileSearching } from "../../adapters/re2js/regex-compiler.ts";
import { includes } from "./includes.ts";
import { matchesText } from "./matches.ts";
import type { Program } from "./program.ts";

/**
 * Random pairs of patterns against brute force: every pattern is matched once with every short word, so that a pair costs
 * one search and a comparison of bits. `RUNS` in thousands of pairs; the long suite asks for 10,000.
 */
const PAIRS = 1000 * Number(process.env["RUNS"] ?? 500);

/** Two characters each, for the classes that trip people up. */
const ALPHABETS = ["ab", "a\n", "k\u212a", "a/", "a "];
const WORD_LENGTH = 5;
const POOL = 400;

type Random = (below: number) => number;

/** xorshift32: the same pairs at every run. */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const PLAIN = [".", "(?s:.)", "[^a]", "^", "$", "\\A", "\\z", "\\b", "\\B", "(?m:^)", "(?m:$)", "(?i:k)", ""];
const REPEATS = ["*", "+", "?", "{1,2}", "{2}"];

function patternOf(alphabet: readonly string[], random: Random, depth: number): string {
  const kind = depth === 0 ? random(2) : random(6);
  const below = (): string => patternOf(alphabet, random, depth - 1);
  if (kind === 0) return alphabet[random(alphabet.length)] ?? "";
  if (kind === 1) return PLAIN[random(PLAIN.length)] ?? "";
  if (kind < 4) return below() + below();
  return kind === 4 ? `(?:${below()}|${below()})` : `(?:${below()})${REPEATS[random(REPEATS.length)] ?? ""}`;
}

type Known = { readonly text: string; readonly program: Program; readonly words: readonly boolean[] };

function poolOf(alphabet: readonly string[], words: readonly string[], random: Random): readonly Known[] {
  const pool: Known[] = [];
  while (pool.length < POOL) {
    const text = patternOf(alphabet, random, 3);
    const compiled = compileSearching(text);
    if (!compiled.ok) continue;
    const program = compiled.value;
    pool.push({ text, program, words: words.map((word) => matchesText(program, word)) });
  }
  return pool;
}

function wordsOf(alphabet: readonly string[]): readonly string[] {
  const layers = [[""]];
  for (let i = 0; i < WORD_LENGTH; i++) {
    layers.push((layers[i] ?? []).flatMap((word) => alphabet.map((letter) => word + letter)));
  }
  return layers.flat();
}

/** What is wrong with the answer about a pair; nothing when it agrees with every short word. */
function judge(left: Known, right: Known, words: readonly string[]): string | undefined {
  const answer = includes({ left: left.program, positive: [right.program], negative: [] });
  const known = words.find((_, i) => left.words[i] === true && right.words[i] === false);
  if (answer.kind === "stopped") return "stopped";
  if (answer.kind === "included") return known === undefined ? undefined : `overlooked ${JSON.stringify(known)}`;
  if (known !== undefined && Array.from(answer.text).length > Array.from(known).length)
    return "a witness that is too long";
  const isReal = matchesText(left.program, answer.text) && !matchesText(right.program, answer.text);
  return isReal ? undefined : `an unreal witness ${JSON.stringify(answer.text)}`;
}

test(`includes: ${PAIRS} random pairs agree with every word up to ${WORD_LENGTH} characters`, () => {
  const wrong: string[] = [];
  const random = randomOf(Number(process.env["SEED"] ?? 1) + 0x9e37_79b9);
  for (const letters of ALPHABETS) {
    const alphabet = Array.from(letters);
    const words = wordsOf(alphabet);
    const pool = poolOf(alphabet, words, random);
    for (let i = 0; i < PAIRS / ALPHABETS.length; i++) {
      const [left, right] = [pool[random(POOL)], pool[random(POOL)]];
      const found = left && right && judge(left, right, words);
      if (left && right && found !== undefined) wrong.push(`${left.text} in ${right.text}: ${found}`);
    }
  }
  expect(wrong).toEqual([]);
}, 3_600_000);
