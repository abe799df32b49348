import fc from "fast-check";
import { expect, test } from "vitest";
import { parseUtf8, toUtf8 } from "./utf8.ts";

test("what is written is read", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(parseUtf8(toUtf8(text))).toBe(text);
    }),
  );
});

test("has one spelling: what it reads, written again, is the same bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      const text = parseUtf8(bytes);
      expect(text === undefined ? bytes : toUtf8(text)).toEqual(bytes);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["a byte that starts nothing", [0x80]],
  ["a sequence cut off", [0xe2, 0x82]],
  ["an overlong slash", [0xc0, 0xaf]],
  ["an overlong NUL", [0xc0, 0x80]],
  ["half of a surrogate pair", [0xed, 0xa0, 0x80]],
  ["a character beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ["0xFF", [0xff]],
])("parseUtf8 refuses %s", (_, bytes) => {
  expect(parseUtf8(Uint8Array.from(bytes))).toBeUndefined();
});

test("parseUtf8 keeps a byte order mark, for the caller to refuse", () => {
  expect(parseUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\uFEFFa");
});
