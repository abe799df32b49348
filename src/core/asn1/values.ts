import { parseUtf8 } from "../bytes/utf8.ts";
import { readContent, nextTag, refuse, type DerReader } from "./reader.ts";
import { TAG } from "./tag.ts";

type Cursor = DerReader<string>;

/** Reads BOOLEAN: 00 or FF. */
export function readBoolean(r: Cursor): boolean {
  const content = readContent(r, TAG.boolean);
  const byte = content[0];
  if (content.length !== 1 || (byte !== 0 && byte !== 0xff)) refuse(r, "der-boolean");
  return byte === 0xff;
}

/** Reads BOOLEAN DEFAULT FALSE: absent, or TRUE; DER does not encode a default (X.690 §11.5). */
export function readDefaultFalse(r: Cursor): boolean {
  if (nextTag(r) !== TAG.boolean) return false;
  const value = readBoolean(r);
  if (!value) refuse(r, "der-default");
  return value;
}

/** Reads INTEGER of any size: its content, two's complement, minimal. */
export function readInteger(r: Cursor, tag: number = TAG.integer): Uint8Array {
  const content = readContent(r, tag);
  const [first = 0, second = 0] = content;
  const padded = content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (content.length === 0 || padded) refuse(r, "der-integer");
  return content;
}

/** Reads an INTEGER of 0 … 2^31-1 as a number. */
export function readSmallInteger(r: Cursor, tag: number = TAG.integer): number {
  const content = readInteger(r, tag);
  const [first = 0] = content;
  if (first >= 0x80 || content.length > 4) {
    refuse(r, "der-integer");
    return 0;
  }
  let value = 0;
  for (const byte of content) value = (value << 8) | byte;
  return value;
}

/** Reads NULL. */
export function readNull(r: Cursor): void {
  if (readContent(r, TAG.null).length > 0) refuse(r, "der-length");
}

/** An arc of 128 bits has 19 octets. Unbounded, one arc of 60 kB costs a second to spell. */
const OID_OCTETS_MAX = 64;

/** Reads OBJECT IDENTIFIER: its content, sub-identifiers minimal and complete. `renderOid` spells it. */
export function readOid(r: Cursor): Uint8Array {
  const content = readContent(r, TAG.oid);
  let starts = true;
  for (const byte of content) {
    if (starts && byte === 0x80) refuse(r, "der-oid");
    starts = byte < 0x80;
  }
  if (!starts || content.length === 0 || content.length > OID_OCTETS_MAX) refuse(r, "der-oid");
  return content;
}

/** Reads a BIT STRING of whole bytes, as keys and signatures are. */
export function readBitString(r: Cursor): Uint8Array {
  const content = readContent(r, TAG.bitString);
  if (content[0] !== 0) refuse(r, "der-bit-string");
  return content.subarray(1);
}

/**
 * Reads a BIT STRING of at most 16 named bits as a number: bit 0 of the list is 1, bit 1 is 2, and so on.
 * DER drops trailing zero bits of such a list (X.690 §11.2.2).
 */
export function readNamedBits(r: Cursor): number {
  const content = readContent(r, TAG.bitString);
  const [unused = 8, first = 0, second = 0] = content;
  const last = content.length === 3 ? second : first;
  const lowest = last & -last;
  const minimal = content.length === 1 ? unused === 0 : content.length <= 3 && unused < 8 && lowest === 1 << unused;
  if (!minimal) refuse(r, "der-bit-string");
  return reverseByte(first) | (reverseByte(second) << 8);
}

function reverseByte(byte: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
}

/** Reads UTF8String, PrintableString or IA5String, by tag, as text. */
export function readText(r: Cursor, tag: number): string {
  const text = parseDerText(tag, readContent(r, tag));
  if (text === undefined) refuse(r, "der-string");
  return text ?? "";
}

/** Decodes the content of a string type; `undefined` when a byte is not of its alphabet, or the type is not one of the three. */
export function parseDerText(tag: number, content: Uint8Array): string | undefined {
  const text = parseUtf8(content);
  if (text === undefined || tag === TAG.utf8String) return text;
  // As many characters as bytes: every one of them has seven bits.
  if (text.length !== content.length) return undefined;
  if (tag === TAG.printableString) return PRINTABLE.test(text) ? text : undefined;
  return tag === TAG.ia5String ? text : undefined;
}

/** X.680 §41.4. */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
