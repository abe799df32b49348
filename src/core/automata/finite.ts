import type { Instruction, Program } from "./program.ts";

/**
 * Whether a program accepts finitely many texts: no character on the way to acceptance can be repeated. Assertions count
 * as passed, so a language may be taken for infinite that is not, and never the other way round.
 */
export function isFinite({ instructions, start }: Program): boolean {
  const next = instructions.map(targetsOf);
  const accepting = reachable(
    reversed(next),
    instructions.flatMap(({ op }, i) => (op === "match" ? [i] : [])),
  );
  const live = [...reachable(next, [start])].filter((i) => accepting.has(i));
  return !hasCycleWithRune(new Set(live), next, instructions);
}

function targetsOf(instruction: Instruction): readonly number[] {
  if (instruction.op === "alt") return [instruction.out, instruction.arg];
  return instruction.op === "match" || instruction.op === "fail" ? [] : [instruction.out];
}

function reversed(next: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const back: number[][] = next.map(() => []);
  for (const [i, targets] of next.entries()) for (const target of targets) back[target]?.push(i);
  return back;
}

function reachable(
  next: readonly (readonly number[])[],
  from: readonly number[],
  isFree: (i: number) => boolean = () => true,
): ReadonlySet<number> {
  const seen = new Set(from);
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const target of next[at] ?? []) {
      if (seen.has(target) || !isFree(target)) continue;
      seen.add(target);
      open.push(target);
    }
  }
  return seen;
}

/** A character lies on a cycle when its place can be reached from what follows it. */
function hasCycleWithRune(
  live: ReadonlySet<number>,
  next: readonly (readonly number[])[],
  instructions: readonly Instruction[],
): boolean {
  const component = components(live, next);
  return [...live].some((i) => {
    const instruction = instructions[i];
    return (
      instruction?.op === "rune" && live.has(instruction.out) && component.get(i) === component.get(instruction.out)
    );
  });
}

/** Strongly connected components (Kosaraju), by a number each. */
function components(live: ReadonlySet<number>, next: readonly (readonly number[])[]): ReadonlyMap<number, number> {
  const back = reversed(next);
  const found = new Map<number, number>();
  for (const root of postOrder(live, next).toReversed()) {
    if (found.has(root)) continue;
    const isFree = (i: number): boolean => live.has(i) && !found.has(i);
    for (const i of reachable(back, [root], isFree)) found.set(i, root);
  }
  return found;
}

/** Each instruction after all that are reached from it. Without recursion: programs are long. */
function postOrder(live: ReadonlySet<number>, next: readonly (readonly number[])[]): readonly number[] {
  const order: number[] = [];
  const seen = new Set<number>();
  for (const root of live) {
    const open = seen.has(root) ? [] : [{ at: root, left: [...(next[root] ?? [])] }];
    seen.add(root);
    for (let top = open.at(-1); top; top = open.at(-1)) {
      const target = top.left.pop();
      if (target === undefined) order.push(open.pop()?.at ?? root);
      if (target === undefined || seen.has(target) || !live.has(target)) continue;
      seen.add(target);
      open.push({ at: target, left: [...(next[target] ?? [])] });
    }
  }
  return order;
}
