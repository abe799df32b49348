import { bug } from "../../src/core/bug.ts";
import { sha256, type Sha256 } from "../../src/core/digest.ts";
import { leafHash, nodeHash } from "../../src/core/merkle/tree.ts";

/**
 * The tree as RFC 6962 §2.1 defines it, recursively: slow, obvious, and no code in common with what it checks.
 */
export function naiveRoot(leaves: readonly Sha256[]): Sha256 {
  const [only] = leaves;
  if (!only) return sha256(new Uint8Array());
  if (leaves.length === 1) return only;
  const split = naiveSplit(leaves.length);
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

/** PATH(m, D[n]) of RFC 6962 §2.1.1. */
export function naivePath(index: number, leaves: readonly Sha256[]): readonly Sha256[] {
  if (leaves.length === 1) return [];
  const split = naiveSplit(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...naivePath(index, left), naiveRoot(right)]
    : [...naivePath(index - split, right), naiveRoot(left)];
}

/** PROOF(m, D[n]) of RFC 6962 §2.1.2. */
export function naiveProof(from: number, leaves: readonly Sha256[], whole = true): readonly Sha256[] {
  if (from === leaves.length) return whole ? [] : [naiveRoot(leaves)];
  const split = naiveSplit(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return from <= split
    ? [...naiveProof(from, left, whole), naiveRoot(right)]
    : [...naiveProof(from - split, right, false), naiveRoot(left)];
}

/** Leaf hashes of distinct bodies. */
export function someLeaves(count: number, salt = 0): readonly Sha256[] {
  return someBodies(count, salt).map(leafHash);
}

export function someBodies(count: number, salt = 0): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, i) => Uint8Array.of(salt, i % 256, (i >> 8) % 256, i >> 16));
}

/** The largest power of two below n. */
function naiveSplit(n: number): number {
  return n < 2 ? bug("nothing to split") : 2 ** Math.floor(Math.log2(n - 1));
}
