import type { Program } from "./program.ts";
import { RUNE_MAX } from "./program.ts";

/**
 * A partition of the characters that matter into classes that no program under comparison can tell apart. Each class
 * is known by its best character in the preferred order, so that witnesses read well.
 */
export type Alphabet = {
  /** Best character of each class; classes stand in preferred order. */
  readonly representatives: readonly number[];
  readonly isWord: readonly boolean[];
  readonly isNewline: readonly boolean[];
  /** Whether the ranges of a rune instruction hold the class. */
  readonly matches: (ranges: readonly number[]) => readonly boolean[];
};

/** Closed ranges in ascending order: lo, hi, lo, hi …; the characters that can occur at all. */
export type Domain = readonly number[];

/** All Unicode scalar values: surrogates are none. */
export const SCALARS: Domain = [0, 0xd7_ff, 0xe0_00, RUNE_MAX];
/** What any engine can print as an image: `[A-Za-z0-9._:/@+-]`. */
export const IMAGE_CHARS: Domain = [43, 43, 45, 58, 64, 90, 95, 95, 97, 122];

const NEWLINE = 10;
const WORD: readonly number[] = [48, 57, 65, 90, 95, 95, 97, 122];

/** Divides `domain` by every range of the programs; newline and word characters get cuts of their own for the assertions. */
export function alphabetOf(programs: readonly Program[], domain: Domain): Alphabet {
  const rangeLists = [...uniqueRanges(programs), domain, WORD, [NEWLINE, NEWLINE]];
  const cuts = [...new Set(rangeLists.flatMap((ranges) => ranges.map((edge, i) => (i % 2 === 0 ? edge : edge + 1))))];
  cuts.push(0, RUNE_MAX + 1);
  const edges = [...new Set(cuts)].toSorted((a, b) => a - b);

  const best = new Map<string, number>();
  for (let i = 0; i + 1 < edges.length; i++) {
    const lo = edges[i] ?? 0;
    const hi = (edges[i + 1] ?? 0) - 1;
    if (!holds(domain, lo)) continue;
    const signature = rangeLists.map((ranges) => (holds(ranges, lo) ? "1" : "0")).join("");
    const candidate = preferredIn(lo, hi);
    const current = best.get(signature);
    if (current === undefined || rankOf(candidate) < rankOf(current)) best.set(signature, candidate);
  }
  const representatives = [...best.values()].toSorted((a, b) => rankOf(a) - rankOf(b));
  return {
    representatives,
    isWord: representatives.map((rune) => holds(WORD, rune)),
    isNewline: representatives.map((rune) => rune === NEWLINE),
    matches: (ranges) => representatives.map((rune) => holds(ranges, rune)),
  };
}

export function isWordRune(rune: number): boolean {
  return holds(WORD, rune);
}

/** Whether ascending ranges hold a character. */
export function holds(ranges: readonly number[], rune: number): boolean {
  let low = 0;
  let high = ranges.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (rune < (ranges[2 * middle] ?? 0)) high = middle - 1;
    else if (rune > (ranges[2 * middle + 1] ?? 0)) low = middle + 1;
    else return true;
  }
  return false;
}

function uniqueRanges(programs: readonly Program[]): readonly (readonly number[])[] {
  const seen = new Map<string, readonly number[]>();
  for (const { instructions } of programs) {
    for (const instruction of instructions) {
      if (instruction.op === "rune") seen.set(instruction.ranges.join(","), instruction.ranges);
    }
  }
  return [...seen.values()];
}

/**
 * The preferred order of characters in witnesses: `a-z`, `0-9`, `- . / : @ _`, `A-Z`, other printable ASCII by code,
 * space, U+00A1 and up, newline, everything else. Each entry is a closed range; earlier is better.
 */
const PREFERRED: readonly (readonly [number, number])[] = [
  [97, 122],
  [48, 57],
  [45, 45],
  [46, 46],
  [47, 47],
  [58, 58],
  [64, 64],
  [95, 95],
  [65, 90],
  [33, 44],
  [59, 63],
  [91, 94],
  [96, 96],
  [123, 126],
  [32, 32],
  [0xa1, RUNE_MAX],
  [10, 10],
  [0, RUNE_MAX],
];
const GROUP = 0x20_00_00;

/** Where a character stands in the preferred order; smaller is better. */
export function rankOf(rune: number): number {
  const group = PREFERRED.findIndex(([lo, hi]) => rune >= lo && rune <= hi);
  return group * GROUP + rune;
}

/** The best character of a closed interval. */
function preferredIn(lo: number, hi: number): number {
  for (const [first, last] of PREFERRED) {
    const rune = Math.max(lo, first);
    if (rune <= Math.min(hi, last)) return rune;
  }
  return lo;
}
