import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UnixMs } from "../time.ts";
import { seenBetween } from "./seen-between.ts";

describe("seenBetween", () => {
  const checkpoints = [
    { size: 10, firstSeen: 3 as UnixMs },
    { size: 5, firstSeen: 1 as UnixMs },
    { size: 10, firstSeen: 9 as UnixMs },
  ];

  test.each([
    [4, { hi: 1 }],
    [5, { lo: 1, hi: 3 }],
    [9, { lo: 1, hi: 3 }],
    [10, { lo: 9 }],
    [99, { lo: 9 }],
  ])("of entry %d: %o", (index, expected) => {
    expect(seenBetween(checkpoints)(index)).toEqual(expected);
  });

  test("knows nothing without checkpoints", () => {
    expect(seenBetween([])(0)).toEqual({});
  });

  test("is the last tree without the entry and the first with it, as the definition says", () => {
    const anyCheckpoint = fc.record({ size: fc.nat(20), firstSeen: fc.nat(100).map((at) => at as UnixMs) });
    fc.assert(
      fc.property(fc.array(anyCheckpoint, { maxLength: 12 }), fc.nat(21), (seen, index) => {
        const without = seen.filter(({ size }) => size <= index).map(({ firstSeen }) => firstSeen);
        const holding = seen.filter(({ size }) => size > index).map(({ firstSeen }) => firstSeen);
        expect(seenBetween(seen)(index)).toEqual({
          ...(without.length > 0 && { lo: Math.max(...without) }),
          ...(holding.length > 0 && { hi: Math.min(...holding) }),
        });
      }),
    );
  });
});
