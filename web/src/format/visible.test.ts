import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clipMiddle, shortDigest, visible, visibleLines, wrapText } from "./visible.ts";

describe("visible", () => {
  test.each([
    ["a\u202Eb", "a␦202Eb"],
    ["a\u0000b", "a␦0000b"],
    ["a\u200Bb", "a␦200Bb"],
    ["a\u{E0041}b", "a␦E0041b"],
    ["a\uD800b", "a␦D800b"],
    ["\u001B[2J", "␦001B[2J"],
    ["zażółć 漢字 🙂", "zażółć 漢字 🙂"],
  ])("%j becomes %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test("leaves nothing that is not seen, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u);
      }),
    );
  });

  test("keeps the lines and tabs of a text of several lines", () => {
    expect(visibleLines("a\n\tb\u202E")).toBe("a\n\tb␦202E");
  });
});

describe("clipMiddle", () => {
  test("is never longer than asked, and keeps both ends", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{0,60}$/), fc.integer({ min: 3, max: 30 }), (text, length) => {
        const clipped = clipMiddle(text, length);
        expect(clipped.length).toBeLessThanOrEqual(length);
        expect(clipped[0]).toBe(text[0]);
        expect(clipped.at(-1)).toBe(text.at(-1));
      }),
    );
  });
});

test("shortDigest keeps the algorithm and both ends", () => {
  expect(shortDigest(`sha256:${"0123456789abcdef".repeat(4)}`)).toBe("sha256:012345…abcdef");
});

test.each([
  ["one two three", ["one two", "three"]],
  ["one two three four five", ["one two", "three…"]],
  ["incomprehensible", ["inco…ible".slice(0, 4) + "…ble"]],
])("wrapText of %j", (text, lines) => {
  expect(wrapText(text, 8, 2)).toEqual(lines);
});
