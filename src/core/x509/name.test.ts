import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integer, oid, printableString, sequence, set, utf8String } from "../asn1/writer.ts";
import { parseName, renderName } from "./name.ts";

const part = (type: string, value: Uint8Array): Uint8Array => set([sequence([oid(type), value])]);

describe("renderName", () => {
  test.each<[string, readonly Uint8Array[], string]>([
    [
      "the last part first",
      [part("2.5.4.10", printableString("sigstore.dev")), part("2.5.4.3", printableString("sigstore-tsa"))],
      "CN=sigstore-tsa,O=sigstore.dev",
    ],
    ["nothing", [], ""],
    ["an attribute it does not know", [part("1.2.3.4", utf8String("x"))], "1.2.3.4=x"],
    ["a value that is not text", [part("2.5.4.3", integer(5))], "CN=#020105"],
    [
      "separators escaped",
      [part("2.5.4.3", utf8String('a,b+c"d<e>f;g=h\\i'))],
      String.raw`CN=a\,b\+c\"d\<e\>f\;g\=h\\i`,
    ],
    [
      "the ends escaped",
      [part("2.5.4.3", utf8String("#a ")), part("2.5.4.3", utf8String(" b"))],
      String.raw`CN=\ b,CN=\#a\ `,
    ],
    ["a line break made visible", [part("2.5.4.3", utf8String("a\nO=b"))], String.raw`CN=a\u{a}O\=b`],
    ["text turned around made visible", [part("2.5.4.3", utf8String("a\u202eb"))], String.raw`CN=a\u{202e}b`],
    [
      "a part of two attributes",
      [set([sequence([oid("2.5.4.3"), utf8String("a")]), sequence([oid("2.5.4.10"), utf8String("b")])])],
      "CN=a+O=b",
    ],
  ])("shows %s", (_, parts, expected) => {
    expect(renderName(sequence(parts))).toBe(expected);
  });

  test("shows bytes where there is no name", () => {
    expect(renderName(Uint8Array.of(0x30, 5))).toBe("#3005");
  });

  test("never throws, and never gives a line break", () => {
    const name = sequence([part("2.5.4.3", utf8String("abc")), part("2.5.4.10", utf8String("def"))]);
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), (at, byte) => {
        expect(renderName(name.map((old, i) => (i === at % name.length ? byte : old)))).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

test("parseName keeps the order of the parts", () => {
  const name = sequence([part("2.5.4.6", printableString("DE")), part("2.5.4.3", utf8String("ü"))]);
  expect(parseName(name)).toMatchObject({
    ok: true,
    value: [[{ type: "2.5.4.6", value: "DE" }], [{ type: "2.5.4.3", value: "ü" }]],
  });
});

test.each<[string, Uint8Array, string]>([
  ["an empty part", sequence([set([])]), "name-syntax"],
  ["33 parts", sequence(Array.from({ length: 33 }, () => part("2.5.4.3", utf8String("a")))), "name-syntax"],
  [
    "nine attributes in one part",
    sequence([set(Array.from({ length: 9 }, (_, i) => sequence([oid(`1.2.${i}`), utf8String("a")])))]),
    "name-syntax",
  ],
  [
    "an attribute of two values",
    sequence([set([sequence([oid("2.5.4.3"), utf8String("a"), utf8String("b")])])]),
    "der-trailing",
  ],
  ["an attribute without a value", sequence([set([sequence([oid("2.5.4.3")])])]), "der-truncated"],
])("parseName refuses %s", (_, name, code) => {
  expect(parseName(name)).toMatchObject({ ok: false, code });
});
