import { sameDigest, type Sha256 } from "../digest.ts";
import { fail, pass, type Verdict } from "../verdict.ts";
import { nodeHash, splitOf, type TreeSize } from "./tree.ts";

/** A claim that the tree of size `to` is the tree of size `from` with leaves appended. */
export type ConsistencyProof = {
  readonly from: TreeSize;
  readonly to: TreeSize;
  readonly fromRoot: Sha256;
  readonly toRoot: Sha256;
  readonly path: readonly Sha256[];
};

export type ConsistencyReason =
  | "size-zero"
  | "sizes-reversed"
  | "path-length"
  | "from-root-mismatch"
  | "to-root-mismatch";

/**
 * Judges a consistency proof by RFC 9162 §2.1.4.2.
 *
 * Every tree is consistent with the empty one, so a proof from size 0 says nothing; it is refused here, and who has
 * no earlier state must not ask. The length of the path is checked before anything is hashed.
 */
export function judgeConsistency(proof: ConsistencyProof): Verdict<ConsistencyReason> {
  const { from, to, fromRoot, toRoot, path } = proof;
  if (from === 0) return fail("size-zero", "a proof from the empty tree proves nothing");
  if (from > to) return fail("sizes-reversed", `from ${from} to ${to}`);

  // The root of a perfect tree is a node of every later one, so the proof leaves it out.
  const given = isPerfect(from) || from === to ? [fromRoot] : [];
  const [first, ...rest] = [...given, ...path];
  const steps = consistencySteps(from, to);
  if (!first || rest.length !== steps.length) {
    return fail("path-length", `${path.length} hashes where ${steps.length + 1 - given.length} are needed`);
  }
  let older = first;
  let newer = first;
  for (const [i, node] of rest.entries()) {
    if (steps[i] === "both") older = nodeHash(node, older);
    newer = steps[i] === "both" ? nodeHash(node, newer) : nodeHash(newer, node);
  }
  if (!sameDigest(older, fromRoot)) return fail("from-root-mismatch", `not the root of size ${from}`);
  return sameDigest(newer, toRoot) ? pass : fail("to-root-mismatch", `not the root of size ${to}`);
}

/**
 * For each node behind the first: whether it lies to the left and belongs to both trees, or to the right and to the
 * new one alone. Division, not `>>`: a size may exceed 32 bits.
 */
function consistencySteps(from: TreeSize, to: TreeSize): readonly ("both" | "newer")[] {
  if (from === to) return [];
  const steps: ("both" | "newer")[] = [];
  let node = from - 1;
  let last = to - 1;
  for (; node % 2 === 1; node = half(node)) last = half(last);
  while (last > 0) {
    const both = node % 2 === 1 || node === last;
    steps.push(both ? "both" : "newer");
    if (both) {
      // The last node of an odd row is promoted unchanged until it has a sibling again.
      for (; node % 2 === 0 && node > 0; node = half(node)) last = half(last);
    }
    node = half(node);
    last = half(last);
  }
  return steps;
}

function half(position: number): number {
  return Math.floor(position / 2);
}

function isPerfect(size: TreeSize): boolean {
  return size === 1 || splitOf(size) * 2 === size;
}
