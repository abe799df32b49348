import { bug } from "../bug.ts";
import { parseBase64 } from "../bytes/base64.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { isJsonArray, isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "./json.ts";

/**
 * A document being read into a value. The first refusal sticks; what is read after it are placeholders, so a reader
 * runs straight through and concludes once, at the end. `null` means absent, as in proto3 JSON.
 */
export type Reading<Code extends string = never> = {
  /** Refuses the document, unless it is refused already: the first reason is the one that is told. */
  readonly refuse: (code: Code | FieldCode, detail: string) => void;
};
export type FieldCode = "field-missing" | "field-type" | "unknown-field" | "base64" | "int" | "too-large";

/** The same for who started it: `conclude` gives the value, or the first refusal. */
export type OwnReading<Code extends string> = Reading<Code> & {
  readonly conclude: <T>(value: T) => Parsed<T, Code | FieldCode>;
  /** The refusal, when there is no value to conclude with. */
  readonly refused: () => Refusal<Code | FieldCode>;
};
export type Refusal<Code extends string> = { readonly ok: false; readonly code: Code; readonly detail: string };

export function startReading<Code extends string = never>(): OwnReading<Code> {
  let refusal: Refusal<Code | FieldCode> | undefined;
  return {
    refuse: (code, detail) => {
      refusal ??= malformed(code, detail);
    },
    conclude: (value) => refusal ?? parsed(value),
    refused: () => refusal ?? bug("a reading without a refusal"),
  };
}

const NO_OBJECT: JsonObject = Object.freeze({});
const NO_ARRAY: JsonArray = Object.freeze([]);
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Takes a value as an object that has no members but the known ones. */
export function toObject(reading: Reading, value: JsonValue | undefined, shape: Shape): JsonObject {
  if (!isJsonObject(value)) {
    if (value === undefined || value === null) reading.refuse("field-missing", `${shape.where} is absent`);
    else reading.refuse("field-type", `${shape.where} is not an object`);
    return NO_OBJECT;
  }
  for (const name in value) {
    if (!shape.members.has(name)) reading.refuse("unknown-field", `${shape.where} has a member ${quote(name)}`);
  }
  return value;
}

/** The members an object may have, and how the object is called in messages. */
export type Shape = { readonly where: string; readonly members: ReadonlySet<string> };

export function shapeOf(where: string, members: readonly string[]): Shape {
  return { where, members: new Set(members) };
}

/** Takes a value as an array; absent is empty, as in proto3 JSON. */
export function toArray(reading: Reading, value: JsonValue | undefined, where: string): JsonArray {
  if (value === undefined || value === null) return NO_ARRAY;
  if (isJsonArray(value)) return value;
  reading.refuse("field-type", `${where} is not an array`);
  return NO_ARRAY;
}

/** Takes a value as text; absent is empty, as in proto3 JSON. */
export function toText(reading: Reading, value: JsonValue | undefined, where: string): string {
  if (typeof value === "string") return value;
  if (value !== undefined && value !== null) reading.refuse("field-type", `${where} is not a string`);
  return "";
}

/** Takes a value as text that is there. */
export function toFullText(reading: Reading, value: JsonValue | undefined, where: string): string {
  const text = toText(reading, value, where);
  if (text === "") reading.refuse("field-missing", `${where} is empty or absent`);
  return text;
}

/** Takes a value as canonical base64 (RFC 4648 §4) of at most `bytesMax` bytes; absent is empty. */
export function toBytes(reading: Reading, value: JsonValue | undefined, where: string, bytesMax: number): Uint8Array {
  const text = toText(reading, value, where);
  if (text === "") return NO_BYTES;
  if (text.length > Math.ceil(bytesMax / 3) * 4) {
    reading.refuse("too-large", `${where} is larger than ${bytesMax} bytes`);
    return NO_BYTES;
  }
  const bytes = parseBase64(text);
  if (bytes) return bytes;
  reading.refuse("base64", `${where} is not canonical base64`);
  return NO_BYTES;
}

/** Takes a value as base64 that is not empty. */
export function toFullBytes(
  reading: Reading,
  value: JsonValue | undefined,
  where: string,
  bytesMax: number,
): Uint8Array {
  const bytes = toBytes(reading, value, where, bytesMax);
  if (bytes.length === 0) reading.refuse("field-missing", `${where} is empty or absent`);
  return bytes;
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** Takes a value as a whole number, 0 … 2^53-1: proto3 JSON's decimal string, or a number; absent is 0. */
export function toCount(reading: Reading, value: JsonValue | undefined, where: string): number {
  if (value === undefined || value === null) return 0;
  const count = typeof value === "string" && DECIMAL.test(value) ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) return count;
  reading.refuse("int", `${where} is not a whole number from 0 to 2^53-1`);
  return 0;
}

/** Text from outside inside a message: bounded, control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
