import { branded } from "../brand.ts";
import { bug } from "../bug.ts";
import { sha256, type Sha256 } from "../digest.ts";
import { pathSides } from "./inclusion.ts";
import { nodeHash, type LeafIndex, type TreeSize } from "./tree.ts";

/**
 * All that is needed of a tree to let it grow and to know its root: the roots of its maximal perfect subtrees, the
 * largest first; one for each bit that is set in the size, at most 53.
 */
export type Frontier = { readonly size: TreeSize; readonly hashes: readonly Sha256[] };

export const EMPTY_FRONTIER: Frontier = Object.freeze({ size: branded<TreeSize>(0), hashes: Object.freeze([]) });

/** Takes stored hashes as a frontier; `undefined` when there are not as many as the size has bits set. */
export function parseFrontier(size: TreeSize, hashes: readonly Sha256[]): Frontier | undefined {
  return hashes.length === bitCount(size) ? { size, hashes } : undefined;
}

/** The frontier after these leaf hashes are appended, in order. */
export function appendLeaves(frontier: Frontier, leaves: readonly Sha256[]): Frontier {
  const hashes = [...frontier.hashes];
  let size: number = frontier.size;
  for (const leaf of leaves) {
    let node = leaf;
    // Each set bit at the low end of the size is a subtree as large as the node so far: they become one.
    for (let bits = size; bits % 2 === 1; bits = Math.floor(bits / 2)) {
      node = nodeHash(hashes.pop() ?? bug("a frontier shorter than its size"), node);
    }
    hashes.push(node);
    size++;
  }
  return { size: branded<TreeSize>(size), hashes };
}

/** RFC 6962 §2.1: the root of the empty tree is the hash of no bytes. */
export function frontierRoot(frontier: Frontier): Sha256 {
  return foldFrontier(frontier.hashes) ?? sha256(new Uint8Array(0));
}

function foldFrontier(hashes: readonly Sha256[]): Sha256 | undefined {
  let root = hashes.at(-1);
  for (let i = hashes.length - 2; root && i >= 0; i--) root = nodeHash(hashes[i] ?? bug("beyond the frontier"), root);
  return root;
}

/**
 * The frontier of `[0, index)` out of the inclusion path of leaf `index`: the siblings on the left are its hashes.
 * A path that verified under a checkpoint so proves everything before the leaf too. `undefined` when the path has
 * another length than index and size ask for.
 */
export function frontierBefore(index: LeafIndex, size: TreeSize, path: readonly Sha256[]): Frontier | undefined {
  const sides = pathSides(index, size);
  if (index >= size || path.length !== sides.length) return undefined;
  const hashes = path.filter((_, level) => sides[level] === "left").toReversed();
  return parseFrontier(branded<TreeSize>(index), hashes);
}

function bitCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
