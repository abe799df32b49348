import { describe, expect, test } from "vitest";
import { naivePath, naiveProof, naiveRoot, someLeaves } from "../../../test/setup/naive-tree.ts";
import { consistencyPath, inclusionPath, rangeRoot, type NodeAt } from "./proofs.ts";
import { splitOf, type LeafIndex, type TreeSize } from "./tree.ts";

const LEAVES = someLeaves(40);
const nodeAt: NodeAt = (level, index) => naiveRoot(LEAVES.slice(index * 2 ** level, (index + 1) * 2 ** level));

describe("proofs", () => {
  test("include every leaf of every tree as the definition does", () => {
    for (let size = 1; size <= LEAVES.length; size++) {
      const leaves = LEAVES.slice(0, size);
      for (let index = 0; index < size; index += 3) {
        expect(inclusionPath(index as LeafIndex, size as TreeSize, nodeAt)).toEqual(naivePath(index, leaves));
      }
    }
  });

  test("lead from every size to every later one as the definition does", () => {
    for (let to = 1; to <= LEAVES.length; to += 2) {
      const leaves = LEAVES.slice(0, to);
      for (let from = 1; from <= to; from++) {
        expect(consistencyPath(from as TreeSize, to as TreeSize, nodeAt)).toEqual(naiveProof(from, leaves));
      }
    }
  });

  test("give the root of a whole tree", () => {
    for (let size = 1; size <= LEAVES.length; size++) {
      expect(rangeRoot(0, size, nodeAt)).toEqual(naiveRoot(LEAVES.slice(0, size)));
    }
  });
});

describe("splitOf", () => {
  test.each([
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 4],
    [2 ** 52, 2 ** 51],
    [2 ** 52 + 1, 2 ** 52],
    [2 ** 53 - 1, 2 ** 52],
  ])("divides %d at %d", (n, split) => {
    expect(splitOf(n)).toBe(split);
  });
});
