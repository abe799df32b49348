import { bug } from "../bug.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { toCivil, type UnixMs } from "../time.ts";
import { oidContent } from "./oid.ts";
import { contextConstructed, TAG } from "./tag.ts";

/** One element: identifier, length in its shortest form, content. */
export function element(tag: number, content: Uint8Array): Uint8Array {
  return concatBytes([header(tag, content.length), content]);
}

/** The identifier and length octets of an element of that many bytes. */
export function header(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const octets: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256);
  return Uint8Array.of(tag, 0x80 | octets.length, ...octets);
}

export function sequence(members: readonly Uint8Array[]): Uint8Array {
  return element(TAG.sequence, concatBytes(members));
}

/** SET OF: members are put in the order that DER asks for (X.690 §11.6). */
export function set(members: readonly Uint8Array[]): Uint8Array {
  return element(TAG.set, concatBytes(members.toSorted(compareBytes)));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** INTEGER, not negative: a number up to 2^53-1, or an unsigned big-endian byte string, whose leading zeros are dropped. */
export function integer(value: number | Uint8Array): Uint8Array {
  const magnitude = typeof value === "number" ? bigEndian(value) : value;
  const start = magnitude.findIndex((byte) => byte !== 0);
  const minimal = start < 0 ? Uint8Array.of(0) : magnitude.subarray(start);
  const signed = (minimal[0] ?? 0) >= 0x80 ? concatBytes([Uint8Array.of(0), minimal]) : minimal;
  return element(TAG.integer, signed);
}

function bigEndian(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) return bug(`INTEGER of ${value}`);
  const octets: number[] = [];
  for (let left = value; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256);
  return Uint8Array.from(octets);
}

export function enumerated(value: number): Uint8Array {
  return implicitTag(TAG.enumerated, integer(value));
}

export function boolean(value: boolean): Uint8Array {
  return Uint8Array.of(TAG.boolean, 1, value ? 0xff : 0);
}

export function nullValue(): Uint8Array {
  return Uint8Array.of(TAG.null, 0);
}

/** OBJECT IDENTIFIER of dotted decimals. */
export function oid(dotted: string): Uint8Array {
  return element(TAG.oid, oidContent(dotted));
}

export function octetString(content: Uint8Array): Uint8Array {
  return element(TAG.octetString, content);
}

/** BIT STRING of whole bytes. */
export function bitString(content: Uint8Array): Uint8Array {
  return element(TAG.bitString, concatBytes([Uint8Array.of(0), content]));
}

/** BIT STRING of at most 16 named bits, numbered as `readNamedBits` does: bit 0 of the list is 1. */
export function namedBits(value: number): Uint8Array {
  if (value === 0) return Uint8Array.of(TAG.bitString, 1, 0);
  const highest = 31 - Math.clz32(value);
  const octets = new Uint8Array(2 + (highest >> 3));
  octets[0] = 7 - (highest & 7);
  for (let bit = 0; bit <= highest; bit++) {
    const at = 1 + (bit >> 3);
    octets[at] = (octets[at] ?? 0) | (((value >> bit) & 1) << (7 - (bit & 7)));
  }
  return element(TAG.bitString, octets);
}

export function utf8String(text: string): Uint8Array {
  return element(TAG.utf8String, toUtf8(text));
}

/** The text must be of PrintableString's alphabet. */
export function printableString(text: string): Uint8Array {
  return element(TAG.printableString, toUtf8(text));
}

/** The text must be ASCII. */
export function ia5String(text: string): Uint8Array {
  return element(TAG.ia5String, toUtf8(text));
}

/** `Time` of RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on; whole seconds. */
export function time(at: UnixMs): Uint8Array {
  const { year } = toCivil(at);
  return year >= 1950 && year < 2050 ? utcTime(at) : element(TAG.generalizedTime, toUtf8(`${toSeconds(at)}Z`));
}

/** UTCTime of an instant in 1950 … 2049; whole seconds. */
export function utcTime(at: UnixMs): Uint8Array {
  return element(TAG.utcTime, toUtf8(`${toSeconds(at).slice(2)}Z`));
}

/** GeneralizedTime of RFC 3161 §2.4.2; milliseconds where there are any. */
export function generalizedTime(at: UnixMs): Uint8Array {
  const { ms } = toCivil(at);
  const fraction = ms === 0 ? "" : `.${String(ms).padStart(3, "0").replace(/0+$/, "")}`;
  return element(TAG.generalizedTime, toUtf8(`${toSeconds(at)}${fraction}Z`));
}

function toSeconds(at: UnixMs): string {
  const c = toCivil(at);
  const two = [c.month, c.day, c.hour, c.minute, c.second].map((part) => String(part).padStart(2, "0"));
  return `${String(c.year).padStart(4, "0")}${two.join("")}`;
}

/** `[number] EXPLICIT`: a context tag around a whole element. */
export function explicitTag(number: number, inner: Uint8Array): Uint8Array {
  return element(contextConstructed(number), inner);
}

/** `[number] IMPLICIT`: the element with its identifier exchanged; `tag` comes from `contextPrimitive` or `contextConstructed`. */
export function implicitTag(tag: number, inner: Uint8Array): Uint8Array {
  // Not `slice`, which on a Buffer would change the element that was given.
  const retagged = Uint8Array.from(inner);
  retagged[0] = tag;
  return retagged;
}
