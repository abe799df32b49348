import type { FieldNode, PathLink, SourceNode } from "../../core/pipelines/definitions/source-node.ts";
import { unquoted } from "./plain-scalars.ts";
import { linkBelow, listNode, mapNode } from "./nodes.ts";
import type { TreeSource } from "./source-tree.ts";

/**
 * Reads one JSON value (RFC 8259), as exported objects are written: every JSON is YAML, and the full parser takes ten times
 * as long. `undefined` for everything else; then the full parser reads the text.
 */
export function parsePlainJson(text: string, source: TreeSource): SourceNode | undefined {
  const start = skipBlanks(text, 0);
  if (text[start] !== "{") return undefined;
  const read = readValue({ ...source, text }, start, undefined, 0);
  return read && skipBlanks(text, read.end) === text.length ? read.node : undefined;
}

type Json = TreeSource & { readonly text: string };
type Read = { readonly node: SourceNode; readonly end: number };

const DEPTH_MAX = 60;

function readValue(json: Json, at: number, link: PathLink | undefined, depth: number): Read | undefined {
  if (depth > DEPTH_MAX) return undefined;
  const first = json.text[at];
  if (first === "{") return readObject(json, at, link, depth);
  if (first === "[") return readArray(json, at, link, depth);
  return first === '"' ? readText(json, at, link) : readWord(json, at, link);
}

function readObject(json: Json, at: number, link: PathLink | undefined, depth: number): Read | undefined {
  const { text } = json;
  const fields = new Map<string, FieldNode>();
  let next = skipBlanks(text, at + 1);
  while (text[next] !== "}") {
    const key = readKey(text, next);
    if (!key || fields.has(key.name)) return undefined;
    const own = linkBelow(link, key.name);
    const value = readValue(json, skipBlanks(text, key.end), own, depth + 1);
    const after = value && afterMember(text, value.end, "}");
    if (!value || after === undefined) return undefined;
    fields.set(key.name, { node: value.node, nameOffset: next });
    next = after;
  }
  return { node: mapNode(json.file, at, link, fields), end: next + 1 };
}

/** `"name":`; blanks before the colon, and a bare value right behind it, are left to the full parser. */
function readKey(text: string, at: number): { readonly name: string; readonly end: number } | undefined {
  const end = endOfString(text, at);
  if (end === undefined || text[end] !== ":" || !/[\s"[{]/.test(text[end + 1] ?? "")) return undefined;
  const name = unquoted(text.slice(at, end));
  return name === "<<" ? undefined : { name, end: end + 1 };
}

function readArray(json: Json, at: number, link: PathLink | undefined, depth: number): Read | undefined {
  const { text } = json;
  const items: SourceNode[] = [];
  let next = skipBlanks(text, at + 1);
  while (text[next] !== "]") {
    const value = readValue(json, next, linkBelow(link, items.length), depth + 1);
    if (!value) return undefined;
    items.push(value.node);
    const after = afterMember(text, value.end, "]");
    if (after === undefined) return undefined;
    next = after;
  }
  return { node: listNode(json.file, at, link, items), end: next + 1 };
}

function readText(json: Json, at: number, link: PathLink | undefined): Read | undefined {
  const end = endOfString(json.text, at);
  if (end === undefined) return undefined;
  const text = json.restore(unquoted(json.text.slice(at, end)));
  return { node: { source: json.file, offset: at, ...(link && { link }), kind: "scalar", value: text, text }, end };
}

const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
const WORD = /(?:true|false|null|-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?)(?=[\s,\]}])/y;

function readWord(json: Json, at: number, link: PathLink | undefined): Read | undefined {
  WORD.lastIndex = at;
  const text = WORD.exec(json.text)?.[0];
  if (text === undefined) return undefined;
  const value = Object.hasOwn(WORDS, text) ? (WORDS[text] ?? null) : Number(text);
  const node: SourceNode = {
    source: json.file,
    offset: at,
    ...(link && { link }),
    kind: "scalar",
    value,
    text,
    plain: true,
  };
  return { node, end: at + text.length };
}

/** Behind the closing quote; `undefined` when none is on the line. */
function endOfString(text: string, at: number): number | undefined {
  STRING.lastIndex = at;
  const found = STRING.exec(text)?.[0];
  return found === undefined ? undefined : at + found.length;
}

const STRING = /"(?:[^"\\\p{Cc}\u2028\u2029\uFEFF]|\\["\\/bfnrt])*"/uy;
/** Behind a member: its comma and the blanks after it, or the end. */
function afterMember(text: string, at: number, close: string): number | undefined {
  const next = skipBlanks(text, at);
  if (text[next] === close) return next;
  const after = skipBlanks(text, next + 1);
  return text[next] === "," && text[after] !== close ? after : undefined;
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (text[next] === " " || text[next] === "\n" || text[next] === "\t") next += 1;
  return next;
}
