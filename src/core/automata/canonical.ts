import type { Alphabet } from "./alphabet.ts";
import type { RightSide, RightState } from "./right-side.ts";
import { BEGIN, contextAfter, type Context, type Threads } from "./threads.ts";

/** More than this many triples, and the first search's text is kept: still the same at every run. */
const TRIPLES_MAX = 200_000;

/**
 * The first text of exactly `length` symbols, in the preferred order, that the left side accepts and the right side
 * does not. A second, layered search with the left side as a set: in word order, the first arrival at a triple wins.
 * `undefined` when there are too many triples.
 */
export function canonicalWitness(of: Sides & { readonly length: number }): readonly number[] | undefined {
  const { left, right } = of;
  let layer: readonly Triple[] = [
    { context: BEGIN, threads: left.start, state: right.start, parent: undefined, symbol: -1 },
  ];
  let count = 1;
  for (let depth = 0; depth < of.length; depth++) {
    const next = nextLayer(of, layer);
    count += next.size;
    if (count > TRIPLES_MAX) return undefined;
    layer = [...next.values()];
  }
  const found = layer.find((t) => left.accepts(t.threads, t.context) && !right.accepts(t.state, t.context));
  return found ? symbolsTo(found) : undefined;
}

/** Every triple one symbol further, each with the first way that leads to it. */
function nextLayer(of: Sides, layer: readonly Triple[]): ReadonlyMap<string, Triple> {
  const next = new Map<string, Triple>();
  for (const triple of layer) {
    for (let symbol = 0; symbol < of.alphabet.representatives.length; symbol++) {
      const moved = move(of, triple, symbol);
      const key = moved ? `${moved.context} ${moved.state} ${moved.threads.join(",")}` : "";
      if (moved && !next.has(key)) next.set(key, moved);
    }
  }
  return next;
}

type Sides = { readonly alphabet: Alphabet; readonly left: Threads; readonly right: RightSide };
type Triple = {
  readonly context: Context;
  readonly threads: readonly number[];
  readonly state: RightState;
  readonly parent: Triple | undefined;
  readonly symbol: number;
};

function move(of: Sides, from: Triple, symbol: number): Triple | undefined {
  const threads = of.left.step(from.threads, from.context, symbol);
  if (threads.length === 0) return undefined;
  const state = of.right.step(from.state, from.context, symbol);
  if (of.right.isUniversal(state)) return undefined;
  return { context: contextAfter(of.alphabet, symbol), threads, state, parent: from, symbol };
}

function symbolsTo(triple: Triple): readonly number[] {
  const symbols: number[] = [];
  for (let at: Triple | undefined = triple; at?.parent; at = at.parent) symbols.push(at.symbol);
  return symbols.toReversed();
}
