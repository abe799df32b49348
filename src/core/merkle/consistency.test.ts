import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { naiveProof, naiveRoot, someLeaves } from "../../../test/setup/naive-tree.ts";
import type { Sha256 } from "../digest.ts";
import { judgeConsistency, type ConsistencyProof } from "./consistency.ts";
import type { TreeSize } from "./tree.ts";

function proofOf(from: number, to: number): ConsistencyProof {
  const leaves = someLeaves(to);
  return {
    from: from as TreeSize,
    to: to as TreeSize,
    fromRoot: naiveRoot(leaves.slice(0, from)),
    toRoot: naiveRoot(leaves),
    path: naiveProof(from, leaves),
  };
}

const anyProof = fc
  .integer({ min: 2, max: 130 })
  .chain((to) => fc.integer({ min: 1, max: to - 1 }).map((from) => proofOf(from, to)));

describe("judgeConsistency", () => {
  test("passes every pair of sizes up to 24", () => {
    for (let to = 1; to <= 24; to++) {
      for (let from = 1; from <= to; from++) expect(judgeConsistency(proofOf(from, to))).toEqual({ kind: "pass" });
    }
  });

  test("fails when any one bit of the path is flipped", () => {
    fc.assert(
      fc.property(anyProof, fc.nat(), fc.integer({ min: 0, max: 255 }), (proof, place, bit) => {
        const path = proof.path.map((hash, i) => (i === place % proof.path.length ? flip(hash, bit) : hash));
        expect(judgeConsistency({ ...proof, path }).kind).toBe("fail");
      }),
    );
  });

  test("fails with another root on either side", () => {
    fc.assert(
      fc.property(anyProof, fc.integer({ min: 0, max: 255 }), (proof, bit) => {
        expect(judgeConsistency({ ...proof, fromRoot: flip(proof.fromRoot, bit) }).kind).toBe("fail");
        expect(judgeConsistency({ ...proof, toRoot: flip(proof.toRoot, bit) }).kind).toBe("fail");
      }),
    );
  });

  test("fails when any other size is claimed", () => {
    const proof = proofOf(3, 7);
    const passing = Array.from({ length: 20 }, (_, from) => from).filter(
      (from) => judgeConsistency({ ...proof, from: from as TreeSize }).kind === "pass",
    );
    expect(passing).toEqual([3]);
  });

  test.each<[string, Partial<ConsistencyProof>, string]>([
    ["a proof from the empty tree", { from: 0 as TreeSize, path: [] }, "size-zero"],
    ["sizes the wrong way round", { from: 8 as TreeSize }, "sizes-reversed"],
    ["a path one short", { path: proofOf(3, 7).path.slice(1) }, "path-length"],
    ["a path one long", { path: [...proofOf(3, 7).path, ...someLeaves(1)] }, "path-length"],
    ["no path", { path: [] }, "path-length"],
    ["another root before", { fromRoot: proofOf(2, 7).fromRoot }, "from-root-mismatch"],
    ["another root behind", { toRoot: proofOf(3, 8).toRoot }, "to-root-mismatch"],
    ["equal sizes with a path", { from: 7 as TreeSize, fromRoot: proofOf(3, 7).toRoot }, "path-length"],
    ["equal sizes with two roots", { from: 7 as TreeSize, path: [] }, "to-root-mismatch"],
  ])("fails %s", (_, change, reason) => {
    expect(judgeConsistency({ ...proofOf(3, 7), ...change })).toMatchObject({ kind: "fail", reasons: [{ reason }] });
  });
});

function flip(hash: Sha256, bit: number): Sha256 {
  return hash.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)) as Sha256;
}
