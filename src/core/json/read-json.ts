import { concatBytes } from "../bytes/bytes.ts";
import { parseUtf8, toUtf8 } from "../bytes/utf8.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { isJsonArray, type JsonValue } from "./json.ts";

export type JsonCode = "too-large" | "json-syntax" | "json-depth" | "json-duplicate-key";

/** `depthMax`: arrays and objects inside one another; a scalar has depth 0. */
export type JsonLimits = { readonly bytesMax: number; readonly depthMax: number };

/** The depth that every Sigstore document stays far below. */
export const JSON_DEPTH_MAX = 32;

/**
 * Reads JSON (RFC 8259) as a hostile document: bounded size and depth, valid UTF-8, no byte order mark, no member
 * name twice in one object (two readers may choose different ones), no lone surrogate, no number beyond a double.
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits): Parsed<JsonValue, JsonCode> {
  if (bytes.length > limits.bytesMax) {
    return malformed("too-large", `${bytes.length} bytes where ${limits.bytesMax} are allowed`);
  }
  const text = parseUtf8(escapeDashes(bytes));
  if (text === undefined) return malformed("json-syntax", "not valid UTF-8");
  return readJsonText(text, limits.depthMax);
}

const [DASH_1, DASH_2, DASH_3] = [0xe2, 0x80, 0x94] as const;
const DASH_ESCAPE: Uint8Array = toUtf8(String.raw`\u2014`);
const DASHES_MAX = 32;

/**
 * Writes every U+2014 as its escape, which is the same JSON. Checkpoints begin their signature lines with it, and it is
 * mostly the only character of a bundle beyond ASCII: for its sake the whole text would take two bytes a character,
 * and reading it twice as long (18 µs, 10 with the escape). After a backslash it is no JSON, and is left to be refused.
 */
function escapeDashes(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (let at = bytes.indexOf(DASH_1); at !== -1; at = bytes.indexOf(DASH_1, from)) {
    const isDash = bytes[at + 1] === DASH_2 && bytes[at + 2] === DASH_3 && bytes[at - 1] !== BACKSLASH;
    if (!isDash || parts.length >= 2 * DASHES_MAX) return bytes;
    parts.push(bytes.subarray(from, at), DASH_ESCAPE);
    from = at + 3;
  }
  return from === 0 ? bytes : concatBytes([...parts, bytes.subarray(from)]);
}

/** Reads JSON that is already text; `readJson` without the bytes. */
export function readJsonText(text: string, depthMax: number): Parsed<JsonValue, JsonCode> {
  // U+FEFF is no white space of JSON, so the parser refuses a byte order mark by itself.
  const value = parseSyntax(text);
  if (value === undefined) {
    return malformed("json-syntax", text.startsWith("\uFEFF") ? "begins with a byte order mark" : syntaxErrorOf(text));
  }

  const census: Census = { memberCount: 0, depthMax, hasEscapes: text.includes("\\u"), problem: undefined };
  takeCensus(value, 0, census);
  if (census.problem) return census.problem;
  if (census.memberCount !== countNames(text)) {
    return malformed("json-duplicate-key", "an object has the same member twice");
  }
  return parsed(value);
}

function parseSyntax(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The place where the parser stopped. Costs a second parse, so it is done for refused text only. */
function syntaxErrorOf(text: string): string {
  try {
    JSON.parse(text);
    return "not JSON";
  } catch (error) {
    return error instanceof SyntaxError ? error.message.slice(0, 120) : "not JSON";
  }
}

type Census = {
  memberCount: number;
  readonly depthMax: number;
  readonly hasEscapes: boolean;
  problem: ReturnType<typeof malformed<JsonCode>> | undefined;
};

/** Counts the members of all objects. The walk is bounded by `depthMax`, however deep the value is. */
function takeCensus(value: JsonValue, depth: number, census: Census): void {
  if (typeof value === "string") judgeString(value, census);
  else if (typeof value === "number") judgeNumber(value, census);
  else if (typeof value !== "object" || value === null) return;
  else if (depth === census.depthMax) census.problem ??= malformed("json-depth", `nested deeper than ${depth}`);
  else if (isJsonArray(value)) for (const item of value) takeCensus(item, depth + 1, census);
  else {
    for (const name of Object.keys(value)) {
      census.memberCount++;
      judgeString(name, census);
      const member = value[name];
      if (member !== undefined) takeCensus(member, depth + 1, census);
    }
  }
}

/** The text was valid UTF-8, so only an escape can make half a surrogate pair. */
function judgeString(value: string, census: Census): void {
  if (census.hasEscapes && !value.isWellFormed()) {
    census.problem ??= malformed("json-syntax", "a string holds half of a surrogate pair");
  }
}

function judgeNumber(value: number, census: Census): void {
  if (!Number.isFinite(value)) census.problem ??= malformed("json-syntax", "a number is larger than a double can hold");
}

const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;

/**
 * Counts the member names in text that is known to be JSON: the strings that a colon follows. Were a name
 * twice in one object, the parsed value would have fewer members than the text has names.
 */
function countNames(text: string): number {
  let count = 0;
  let at = text.indexOf('"');
  while (at !== -1) {
    const end = endOfString(text, at);
    let next = end + 1;
    while (isSpace(text.charCodeAt(next))) next++;
    if (text.charCodeAt(next) === COLON) count++;
    at = text.charCodeAt(next) === QUOTE ? next : text.indexOf('"', next);
  }
  return count;
}

/** The closing quote: the first one after an even number of backslashes. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, quote: number): boolean {
  let first = quote;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (quote - first) % 2 === 1;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}
