import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHex } from "../bytes/hex.ts";
import { bug } from "../bug.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { finish, openDer, type DerReader } from "./reader.ts";
import { oidContent, renderOid } from "./oid.ts";
import { TAG } from "./tag.ts";
import {
  readBitString,
  readBoolean,
  readDefaultFalse,
  readInteger,
  readNamedBits,
  readNull,
  readOid,
  readSmallInteger,
  readText,
} from "./values.ts";
import {
  bitString,
  boolean,
  element,
  enumerated,
  ia5String,
  implicitTag,
  integer,
  namedBits,
  nullValue,
  oid,
  printableString,
  set,
  utf8String,
} from "./writer.ts";

const hex = (text: string): Uint8Array => parseHex(text.replaceAll(" ", "")) ?? bug(text);

function parse(bytes: Uint8Array, read: (r: DerReader<string>) => unknown): unknown {
  const r = openDer<string>(bytes);
  return finish(r, read(r));
}
const ok = (value: unknown): unknown => ({ ok: true, value });

describe("what is written is read", () => {
  test("INTEGER", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (value) => {
        expect(parse(integer(value), readSmallInteger)).toEqual(ok(value));
        expect(parse(enumerated(value), (r) => readSmallInteger(r, TAG.enumerated))).toEqual(ok(value));
      }),
    );
    expect(integer(2 ** 53 - 1)).toEqual(hex("02 07 1fffffffffffff"));
    expect(integer(hex("00 00 80"))).toEqual(hex("02 02 0080"));
    expect(integer(hex("00 00"))).toEqual(hex("02 01 00"));
  });

  test.each([
    ["02 01 00", "00"],
    ["02 01 ff", "ff"],
    ["02 02 0080", "0080"],
    ["02 02 ff7f", "ff7f"],
    ["02 01 80", "80"],
  ])("INTEGER %s at the edge of its length", (bytes, content) => {
    expect(parse(hex(bytes), readInteger)).toEqual(ok(hex(content)));
  });

  test("what is FALSE because it is absent, and TRUE because it is there", () => {
    expect(parse(new Uint8Array(0), readDefaultFalse)).toEqual(ok(false));
    expect(parse(boolean(true), readDefaultFalse)).toEqual(ok(true));
  });

  test("OBJECT IDENTIFIER of 64 octets", () => {
    expect(parse(hex(`06 40 2a ${"01".repeat(63)}`), (r) => readOid(r).length)).toEqual(ok(64));
  });

  test("BIT STRING of names", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), (value) => {
        expect(parse(namedBits(value), readNamedBits)).toEqual(ok(value));
      }),
    );
    expect(namedBits(1)).toEqual(hex("03 02 07 80"));
    expect(namedBits(32 + 64)).toEqual(hex("03 02 01 06"));
  });

  test("OBJECT IDENTIFIER", () => {
    const arc = fc.oneof(fc.nat(), fc.integer({ min: 0, max: 999_999_999_999_999 }));
    const root = fc.oneof(fc.tuple(fc.constantFrom(0, 1), fc.nat(39)), fc.tuple(fc.constant(2), fc.nat()));
    fc.assert(
      fc.property(root, fc.array(arc, { maxLength: 8 }), (start, rest) => {
        const dotted = [...start, ...rest].join(".");
        expect(parse(oid(dotted), (r) => renderOid(readOid(r)))).toEqual(ok(dotted));
      }),
    );
    expect(oid("1.2.840.113549.1.7.2")).toEqual(hex("06 09 2a864886f70d010702"));
    expect(renderOid(oidContent("2.999.3"))).toBe("2.999.3");
  });

  test("OBJECT IDENTIFIER of an arc of 128 bits", () => {
    const uuid = hex("69 83 b4 86 ef 93 e6 8b c6 81 85 ba 90 8b a5 86 93 8b 7f");
    expect(renderOid(uuid)).toMatch(/^2\.25\.\d{30,39}$/);
  });

  test("an implicit tag, on a copy of the element", () => {
    const five = Buffer.from(integer(5));
    expect(implicitTag(0x80, five)).toEqual(hex("80 01 05"));
    expect(five).toEqual(Buffer.from(integer(5)));
  });

  test("text and the rest", () => {
    expect(parse(utf8String("schlüssel"), (r) => readText(r, TAG.utf8String))).toEqual(ok("schlüssel"));
    expect(parse(printableString("sigstore.dev"), (r) => readText(r, TAG.printableString))).toEqual(ok("sigstore.dev"));
    expect(parse(ia5String("a@b"), (r) => readText(r, TAG.ia5String))).toEqual(ok("a@b"));
    expect(parse(bitString(hex("0180")), readBitString)).toEqual(ok(hex("0180")));
    expect(parse(boolean(true), readBoolean)).toEqual(ok(true));
    expect(parse(boolean(false), readBoolean)).toEqual(ok(false));
    expect(parse(nullValue(), readNull)).toEqual(ok(undefined));
    expect(set([oid("1.3"), integer(1), boolean(true)])).toEqual(set([boolean(true), oid("1.3"), integer(1)]));
  });
});

