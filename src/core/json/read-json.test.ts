import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes } from "../bytes/bytes.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { readJson } from "./read-json.ts";

const limits = { bytesMax: 1000, depthMax: 4 };
const read = (text: string) => readJson(toUtf8(text), limits);

describe("readJson", () => {
  test.each([
    ["a value", `{"a":[1,"x",null,true]}`, { a: [1, "x", null, true] }],
    ["names that look like strings with colons", `{"a:\\"b\\\\":":\\"a\\":","c" \n: 1}`, { 'a:"b\\': ':"a":', c: 1 }],
    ["the same name in two objects", `[{"a":1},{"a":2}]`, [{ a: 1 }, { a: 2 }]],
    ["a depth of four", `[[[[1]]]]`, [[[[1]]]]],
    ["a pair of surrogates as escapes", `"\\ud83d\\ude00"`, "😀"],
    ["dashes beyond ASCII", `{"\u2014":"a\u2014\u2014b\\\\\u2013"}`, { "\u2014": "a\u2014\u2014b\\\u2013" }],
    ["numeric names", `{"2":1,"1":2}`, { 1: 2, 2: 1 }],
  ])("reads %s", (_, text, value) => {
    expect(read(text)).toEqual({ ok: true, value });
  });

  test.each([
    ["the same name twice", `{"a":1,"a":1}`, "json-duplicate-key"],
    ["the same name twice, once escaped", `{"a":1,"\\u0061":1}`, "json-duplicate-key"],
    ["the same name twice, deep", `[{"b":{"a":1,"a":{}}}]`, "json-duplicate-key"],
    ["__proto__ twice", `{"__proto__":1,"__proto__":2}`, "json-duplicate-key"],
    ["a name twice with white space before the colon", `{"a"\t:1,"a"\r\n :1}`, "json-duplicate-key"],
    ["a depth of five", `[[[[[1]]]]]`, "json-depth"],
    ["a depth of five in objects", `{"a":{"a":{"a":{"a":{}}}}}`, "json-depth"],
    ["a byte order mark", `\uFEFF{}`, "json-syntax"],
    ["nothing", ``, "json-syntax"],
    ["a second value", `{}{}`, "json-syntax"],
    ["a comment", `{}//`, "json-syntax"],
    ["half a surrogate pair", `{"a":"\\ud83d"}`, "json-syntax"],
    ["half a surrogate pair in a name", `{"\\ude00":1}`, "json-syntax"],
    ["a number beyond a double", `[1e400]`, "json-syntax"],
    ["a dash after a backslash", `["\\\u2014"]`, "json-syntax"],
    ["a dash inside an escape", `["\\u20\u2014"]`, "json-syntax"],
    ["a dash outside a string", `[\u2014]`, "json-syntax"],
    ["a dash in a name that is there as an escape", `{"\u2014":1,"\\u2014":2}`, "json-duplicate-key"],
    ["an open string", `{"a":"`, "json-syntax"],
    ["one byte more than allowed", `"${"x".repeat(999)}"`, "too-large"],
  ])("refuses %s", (_, text, code) => {
    expect(read(text)).toMatchObject({ ok: false, code });
  });

  test("refuses bytes that are not UTF-8", () => {
    const overlong = concatBytes([toUtf8('"'), Uint8Array.of(0xc0, 0xaf), toUtf8('"')]);
    expect(readJson(overlong, limits)).toMatchObject({ ok: false, code: "json-syntax" });
  });

  test("refuses a hundred thousand open brackets without running out of stack", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect(readJson(toUtf8(deep), { bytesMax: 1_000_000, depthMax: 32 })).toMatchObject({ code: "json-depth" });
  });

  test("reads what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: "grapheme" }), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(readJson(toUtf8(text), { bytesMax: 1e6, depthMax: 32 })).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  test("agrees with JSON.parse wherever there are dashes", () => {
    const parts = fc.constantFrom("\u2014", "\u2013", "\\", "\\\\", '"', "[", "]", ",", "a", "u2014", "\u00e2");
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), (texts) => {
        const text = `["${texts.join("")}"]`;
        expect(read(text).ok ? read(text) : undefined).toEqual(parsedByNode(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("refuses any object in which one name is doubled", () => {
    const names = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(names, fc.nat(), (members, pick) => {
        const doubled = members[pick % members.length] ?? "";
        const text = [...members, doubled].map((name) => `${JSON.stringify(name)}:{"x":"\\\\"}`).join(" , ");
        expect(read(`{${text}}`)).toMatchObject({ code: "json-duplicate-key" });
      }),
    );
  });

  test("never throws, whatever the bytes", () => {
    const jsonLike = fc
      .array(fc.constantFrom('"', "{", "}", "[", "]", ":", ",", "\\", "\\u", "d800", "1", "e9", "null", " ", "ÿ"))
      .map((parts) => toUtf8(parts.join("")));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), jsonLike), (bytes) => {
        expect(readJson(bytes, limits)).toHaveProperty("ok");
      }),
    );
  });
});

function parsedByNode(text: string): unknown {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
