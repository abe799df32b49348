import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, sameBytes } from "./bytes.ts";

const anyBytes = fc.uint8Array({ maxLength: 20 });

test("concatBytes joins in order, into bytes of its own", () => {
  fc.assert(
    fc.property(fc.array(anyBytes, { maxLength: 5 }), (parts) => {
      const joined = concatBytes(parts);
      expect([...joined]).toEqual(parts.flatMap((part) => [...part]));
      joined.fill(0xff);
      expect([...concatBytes(parts)]).toEqual(parts.flatMap((part) => [...part]));
    }),
  );
});

test("sameBytes is equality of every byte and of the length, wherever the bytes stand", () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (a, b) => {
      expect(sameBytes(a, b)).toBe(a.join() === b.join());
      const moved = concatBytes([b, a]).subarray(b.length);
      expect(sameBytes(a, moved)).toBe(true);
    }),
  );
});

test.each([
  ["one byte longer", [1, 2], [1, 2, 0]],
  ["one byte shorter", [1, 2], [1]],
  ["the last byte", [1, 2], [1, 3]],
  ["the first byte", [1, 2], [0, 2]],
])("sameBytes tells apart %s", (_, a, b) => {
  expect(sameBytes(Uint8Array.from(a), Uint8Array.from(b))).toBe(false);
});
