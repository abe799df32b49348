import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHex, toHex } from "../bytes/hex.ts";
import { bug } from "../bug.ts";
import type { CborKey, CborValue } from "./cbor.ts";
import { readCbor } from "./read-cbor.ts";
import { writeCbor } from "./write-cbor.ts";

const hex = (text: string): Uint8Array => parseHex(text) ?? bug(text);
const answer = (text: string): unknown => {
  const read = readCbor(hex(text), 1024);
  return read.ok ? read.value : read.code;
};

/** RFC 8949 appendix A, of the kinds that are read. */
test.each<[string, CborValue]>([
  ["00", { kind: "integer", value: 0 }],
  ["17", { kind: "integer", value: 23 }],
  ["1818", { kind: "integer", value: 24 }],
  ["1a000f4240", { kind: "integer", value: 1_000_000 }],
  ["1b000000e8d4a51000", { kind: "integer", value: 1_000_000_000_000 }],
  ["20", { kind: "integer", value: -1 }],
  ["3903e7", { kind: "integer", value: -1000 }],
  ["f4", { kind: "boolean", value: false }],
  ["f5", { kind: "boolean", value: true }],
  ["f6", { kind: "null" }],
  ["4401020304", { kind: "bytes", value: Uint8Array.of(1, 2, 3, 4) }],
  ["62c3bc", { kind: "text", value: "ü" }],
  ["80", { kind: "array", items: [] }],
  ["c11a514b67b0", { kind: "tag", tag: 1, value: { kind: "integer", value: 1_363_896_240 } }],
  [
    "a2016161206162",
    {
      kind: "map",
      entries: new Map<CborKey, CborValue>([
        [1, { kind: "text", value: "a" }],
        [-1, { kind: "text", value: "b" }],
      ]),
    },
  ],
])("reads %s, and writes it again", (text, expected) => {
  expect(answer(text)).toEqual(expected);
  expect(toHex(writeCbor(expected))).toBe(text);
});

describe("readCbor refuses", () => {
  test.each([
    ["nothing", "", "cbor-truncated"],
    ["a cut number", "19ff", "cbor-truncated"],
    ["bytes that are not there", "4401", "cbor-truncated"],
    ["four gigabytes that are not there", "5affffffff", "cbor-truncated"],
    ["items that are not there", "9affffffff00", "cbor-truncated"],
    ["a number in two bytes that fits the first", "1817", "cbor-length"],
    ["a number in three bytes that fits two", "1900ff", "cbor-length"],
    ["a number in five bytes that fits three", "1a0000ffff", "cbor-length"],
    ["a number in nine bytes that fits five", "1b00000000ffffffff", "cbor-length"],
    ["a length in more bytes than it needs", "580101", "cbor-length"],
    ["a number beyond 53 bits", "1b0020000000000000", "cbor-length"],
    ["an indefinite byte string", "5f4101ff", "cbor-length"],
    ["an indefinite array", "9f01ff", "cbor-length"],
    ["an indefinite map", "bf0101ff", "cbor-length"],
    ["a reserved length", "1c", "cbor-length"],
    ["a break", "ff", "cbor-kind"],
    ["undefined", "f7", "cbor-kind"],
    ["a half float", "f93c00", "cbor-kind"],
    ["a double", "fb3ff199999999999a", "cbor-kind"],
    ["a simple value", "f820", "cbor-kind"],
    ["text that is not UTF-8", "61ff", "cbor-text"],
    ["a key that is bytes", "a1410101", "cbor-key"],
    ["a key that is an array", "a18001", "cbor-key"],
    ["a key twice", "a201010102", "cbor-duplicate-key"],
    ["a text key twice", "a2616101616102", "cbor-duplicate-key"],
    ["something after the item", "0000", "cbor-trailing"],
    ["nine arrays inside one another", "81818181818181818180", "cbor-depth"],
    ["nine tags inside one another", "c1c1c1c1c1c1c1c1c101", "cbor-depth"],
  ])("%s", (_, text, code) => {
    expect(answer(text)).toBe(code);
  });

  test("more than the bytes and the items allowed", () => {
    expect(readCbor(new Uint8Array(9), 8)).toMatchObject({ code: "too-large" });
    const items = Array.from({ length: 4096 }, (): CborValue => ({ kind: "null" }));
    expect(readCbor(writeCbor({ kind: "array", items }), 9000)).toMatchObject({ code: "cbor-count" });
    expect(readCbor(writeCbor({ kind: "array", items: items.slice(1) }), 9000)).toMatchObject({ ok: true });
  });
});

test("a number and a text are different keys", () => {
  expect(answer("a2010161310a")).toMatchObject({ kind: "map" });
});

const anyItem = fc.letrec<{ item: CborValue }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.maxSafeInteger().map((value): CborValue => ({ kind: "integer", value: Math.trunc(value / 2) })),
    fc.uint8Array({ maxLength: 300 }).map((value): CborValue => ({ kind: "bytes", value })),
    fc.string({ unit: "binary", maxLength: 30 }).map((value): CborValue => ({ kind: "text", value })),
    fc.boolean().map((value): CborValue => ({ kind: "boolean", value })),
    fc.constant<CborValue>({ kind: "null" }),
    fc.array(tie("item"), { maxLength: 4 }).map((items): CborValue => ({ kind: "array", items })),
    fc
      .array(fc.tuple(fc.oneof(fc.integer(), fc.string({ maxLength: 5 })), tie("item")), { maxLength: 4 })
      .map((entries): CborValue => ({ kind: "map", entries: new Map<CborKey, CborValue>(entries) })),
    fc.tuple(fc.nat(), tie("item")).map(([tag, value]): CborValue => ({ kind: "tag", tag, value })),
  ),
}));

test("reads what it writes", () => {
  fc.assert(
    fc.property(anyItem.item, (item) => {
      expect(readCbor(writeCbor(item), 1 << 20)).toEqual({ ok: true, value: item });
    }),
  );
});

test("never throws; what it reads has one spelling", () => {
  const noise = fc.oneof(fc.uint8Array({ maxLength: 64 }), anyItem.item.map(writeCbor).chain(mutated));
  const check = fc.check(
    fc.property(noise, (bytes) => {
      const read = readCbor(bytes, 1 << 20);
      return !read.ok || toHex(writeCbor(read.value)) === toHex(bytes);
    }),
    { numRuns: 2000 },
  );
  expect(check.counterexample).toBeNull();
});

function mutated(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat(bytes.length), fc.nat(255)).map(([at, byte]) => {
    const changed = Uint8Array.from(bytes);
    changed[at] = byte;
    return changed;
  });
}
