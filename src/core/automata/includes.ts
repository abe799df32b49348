import { alphabetOf, SCALARS, type Alphabet, type Domain } from "./alphabet.ts";
import { canonicalWitness } from "./canonical.ts";
import type { Program } from "./program.ts";
import { rightSide, type RightSide, type RightState } from "./right-side.ts";
import { BEGIN, contextAfter, threadsOf, type Context, type Threads } from "./threads.ts";

/** Is every text of `left` in some `positive` language, or outside some `negative` one? */
export type InclusionQuestion = {
  readonly left: Program;
  readonly positive: readonly Program[];
  readonly negative: readonly Program[];
  /** The characters that can occur; all Unicode scalar values unless given. */
  readonly domain?: Domain;
  readonly budget?: Budget;
};

/** Limits counted in steps (one closure element, one transition, one subsumption comparison), never in time. */
export type Budget = { readonly steps: number; readonly pairs: number; readonly rightStates: number };
export const DEFAULT_BUDGET: Budget = { steps: 20_000_000, pairs: 2_000_000, rightStates: 200_000 };

export type InclusionAnswer =
  | { readonly kind: "included"; readonly steps: number }
  /** The shortest text of the difference; of several, the first in the preferred order, unless `canonical` is false. */
  | { readonly kind: "witness"; readonly text: string; readonly canonical: boolean; readonly steps: number }
  | { readonly kind: "stopped"; readonly reason: "steps" | "pairs" | "right-states"; readonly steps: number };

/**
 * Decides language inclusion by a breadth-first search over pairs of one left thread and a determinised right side,
 * pruned by an antichain (De Wulf, Doyen, Henzinger, Raskin, "Antichains: A New Algorithm for Checking Universality of
 * Finite Automata"). A pair is dropped only for one found no later that refutes at least as much, so the first
 * refutation has minimal length. Same question, same answer, same number of steps.
 */
export function includes(question: InclusionQuestion): InclusionAnswer {
  const budget = question.budget ?? DEFAULT_BUDGET;
  const programs = [question.left, ...question.positive, ...question.negative];
  const alphabet = alphabetOf(programs, question.domain ?? SCALARS);
  let steps = 0;
  const spend = (count: number): void => {
    steps += count;
  };
  const left = threadsOf(question.left, alphabet, spend);
  const right = rightSide(question, alphabet, spend);
  const search = newSearch({ alphabet, left, right, spend });

  let reason = search.begin();
  while (reason === undefined) {
    if (steps > budget.steps) reason = "steps";
    else if (search.pairCount() > budget.pairs) reason = "pairs";
    else if (right.stateCount() > budget.rightStates) reason = "right-states";
    else reason = search.advance();
  }
  if (reason === "exhausted") return { kind: "included", steps };
  if (reason !== "refuted") return { kind: "stopped", reason, steps };
  const found = search.refutation();
  const best = canonicalWitness({ alphabet, left, right, length: found.length });
  return { kind: "witness", text: textOf(alphabet, best ?? found), canonical: best !== undefined, steps };
}

type Search = {
  begin(): Outcome | undefined;
  /** Expands one pair. */
  advance(): Outcome | undefined;
  pairCount(): number;
  /** The symbols of the refuting text. */
  refutation(): readonly number[];
};
type Outcome = "exhausted" | "refuted" | "steps" | "pairs" | "right-states";

type Pair = {
  readonly context: Context;
  readonly thread: number;
  readonly state: RightState;
  readonly parent: Pair | undefined;
  readonly symbol: number;
};

function newSearch(of: {
  readonly alphabet: Alphabet;
  readonly left: Threads;
  readonly right: RightSide;
  readonly spend: (steps: number) => void;
}): Search {
  const { alphabet, left, right, spend } = of;
  const queue: Pair[] = [];
  const antichain = new Map<number, RightState[]>();
  let head = 0;
  let refuting: Pair | undefined;

  const push = (pair: Pair): void => {
    if (right.isUniversal(pair.state)) return;
    const key = pair.thread * 4 + pair.context;
    const held = antichain.get(key);
    if (held) {
      spend(held.length);
      if (held.some((state) => right.refutesAtLeast(state, pair.state))) return;
      held.push(pair.state);
    } else antichain.set(key, [pair.state]);
    queue.push(pair);
  };

  const refutes = ({ thread, context, state }: Pair): boolean =>
    left.accepts([thread], context) && !right.accepts(state, context);

  const expand = (pair: Pair): void => {
    for (let symbol = 0; symbol < alphabet.representatives.length; symbol++) {
      const threads = left.step([pair.thread], pair.context, symbol);
      if (threads.length === 0) continue;
      const state = right.step(pair.state, pair.context, symbol);
      const context = contextAfter(alphabet, symbol);
      for (const thread of threads) push({ context, thread, state, parent: pair, symbol });
    }
  };

  return {
    begin: () => {
      for (const thread of left.start) {
        push({ context: BEGIN, thread, state: right.start, parent: undefined, symbol: -1 });
      }
      return undefined;
    },
    advance: () => {
      const pair = queue[head++];
      if (!pair) return "exhausted";
      if (refutes(pair)) {
        refuting = pair;
        return "refuted";
      }
      expand(pair);
      return undefined;
    },
    pairCount: () => queue.length,
    refutation: () => symbolsTo(refuting),
  };
}

function symbolsTo(pair: Pair | undefined): readonly number[] {
  const symbols: number[] = [];
  for (let at = pair; at?.parent; at = at.parent) symbols.push(at.symbol);
  return symbols.toReversed();
}

function textOf(alphabet: Alphabet, symbols: readonly number[]): string {
  return symbols.map((symbol) => String.fromCodePoint(alphabet.representatives[symbol] ?? 0)).join("");
}