describe("what is refused", () => {
  test.each<[string, string, (r: DerReader<string>) => unknown, string]>([
    ["BOOLEAN 01", "01 01 01", readBoolean, "der-boolean"],
    ["BOOLEAN of two bytes", "01 02 ffff", readBoolean, "der-boolean"],
    ["BOOLEAN of none", "01 00", readBoolean, "der-boolean"],
    ["FALSE where it is the default", "01 01 00", readDefaultFalse, "der-default"],
    ["an empty INTEGER", "02 00", readInteger, "der-integer"],
    ["a padded INTEGER", "02 02 007f", readInteger, "der-integer"],
    ["a padded negative INTEGER", "02 02 ff80", readInteger, "der-integer"],
    ["a negative small INTEGER", "02 01 ff", readSmallInteger, "der-integer"],
    ["the least negative small INTEGER", "02 01 80", readSmallInteger, "der-integer"],
    ["a small INTEGER of 2^31", "02 05 0080000000", readSmallInteger, "der-integer"],
    ["a full NULL", "05 01 00", readNull, "der-length"],
    ["an empty OBJECT IDENTIFIER", "06 00", readOid, "der-oid"],
    ["a padded arc", "06 03 2a8001", readOid, "der-oid"],
    ["an arc cut off", "06 02 2a86", readOid, "der-oid"],
    ["an identifier of 65 octets", `06 41 ${"81".repeat(64)}01`, readOid, "der-oid"],
    ["a BIT STRING without its first byte", "03 00", readBitString, "der-bit-string"],
    ["a BIT STRING with unused bits", "03 02 01fe", readBitString, "der-bit-string"],
    ["names with a trailing zero bit", "03 02 06 80", readNamedBits, "der-bit-string"],
    ["names with a bit in the unused ones", "03 02 07 81", readNamedBits, "der-bit-string"],
    ["names with a trailing zero byte", "03 03 07 8000", readNamedBits, "der-bit-string"],
    ["no names with unused bits", "03 01 01", readNamedBits, "der-bit-string"],
    ["more than sixteen names", "03 04 07 800080", readNamedBits, "der-bit-string"],
    ["eight unused bits", "03 02 08 00", readNamedBits, "der-bit-string"],
    ["UTF-8 cut off", "0c 01 c3", (r) => readText(r, TAG.utf8String), "der-string"],
    ["an at sign in PrintableString", "13 03 614062", (r) => readText(r, TAG.printableString), "der-string"],
    ["eight bits in IA5String", "16 02 c3bc", (r) => readText(r, TAG.ia5String), "der-string"],
  ])("%s", (_, bytes, read, code) => {
    expect(parse(hex(bytes), read)).toMatchObject({ ok: false, code });
  });

  test("a string type that is not one of the three", () => {
    expect(parse(element(0x14, toUtf8("teletex")), (r) => readText(r, 0x14))).toMatchObject({ ok: false });
  });

  test.each(["3.1", "1.40", "1", "1..2", "1.02", "a.b"])("an identifier of ours that is none: %s", (dotted) => {
    expect(() => oidContent(dotted)).toThrow(/^bug: object identifier/);
  });

  test.each([-1, 1.5, 2 ** 53])("an INTEGER of ours that is none: %d", (value) => {
    expect(() => integer(value)).toThrow(/^bug: INTEGER/);
  });
});
