import type { FieldNode, PathLink, SourceNode } from "../../core/pipelines/definitions/source-node.ts";
import { readQuoted, restored, toPlainScalar, type ScalarValue } from "./plain-scalars.ts";
import { linkBelow, listNode, mapNode } from "./nodes.ts";
import type { TreeSource } from "./source-tree.ts";

/** A place in a line, and what stands there. `undefined` anywhere: the full parser is left to read the text. */
type Read = { readonly node: SourceNode; readonly end: number };
export type FlowSource = TreeSource & { readonly line: string; readonly lineStart: number };

const DEPTH_MAX = 40;

/** Reads `[…]` or `{…}` that begins at `at` and ends on the same line. */
export function readFlow(source: FlowSource, at: number, link: PathLink | undefined, depth = 0): Read | undefined {
  if (depth > DEPTH_MAX) return undefined;
  return source.line[at] === "[" ? readList(source, at, link, depth) : readMap(source, at, link, depth);
}

function readList(source: FlowSource, at: number, link: PathLink | undefined, depth: number): Read | undefined {
  const { line, file, lineStart } = source;
  const items: SourceNode[] = [];
  let next = skipBlanks(line, at + 1);
  while (line[next] !== "]") {
    const item = readItem(source, next, linkBelow(link, items.length), depth);
    if (!item) return undefined;
    items.push(item.node);
    const after = afterItem(line, item.end, "]");
    if (after === undefined) return undefined;
    next = after;
  }
  return { node: listNode(file, lineStart + at, link, items), end: next + 1 };
}

function readMap(source: FlowSource, at: number, link: PathLink | undefined, depth: number): Read | undefined {
  const { line, file, lineStart } = source;
  const fields = new Map<string, FieldNode>();
  let next = skipBlanks(line, at + 1);
  while (line[next] !== "}") {
    const key = readKey(line, next);
    if (!key || fields.has(key.name)) return undefined;
    const name = source.restore(key.name);
    const value = readItem(source, skipBlanks(line, key.end), linkBelow(link, name), depth);
    if (!value) return undefined;
    fields.set(name, { node: value.node, nameOffset: lineStart + next });
    const after = afterItem(line, value.end, "}");
    if (after === undefined) return undefined;
    next = after;
  }
  return { node: mapNode(file, lineStart + at, link, fields), end: next + 1 };
}

/** `name: ` or `"name": `; `end` is behind the colon. */
function readKey(line: string, at: number): { readonly name: string; readonly end: number } | undefined {
  const first = line[at];
  if (first === '"' || first === "'") {
    const quoted = readQuoted(line, at);
    return quoted && line.startsWith(": ", quoted.end) ? { name: quoted.text, end: quoted.end + 1 } : undefined;
  }
  PLAIN_KEY.lastIndex = at;
  const match = PLAIN_KEY.exec(line);
  return match?.[1] !== undefined && match[1] !== "<<" ? { name: match[1], end: at + match[0].length } : undefined;
}

const PLAIN_KEY = /([A-Za-z0-9_$./-]+):(?= )/y;
const PLAIN = /[^\s,[\]{}#&*!|>'"%@`?:-](?:[^,[\]{}#:]|:(?=[^\s,[\]{}])|(?<=\S)#)*/y;

function readItem(source: FlowSource, at: number, link: PathLink, depth: number): Read | undefined {
  const { line } = source;
  const first = line[at];
  if (first === "[" || first === "{") return readFlow(source, at, link, depth + 1);
  if (first === '"' || first === "'") {
    const quoted = readQuoted(line, at);
    return quoted && { node: scalarAt(source, at, link, quoted), end: quoted.end };
  }
  PLAIN.lastIndex = at;
  const match = PLAIN.exec(line)?.[0].trimEnd();
  const scalar = match === undefined || match === "" ? undefined : toPlainScalar(match);
  if (!scalar || match === undefined) return undefined;
  const { source: file, offset, kind, value, text } = scalarAt(source, at, link, scalar);
  return { node: { source: file, offset, link, kind, value, text, plain: true }, end: at + match.length };
}

function scalarAt({ file, lineStart, restore }: FlowSource, at: number, link: PathLink, scalar: ScalarValue) {
  const { value, text } = restored(scalar, restore);
  return { source: file, offset: lineStart + at, link, kind: "scalar", value, text } as const;
}

/** Behind an item: its comma and the blanks after it, or the end. */
function afterItem(line: string, at: number, close: string): number | undefined {
  const next = skipBlanks(line, at);
  if (line[next] === close) return next;
  // A comma before the end, or two, is left to the full parser.
  const after = skipBlanks(line, next + 1);
  return line[next] === "," && line[after] !== close && line[after] !== "," ? after : undefined;
}

function skipBlanks(line: string, at: number): number {
  let next = at;
  while (line[next] === " ") next += 1;
  return next;
}
