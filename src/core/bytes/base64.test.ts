import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseBase64, parseBase64Url, toBase64, toBase64Url } from "./base64.ts";

/** RFC 4648 §10. */
const VECTORS = [
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
] as const;

describe("base64", () => {
  test.each(VECTORS)("of %j is %j", (text, expected) => {
    const bytes = new TextEncoder().encode(text);
    expect(toBase64(bytes)).toBe(expected);
    expect(parseBase64(expected)).toEqual(bytes);
  });

  test("agrees with Node on any bytes, both ways", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = toBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(parseBase64(text)).toEqual(bytes);
      }),
    );
  });

  test.each([
    ["no padding", "Zg"],
    ["half of the padding", "Zg="],
    ["padding alone", "===="],
    ["padding too much", "Z==="],
    ["padding inside", "Zg==Zg=="],
    ["padding before the end", "Z=g="],
    ["bits after the last byte, of four", "Zh=="],
    ["bits after the last byte, of two", "Zm9="],
    ["a space", "Zm9v Zm9v"],
    ["a line break", "Zm9v\n"],
    ["a line break in place of a character", "Zm9\n"],
    ["the alphabet of URLs", "-_-_"],
    ["a letter whose low byte is one of the alphabet", "Zm9\u0141"],
    ["a letter beyond 16 bits", "\u{1F600}Zg"],
    ["NUL", "Zm9\0"],
    ["DEL", "Zm9\u007f"],
  ])("refuses %s", (_, text) => {
    expect(parseBase64(text)).toBeUndefined();
  });

  test("has one spelling: what it reads, written again, is the same text", () => {
    const anyText = fc.string({ unit: fc.constantFrom(...Array.from("AQZaz09+/=-_ \n")), maxLength: 12 });
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = parseBase64(text);
        expect(bytes === undefined ? text : toBase64(bytes)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("base64url", () => {
  test("agrees with Node on any bytes, both ways", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = toBase64Url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(parseBase64Url(text)).toEqual(bytes);
      }),
    );
  });

  test.each(["Zg==", "Zg=", "Z", "Zh", "Zm9", "+A", "/w", "Zm9v ", "Zm9v\n", "Zm9\u0141"])("refuses %j", (text) => {
    expect(parseBase64Url(text)).toBeUndefined();
  });
});
