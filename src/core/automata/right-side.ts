import type { Alphabet } from "./alphabet.ts";
import type { Program } from "./program.ts";
import { threadsOf, type Context } from "./threads.ts";

/** A determinised state of the whole right side, by number. */
export type RightState = number;

/**
 * The union of positive languages and complements of negative ones, determinised as far as the search walks. Every
 * component keeps its own threads; states are interned, moves remembered per (state, context, symbol).
 */
export type RightSide = {
  readonly start: RightState;
  step(state: RightState, context: Context, symbol: number): RightState;
  accepts(state: RightState, context: Context): boolean;
  /** Accepts whatever comes. */
  isUniversal(state: RightState): boolean;
  /** Whether every text that `b` fails to accept, `a` fails to accept too: `a` refutes at least as much. */
  refutesAtLeast(a: RightState, b: RightState): boolean;
  stateCount(): number;
};

/** Threads of each component, positive ones first. */
type Components = readonly (readonly number[])[];

export function rightSide(
  of: { readonly positive: readonly Program[]; readonly negative: readonly Program[] },
  alphabet: Alphabet,
  spend: (steps: number) => void,
): RightSide {
  const positive = of.positive.map((program) => threadsOf(program, alphabet, spend));
  const negative = of.negative.map((program) => threadsOf(program, alphabet, spend));
  const programs = [...positive, ...negative];
  const isNegative = (component: number): boolean => component >= positive.length;

  const states: Components[] = [];
  const universal: boolean[] = [];
  const numbers = new Map<string, RightState>();
  const moves = new Map<number, RightState>();

  const intern = (components: Components): RightState => {
    const key = components.map((threads) => threads.join(",")).join(";");
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = states.push(components) - 1;
    universal.push(
      components.some((threads, i) => (isNegative(i) ? threads.length === 0 : programs[i]?.isUniversal(threads))),
    );
    numbers.set(key, number);
    return number;
  };
  const componentsOf = (state: RightState): Components => states[state] ?? [];

  return {
    start: intern(programs.map((threads) => threads.start)),
    step: (state, context, symbol) => {
      const key = (state * 4 + context) * alphabet.representatives.length + symbol;
      const known = moves.get(key);
      if (known !== undefined) return known;
      const next = componentsOf(state).map((threads, i) => programs[i]?.step(threads, context, symbol) ?? []);
      const made = intern(next);
      moves.set(key, made);
      return made;
    },
    accepts: (state, context) =>
      componentsOf(state).some((threads, i) => (programs[i]?.accepts(threads, context) ?? false) !== isNegative(i)),
    isUniversal: (state) => universal[state] ?? false,
    refutesAtLeast: (a, b) => {
      if (a === b) return true;
      const mine = componentsOf(a);
      return componentsOf(b).every((theirs, i) =>
        isNegative(i) ? isSubset(theirs, mine[i] ?? []) : isSubset(mine[i] ?? [], theirs),
      );
    },
    stateCount: () => states.length,
  };
}

/** Whether ascending `a` is part of ascending `b`. */
function isSubset(a: readonly number[], b: readonly number[]): boolean {
  if (a.length > b.length) return false;
  let j = 0;
  for (const value of a) {
    while (j < b.length && (b[j] ?? 0) < value) j++;
    if (b[j] !== value) return false;
    j++;
  }
  return true;
}
