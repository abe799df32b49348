import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCanonicalJson, renderCanonicalJson } from "./canonical.ts";
import type { JsonValue } from "./json.ts";

describe("renderCanonicalJson", () => {
  test.each<[string, JsonValue, string]>([
    [
      "members by UTF-16 code units (RFC 8785 §3.2.3)",
      { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 },
      `{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}`,
    ],
    [
      "numbers as ECMAScript writes them (RFC 8785 §3.2.2.3)",
      [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0],
      "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]",
    ],
    [
      "strings with the short escapes (RFC 8785 §3.2.2.2)",
      '\u20ac$\u000f\nA\'B"\\\\"/',
      `"\u20ac$\\u000f\\nA'B\\"\\\\\\\\\\"/"`,
    ],
    [
      "nested, without white space",
      { b: [null, true, { z: 1, a: {} }], a: [] },
      `{"a":[],"b":[null,true,{"a":{},"z":1}]}`,
    ],
  ])("writes %s", (_, value, text) => {
    expect(renderCanonicalJson(value)).toBe(text);
  });

  test("writes the same text whatever the order of members, and parses to the same value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (members) => {
        const value = JSON.parse(JSON.stringify(members)) as Record<string, JsonValue>;
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        expect(renderCanonicalJson(reversed)).toBe(renderCanonicalJson(value));
        expect(JSON.parse(renderCanonicalJson(value))).toEqual(value);
      }),
    );
  });
});

const parse = (text: string): JsonValue => JSON.parse(text) as JsonValue;

describe("isCanonicalJson", () => {
  test.each([
    [`{"a":1,"b":{"c":[],"d":{}}}`, true],
    [`{"b":1,"a":2}`, false],
    [`{"a":{"z":1,"y":2}}`, false],
    [`{"10":1,"9":2}`, true],
    [`{"9":2,"10":1}`, false],
    [`{"a": 1}`, false],
    [`{"a":1.0}`, false],
    [`{"a":"\\u0041"}`, false],
    [` 1`, false],
  ])("says of %s: %s", (text, expected) => {
    expect(isCanonicalJson(parse(text), text)).toBe(expected);
  });

  test("is what comparing with the rendering says, of any text", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value = parse(text);
        const rendered = renderCanonicalJson(value);
        expect(isCanonicalJson(value, text)).toBe(rendered === text);
        expect(isCanonicalJson(parse(rendered), rendered)).toBe(true);
      }),
    );
  });
});
