import fc from "fast-check";
import { expect, test } from "vitest";
import { parseHex, toHex } from "./hex.ts";

test("hex agrees with Node on any bytes, both ways", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = toHex(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("hex"));
      expect(parseHex(text)).toEqual(bytes);
    }),
  );
});

test.each([
  ["half a byte", "abc"],
  ["upper case", "AB"],
  ["a letter beyond f", "0g"],
  ["a space", "ab cd"],
  ["a line break at the end", "ab\n"],
  ["a prefix", "0xab"],
  ["a minus, which a number would take", "-1"],
])("parseHex refuses %s", (_, text) => {
  expect(parseHex(text)).toBeUndefined();
});
