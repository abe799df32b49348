import type { Sha256 } from "../digest.ts";
import { nodeHash, splitOf, type LeafIndex, type TreeSize } from "./tree.ts";

/** Gives the root of the perfect subtree of `2^level` leaves that starts at leaf `index * 2^level`. */
export type NodeAt = (level: number, index: number) => Sha256;

/** Siblings of a leaf from the leaf upwards (RFC 9162 §2.1.3.1). `index` must be below `size`. */
export function inclusionPath(index: LeafIndex, size: TreeSize, nodeAt: NodeAt): readonly Sha256[] {
  const path: Sha256[] = [];
  let [start, end]: [number, number] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      path.push(rangeRoot(middle, end, nodeAt));
      end = middle;
    } else {
      path.push(rangeRoot(start, middle, nodeAt));
      start = middle;
    }
  }
  return path.toReversed();
}

/** A consistency proof (RFC 9162 §2.1.4.1). `0 < from <= to`; empty when they are equal. */
export function consistencyPath(from: TreeSize, to: TreeSize, nodeAt: NodeAt): readonly Sha256[] {
  const path: Sha256[] = [];
  let [start, end]: [number, number] = [0, to];
  // True while the part of the old tree in question is the whole old tree, whose root the verifier has.
  let whole = true;
  while (from !== end) {
    const middle = start + splitOf(end - start);
    if (from <= middle) {
      path.push(rangeRoot(middle, end, nodeAt));
      end = middle;
    } else {
      path.push(rangeRoot(start, middle, nodeAt));
      start = middle;
      whole = false;
    }
  }
  if (!whole) path.push(rangeRoot(start, end, nodeAt));
  return path.toReversed();
}

/** The root of the leaves `[start, end)`, where `start` is a multiple of the largest power of two in the range. */
export function rangeRoot(start: number, end: number, nodeAt: NodeAt): Sha256 {
  const width = end - start;
  if (width === 1) return nodeAt(0, start);
  const split = splitOf(width);
  if (split * 2 === width) return nodeAt(levelOf(width), start / width);
  return nodeHash(rangeRoot(start, start + split, nodeAt), rangeRoot(start + split, end, nodeAt));
}

function levelOf(width: number): number {
  let level = 0;
  for (let leaves = 1; leaves < width; leaves *= 2) level++;
  return level;
}
