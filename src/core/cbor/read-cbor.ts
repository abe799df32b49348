import { parseUtf8 } from "../bytes/utf8.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { CborKey, CborValue } from "./cbor.ts";

/** How bytes can fail to be CBOR as it is read here. */
export type CborCode =
  | "too-large"
  | "cbor-truncated"
  | "cbor-length"
  | "cbor-kind"
  | "cbor-depth"
  | "cbor-count"
  | "cbor-text"
  | "cbor-key"
  | "cbor-duplicate-key"
  | "cbor-trailing";

/** Signature envelopes nest four deep: tag, array, map, array of certificates. */
const DEPTH_MAX = 8;
/** Items in all: each takes at least a byte, and an envelope has a few dozen. */
const ITEMS_MAX = 4096;

type Cursor = {
  readonly bytes: Uint8Array;
  pos: number;
  items: number;
  failure: { readonly code: CborCode; readonly at: number } | undefined;
};

/** What stands in for a value that could not be read. */
const NOTHING: CborValue = { kind: "null" };

/**
 * Reads one CBOR data item (RFC 8949) as a hostile document: definite lengths in their shortest form, integers within
 * 53 bits, map keys that are integers or text and never twice, no floats, no undefined, nothing after the item.
 */
export function readCbor(bytes: Uint8Array, bytesMax: number): Parsed<CborValue, CborCode> {
  if (bytes.length > bytesMax) return malformed("too-large", `${bytes.length} bytes where ${bytesMax} are allowed`);
  const cursor: Cursor = { bytes, pos: 0, items: 0, failure: undefined };
  const value = readItem(cursor, 0);
  if (cursor.pos !== bytes.length) refuse(cursor, "cbor-trailing");
  const { failure } = cursor;
  return failure ? malformed(failure.code, `at byte ${failure.at}`) : parsed(value);
}

/** The first failure sticks, and nothing is read after it. */
function refuse(c: Cursor, code: CborCode): CborValue {
  c.failure ??= { code, at: c.pos };
  c.pos = c.bytes.length;
  return NOTHING;
}

function readItem(c: Cursor, depth: number): CborValue {
  if (depth > DEPTH_MAX) return refuse(c, "cbor-depth");
  if (++c.items > ITEMS_MAX) return refuse(c, "cbor-count");
  const initial = c.bytes[c.pos];
  if (initial === undefined) return refuse(c, "cbor-truncated");
  c.pos++;
  const major = initial >> 5;
  if (major === 7) return readSimple(c, initial & 0x1f);
  const argument = readArgument(c, initial & 0x1f);
  return c.failure ? NOTHING : readBody(c, { major, argument, depth });
}

type Head = { readonly major: number; readonly argument: number; readonly depth: number };

function readBody(c: Cursor, { major, argument, depth }: Head): CborValue {
  switch (major) {
    case 0:
      return { kind: "integer", value: argument };
    case 1:
      return { kind: "integer", value: -1 - argument };
    case 2:
      return { kind: "bytes", value: readBytes(c, argument) };
    case 3:
      return readText(c, argument);
    case 4:
      return readArray(c, argument, depth);
    case 5:
      return readMap(c, argument, depth);
    default:
      return { kind: "tag", tag: argument, value: readItem(c, depth + 1) };
  }
}

/** The number after the initial byte (RFC 8949 §3): within it, or in 1, 2, 4 or 8 bytes, never in more than it needs. */
function readArgument(c: Cursor, info: number): number {
  if (info < 24) return info;
  // 31 is an indefinite length, 28 to 30 are reserved.
  if (info > 27) return fail(c, "cbor-length");
  const width = 1 << (info - 24);
  if (c.pos + width > c.bytes.length) return fail(c, "cbor-truncated");
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + (c.bytes[c.pos + i] ?? 0);
  const smallest = width === 1 ? 24 : 2 ** (4 * width);
  if (value < smallest || value >= Number.MAX_SAFE_INTEGER) return fail(c, "cbor-length");
  c.pos += width;
  return value;
}

function fail(c: Cursor, code: CborCode): number {
  refuse(c, code);
  return 0;
}

function readBytes(c: Cursor, length: number): Uint8Array {
  if (length > c.bytes.length - c.pos) refuse(c, "cbor-truncated");
  const content = c.bytes.subarray(c.pos, c.pos + length);
  c.pos += content.length;
  return content;
}

function readText(c: Cursor, length: number): CborValue {
  const text = parseUtf8(readBytes(c, length));
  return text === undefined ? refuse(c, "cbor-text") : { kind: "text", value: text };
}

function readArray(c: Cursor, length: number, depth: number): CborValue {
  const items: CborValue[] = [];
  for (let i = 0; i < length && !c.failure; i++) items.push(readItem(c, depth + 1));
  return { kind: "array", items };
}

function readMap(c: Cursor, length: number, depth: number): CborValue {
  const entries = new Map<CborKey, CborValue>();
  for (let i = 0; i < length && !c.failure; i++) {
    const key = readItem(c, depth + 1);
    if (key.kind !== "integer" && key.kind !== "text") return refuse(c, "cbor-key");
    if (entries.has(key.value)) return refuse(c, "cbor-duplicate-key");
    entries.set(key.value, readItem(c, depth + 1));
  }
  return { kind: "map", entries };
}

/** False, true and null; undefined, floats and the rest of major type 7 have no place in what is signed. */
function readSimple(c: Cursor, info: number): CborValue {
  if (info === 20 || info === 21) return { kind: "boolean", value: info === 21 };
  return info === 22 ? NOTHING : refuse(c, "cbor-kind");
}
