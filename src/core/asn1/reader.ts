import { malformed, parsed, type Parsed } from "../parsed.ts";

/** How bytes can fail to be DER, whatever they were meant to be. */
export type DerCode =
  | "der-truncated"
  | "der-tag"
  | "der-length"
  | "der-indefinite"
  | "der-depth"
  | "der-boolean"
  | "der-integer"
  | "der-bit-string"
  | "der-oid"
  | "der-string"
  | "der-time"
  | "der-default"
  | "der-trailing";

/**
 * One cursor over a byte string (ITU-T X.690, DER): no tree, no copies; what it gives are views of the bytes.
 *
 * The first failure sticks. From then on every read gives an empty value and `more` is false, so a caller reads
 * straight through and asks once, in `finish`, whether all of it was good. `Code` is what the caller adds by `refuse`.
 */
export type DerReader<Code extends string = never> = {
  readonly bytes: Uint8Array;
  /** Next byte to read; never beyond `end`. */
  pos: number;
  /** End of the innermost element entered. */
  end: number;
  depth: number;
  failure: { readonly code: Code | DerCode; readonly at: number; readonly what: string } | undefined;
};
type Cursor = DerReader<string>;

/** Elements entered inside each other: certificates need 7, time-stamp tokens 11. */
const DEPTH_MAX = 12;
const LENGTH_OCTETS_MAX = 3;
const EMPTY = new Uint8Array(0);

export function openDer<Code extends string = never>(bytes: Uint8Array): DerReader<Code> {
  return { bytes, pos: 0, end: bytes.length, depth: 0, failure: undefined };
}

/** Records a failure at the cursor, unless there is one already, and stops the reading. */
export function refuse<Code extends string>(r: DerReader<Code>, code: NoInfer<Code> | DerCode, what = ""): void {
  r.failure ??= { code, at: r.pos, what };
  r.pos = r.end;
}

/** Ends the reading: `value` if everything was good and every byte was read. */
export function finish<T, Code extends string>(r: DerReader<Code>, value: T): Parsed<T, Code | DerCode> {
  if (r.pos !== r.end) refuse(r, "der-trailing");
  const { failure } = r;
  if (!failure) return parsed(value);
  return malformed(failure.code, `${failure.what === "" ? "" : `${failure.what}, `}at byte ${failure.at}`);
}

/** True while the element entered has more in it and nothing has failed. */
export function more(r: Cursor): boolean {
  return r.pos < r.end && r.failure === undefined;
}

/** The identifier octet of the next element; -1 at the end. */
export function nextTag(r: Cursor): number {
  return more(r) ? (r.bytes[r.pos] ?? -1) : -1;
}

/** Steps into the next element, which must have this tag. Gives what `leave` needs. */
export function enter(r: Cursor, tag: number): number {
  const outer = r.end;
  const end = readHeader(r, tag);
  if (r.depth >= DEPTH_MAX) refuse(r, "der-depth");
  if (r.failure) return outer;
  r.depth++;
  r.end = end;
  return outer;
}

/** Steps out of an element, of which nothing may be left. */
export function leave(r: Cursor, outer: number): void {
  if (r.pos !== r.end) refuse(r, "der-trailing");
  if (r.failure) return;
  r.depth--;
  r.end = outer;
}

/** The content of the next element. */
export function readContent(r: Cursor, tag: number): Uint8Array {
  const end = readHeader(r, tag);
  if (r.failure) return EMPTY;
  const content = r.bytes.subarray(r.pos, end);
  r.pos = end;
  return content;
}

/** The next element whole, its header included. What is inside is not looked at. */
export function readElement(r: Cursor, tag: number): Uint8Array {
  const start = r.pos;
  const end = readHeader(r, tag);
  if (r.failure) return EMPTY;
  r.pos = end;
  return r.bytes.subarray(start, end);
}

/** Moves over the next element, for a caller that has seen what it is. */
export function skip(r: Cursor, tag: number): void {
  const end = readHeader(r, tag);
  if (!r.failure) r.pos = end;
}

/** The next element whole, whatever its tag. */
export function readAny(r: Cursor): Uint8Array {
  const tag = nextTag(r);
  if ((tag & 0x1f) === 0x1f) refuse(r, tag < 0 ? "der-truncated" : "der-tag");
  return readElement(r, tag);
}

/** Moves over the header of the next element; gives the end of its content. */
function readHeader(r: Cursor, tag: number): number {
  const { bytes, end } = r;
  const pos = r.pos;
  if (pos + 2 > end) return stop(r, "der-truncated");
  if (bytes[pos] !== tag) return stop(r, "der-tag");
  const first = bytes[pos + 1] ?? 0;
  if (first >= 0x80) return readLongHeader(r, first);
  if (first > end - pos - 2) return stop(r, "der-truncated");
  r.pos = pos + 2;
  return pos + 2 + first;
}

function readLongHeader(r: Cursor, first: number): number {
  const count = first & 0x7f;
  if (count === 0) return stop(r, "der-indefinite");
  if (count > LENGTH_OCTETS_MAX) return stop(r, "der-length");
  const start = r.pos + 2;
  if (count > r.end - start) return stop(r, "der-truncated");
  let length = 0;
  for (let i = 0; i < count; i++) length = (length << 8) | (r.bytes[start + i] ?? 0);
  if (length < 0x80 || length < 1 << (8 * (count - 1))) return stop(r, "der-length");
  if (length > r.end - start - count) return stop(r, "der-truncated");
  r.pos = start + count;
  return r.pos + length;
}

function stop(r: Cursor, code: DerCode): number {
  refuse(r, code);
  return r.end;
}
