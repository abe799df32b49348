import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { naivePath, naiveRoot, someLeaves } from "../../../test/setup/naive-tree.ts";
import { appendLeaves, EMPTY_FRONTIER, frontierBefore, frontierRoot, parseFrontier } from "./frontier.ts";
import type { LeafIndex, TreeSize } from "./tree.ts";

const LEAVES = someLeaves(300);

describe("frontier", () => {
  test("gives the root of every tree up to 300 leaves, grown by three", () => {
    let frontier = EMPTY_FRONTIER;
    for (let size = 0; size <= LEAVES.length; size += 3) {
      expect(frontierRoot(frontier)).toEqual(naiveRoot(LEAVES.slice(0, size)));
      expect(parseFrontier(frontier.size, frontier.hashes)).toEqual(frontier);
      frontier = appendLeaves(frontier, LEAVES.slice(size, size + 3));
    }
  });

  test("does not depend on how the leaves are divided into batches", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(LEAVES.length), { maxLength: 6 }), (cuts) => {
        const bounds = [0, ...cuts.toSorted((a, b) => a - b), LEAVES.length];
        const grown = bounds
          .slice(1)
          .reduce((frontier, end, i) => appendLeaves(frontier, LEAVES.slice(bounds[i], end)), EMPTY_FRONTIER);
        expect(grown).toEqual(appendLeaves(EMPTY_FRONTIER, LEAVES));
      }),
    );
  });

  test("does not change what it grew from", () => {
    const before = appendLeaves(EMPTY_FRONTIER, LEAVES.slice(0, 7));
    const copy = structuredClone(before);
    appendLeaves(before, LEAVES.slice(7, 20));
    expect(before).toEqual(copy);
  });

  test("refuses a number of hashes that does not fit the size", () => {
    const { size, hashes } = appendLeaves(EMPTY_FRONTIER, LEAVES.slice(0, 7));
    expect(parseFrontier(size, hashes.slice(1))).toBeUndefined();
    expect(parseFrontier((size + 1) as TreeSize, hashes)).toBeUndefined();
  });
});

describe("frontierBefore", () => {
  test("is the frontier of all leaves before, for every index of every tree up to 40", () => {
    for (let size = 1; size <= 40; size++) {
      for (let index = 0; index < size; index++) {
        const path = naivePath(index, LEAVES.slice(0, size));
        expect(frontierBefore(index as LeafIndex, size as TreeSize, path)).toEqual(
          appendLeaves(EMPTY_FRONTIER, LEAVES.slice(0, index)),
        );
      }
    }
  });

  test("refuses a path of another length and an index beyond the tree", () => {
    const path = naivePath(5, LEAVES.slice(0, 9));
    expect(frontierBefore(5 as LeafIndex, 9 as TreeSize, path.slice(1))).toBeUndefined();
    expect(frontierBefore(9 as LeafIndex, 9 as TreeSize, path)).toBeUndefined();
  });
});
