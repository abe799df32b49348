import type { FieldNode, PathLink, ScalarNode, SourceNode } from "../../core/pipelines/definitions/source-node.ts";
import { readFlow } from "./plain-flow.ts";
import { readQuoted, restored, toPlainScalar } from "./plain-scalars.ts";
import { linkBelow, listNode, mapNode } from "./nodes.ts";
import type { TreeSource } from "./source-tree.ts";

/**
 * Reads the YAML that people write in manifests, ten times as fast as the full parser: block maps and lists, scalars on
 * one line, literal blocks, flow on one line. `undefined` for everything else, and for everything that is wrong: then the
 * full parser reads the text. What is read here is read as it reads it, which the test holds over every fixture.
 */
export function parsePlainYaml(text: string, source: TreeSource): readonly SourceNode[] | undefined {
  if (UNUSUAL.test(text)) return undefined;
  const reader: Reader = { ...source, lines: text.split("\n"), at: 0, isGivenUp: false, anchors: new Map() };
  const roots: SourceNode[] = [];
  for (;;) {
    const line = peek(reader);
    if (line === undefined) break;
    if (isDocumentStart(line)) {
      reader.at += 1;
      reader.anchors.clear();
      continue;
    }
    const root = readBlock(reader, -1, undefined, 0);
    const next = peek(reader);
    if (!root || reader.isGivenUp || (next !== undefined && !isDocumentStart(next))) return undefined;
    roots.push(root);
  }
  return reader.isGivenUp ? undefined : roots;
}

/** Directives, document ends and starts with something behind them; control characters, and what breaks lines beside line feeds. */
const UNUSUAL = /^%|^\.\.\.|^---(?! *$)|[^\P{Cc}\t\n]|[\u2028\u2029\uFEFF]/mu;
const DEPTH_MAX = 60;

type Reader = TreeSource & {
  readonly lines: readonly string[];
  /** Index of the next line. */
  at: number;
  isGivenUp: boolean;
  /** Scalars of this document by the name that they are given; aliases of anything else are left to the full parser. */
  readonly anchors: Map<string, ScalarNode>;
};

function isDocumentStart(line: string): boolean {
  return line.startsWith("---");
}

/** The next line that says something; comments and blank lines are passed. */
function peek(reader: Reader): string | undefined {
  for (; reader.at < reader.lines.length; reader.at += 1) {
    const line = reader.lines[reader.at] ?? "";
    const first = line[indentOf(line)];
    if (first === undefined || first === "#") continue;
    // Where a tab may stand is a matter of its own.
    return line.includes("\t") ? giveUp(reader) : line;
  }
  return undefined;
}

function indentOf(line: string): number {
  let indent = 0;
  while (line[indent] === " ") indent += 1;
  return indent;
}

function giveUp(reader: Reader): undefined {
  reader.isGivenUp = true;
}

/** A map or list whose lines stand deeper than `above`. */
function readBlock(reader: Reader, above: number, link: PathLink | undefined, depth: number): SourceNode | undefined {
  const line = peek(reader);
  if (line === undefined || depth > DEPTH_MAX) return giveUp(reader);
  const indent = indentOf(line);
  if (indent <= above) return giveUp(reader);
  return isItem(line, indent) ? readList(reader, indent, link, depth) : readMap(reader, indent, link, depth);
}

function isItem(line: string, indent: number): boolean {
  return line[indent] === "-" && (line[indent + 1] === " " || line.length === indent + 1);
}

function readList(reader: Reader, indent: number, link: PathLink | undefined, depth: number): SourceNode | undefined {
  const offset = offsetOf(reader, indent);
  const items: SourceNode[] = [];
  for (
    let line = peek(reader);
    line !== undefined && indentOf(line) === indent && isItem(line, indent);
    line = peek(reader)
  ) {
    const own = linkBelow(link, items.length);
    const item = readItem(reader, line, { indent, link: own, depth });
    if (!item) return giveUp(reader);
    items.push(item);
  }
  return listNode(reader.file, offset, link, items);
}

type Place = { readonly indent: number; readonly link: PathLink; readonly depth: number };

function readItem(reader: Reader, line: string, { indent, link, depth }: Place): SourceNode | undefined {
  let column = indent + 1;
  while (line[column] === " ") column += 1;
  if (column >= line.length || line[column] === "#") return giveUp(reader);
  if (isItem(line, column)) return giveUp(reader);
  if (keyAt(line, column)) return readMap(reader, column, link, depth + 1);
  return readValue(reader, line, { column, indent, link });
}

/** `indent`: where the first key stands, which may be behind a dash. */
function readMap(reader: Reader, indent: number, link: PathLink | undefined, depth: number): SourceNode | undefined {
  const offset = offsetOf(reader, indent);
  const fields = new Map<string, FieldNode>();
  let isFirst = true;
  for (let line = peek(reader); line !== undefined; line = peek(reader)) {
    if (!isFirst && !isSibling(line, indent)) break;
    isFirst = false;
    const key = aliasKeyAt(reader, line, indent) ?? keyAt(line, indent);
    if (!key || fields.has(key.name) || key.name === "<<") return giveUp(reader);
    const name = reader.restore(key.name);
    const own = linkBelow(link, name);
    const nameOffset = offsetOf(reader, indent);
    const node = readField(reader, line, { end: key.end, indent, link: own, depth });
    if (!node) return giveUp(reader);
    fields.set(name, { node, nameOffset });
  }
  return mapNode(reader.file, offset, link, fields);
}

function isSibling(line: string, indent: number): boolean {
  return indentOf(line) === indent && !isItem(line, indent) && !isDocumentStart(line);
}

const PLAIN_KEY = /([A-Za-z0-9_$./](?:[A-Za-z0-9_$./*-]|:(?! |$))*):(?= |$)/y;
const ALIAS_KEY = /\*([\w-]+) +:(?= |$)/y;

/** `*name :`, which stands for the text that was given the name. */
function aliasKeyAt(reader: Reader, line: string, at: number): ReturnType<typeof keyAt> {
  if (line[at] !== "*") return undefined;
  ALIAS_KEY.lastIndex = at;
  const match = ALIAS_KEY.exec(line);
  const named = reader.anchors.get(match?.[1] ?? "");
  return match && named ? { name: named.text, end: at + match[0].length } : undefined;
}

function keyAt(line: string, at: number): { readonly name: string; readonly end: number } | undefined {
  const first = line[at];
  if (first === '"' || first === "'") {
    const quoted = readQuoted(line, at);
    const isKey =
      quoted && line[quoted.end] === ":" && (line[quoted.end + 1] === " " || line.length === quoted.end + 1);
    return isKey ? { name: quoted.text, end: quoted.end + 1 } : undefined;
  }
  PLAIN_KEY.lastIndex = at;
  const match = PLAIN_KEY.exec(line);
  return match?.[1] === undefined ? undefined : { name: match[1], end: at + match[0].length };
}

function readField(reader: Reader, line: string, at: Place & { readonly end: number }): SourceNode | undefined {
  const { end, indent, link, depth } = at;
  let column = end;
  while (line[column] === " ") column += 1;
  if (column < line.length && line[column] !== "#") return readValue(reader, line, { column, indent, link });
  const offset = offsetOf(reader, end);
  // With blanks or a comment behind the colon, an empty value stands behind them.
  if (end < line.length) return giveUp(reader);
  reader.at += 1;
  const next = peek(reader);
  const below = next === undefined || isDocumentStart(next) ? -1 : indentOf(next);
  if (below > indent) return readBlock(reader, indent, link, depth + 1);
  if (next !== undefined && below === indent && isItem(next, indent)) return readList(reader, indent, link, depth + 1);
  return { source: reader.file, offset, link, kind: "scalar", value: null, text: "", plain: true };
}

type Value = { readonly column: number; readonly indent: number; readonly link: PathLink };

/** A scalar or flow that begins on this line. */
function readValue(reader: Reader, line: string, value: Value): SourceNode | undefined {
  const { column, indent } = value;
  const first = line[column] ?? "";
  if (first === "|" || first === ">") return readBlockScalar(reader, line, value);
  const read = readOnLine(reader, line, value);
  if (!read || !/^(?: *$| +#)/.test(line.slice(read.end))) return giveUp(reader);
  reader.at += 1;
  if (first !== "*" && isWholeLine(read, line) && isDeeper(reader.lines[reader.at] ?? "", indent))
    return readContinued(reader, read.node, value);
  const after = peek(reader);
  // Deeper lines are wrong behind anything else, and behind a comment.
  return after !== undefined && isDeeper(after, indent) ? giveUp(reader) : read.node;
}

/** Only an unquoted scalar without a comment behind it may go on below. */
function isWholeLine({ node, end }: OnLine, line: string): boolean {
  return node.kind === "scalar" && node.plain === true && end === line.trimEnd().length;
}

type OnLine = { readonly node: SourceNode; readonly end: number };

function readOnLine(reader: Reader, line: string, value: Value): OnLine | undefined {
  const { column, link } = value;
  const first = line[column] ?? "";
  const offset = offsetOf(reader, column);
  if (first === "&") return readAnchored(reader, line, value);
  if (first === "*") return readAlias(reader, line, column);
  if (first === "[" || first === "{") {
    return readFlow({ file: reader.file, restore: reader.restore, line, lineStart: offset - column }, column, link);
  }
  if (first !== '"' && first !== "'") return readPlain(reader, line, value);
  const quoted = readQuoted(line, column);
  if (!quoted) return undefined;
  const { value: said, text } = restored(quoted, reader.restore);
  return { node: { source: reader.file, offset, link, kind: "scalar", value: said, text }, end: quoted.end };
}

/** A scalar with a name, all on one line. */
function readAnchored(reader: Reader, line: string, { column, ...value }: Value): OnLine | undefined {
  const [whole = "", name = ""] = /^&([\w-]+) +(?=[^ &*[{|>!#])/.exec(line.slice(column)) ?? [];
  const next = reader.lines[reader.at + 1] ?? "";
  const read = whole === "" ? undefined : readOnLine(reader, line, { ...value, column: column + whole.length });
  if (read?.node.kind !== "scalar" || isDeeper(next, value.indent)) return undefined;
  reader.anchors.set(name, read.node);
  return read;
}

/** The scalar itself, shared: its place is where it is written. */
function readAlias({ anchors }: Reader, line: string, column: number): OnLine | undefined {
  const [whole = "", name = ""] = /^\*([\w-]+)(?= *$| +#)/.exec(line.slice(column)) ?? [];
  const node = anchors.get(name);
  return node && { node, end: column + whole.length };
}

function isDeeper(line: string, indent: number): boolean {
  return indentOf(line) > indent && line.trim() !== "" && !isDocumentStart(line);
}

/** A plain scalar over several lines, without blank ones and comments between. */
function readContinued(reader: Reader, first: SourceNode, { column, indent, link }: Value): SourceNode | undefined {
  const offset = first.offset;
  const parts = [(reader.lines[reader.at - 1] ?? "").slice(column).trimEnd()];
  for (let line = reader.lines[reader.at] ?? ""; isDeeper(line, indent); line = reader.lines[reader.at] ?? "") {
    const part = line.trim();
    if (/^#|: |:$| #|\t/.test(part)) return giveUp(reader);
    parts.push(part);
    reader.at += 1;
  }
  const after = peek(reader);
  if (after !== undefined && isDeeper(after, indent)) return giveUp(reader);
  const text = reader.restore(parts.join(" "));
  return { source: reader.file, offset, link, kind: "scalar", value: text, text };
}

function readPlain(reader: Reader, line: string, { column, link }: Value): OnLine | undefined {
  if (/^[&*!|>%@`,\]}#?:]|^-(?: |$)/.test(line.slice(column, column + 2))) return undefined;
  const comment = line.indexOf(" #", column);
  const text = line.slice(column, comment < 0 ? undefined : comment).trimEnd();
  const scalar = /: |:$/.test(text) ? undefined : toPlainScalar(text);
  if (!scalar) return undefined;
  const offset = offsetOf(reader, column);
  const { value, text: said } = restored(scalar, reader.restore);
  const node: ScalarNode = { source: reader.file, offset, link, kind: "scalar", value, text: said, plain: true };
  return { node, end: column + text.length };
}

/** `|` and `>`, with `-` or `+`; what has an indentation of its own or odd blank lines is left to the full parser. */
function readBlockScalar(reader: Reader, line: string, { column, indent, link }: Value): SourceNode | undefined {
  const [, style, chomp] = /^([|>])([-+]?) *$/.exec(line.slice(column)) ?? [];
  const offset = offsetOf(reader, column);
  const start = reader.at + 1;
  const own = indentOfBlock(reader.lines, start);
  const end = own > indent ? endOfBlock(reader.lines, start, own) : undefined;
  if (chomp === undefined || end === undefined) return giveUp(reader);
  const body = reader.lines.slice(start, end).map((one) => one.slice(own));
  const said = style === "|" ? chompTo(body, chomp, end >= reader.lines.length) : fold(body, chomp);
  if (said === undefined) return giveUp(reader);
  reader.at = end;
  const text = reader.restore(said);
  const block = style === "|" ? { block: { line: start + 1, column: own + 1 } } : {};
  return { source: reader.file, offset, link, kind: "scalar", value: text, text, ...block };
}

/** Lines to one line, blank lines to line breaks; not what begins deeper or blank, whose breaks stay. */
function fold(body: readonly string[], chomp: string): string | undefined {
  const whole = body.join("\n").replace(/\n+$/, "");
  if (chomp === "+" || whole.startsWith("\n") || /^[ \t]|[ \t]$/m.test(whole)) return undefined;
  const folded = whole.replaceAll(/\n+/g, (breaks) => (breaks.length === 1 ? " " : breaks.slice(1)));
  return chomp === "-" ? folded : `${folded}\n`;
}

/** Of the first line that is not empty; -1 when there is none, or it has nothing but blanks and tabs. */
function indentOfBlock(lines: readonly string[], start: number): number {
  let first = start;
  while (first < lines.length && lines[first] === "") first += 1;
  const line = lines[first] ?? "";
  return line.trim() === "" ? -1 : indentOf(line);
}

/** The line behind the block; `undefined` when a blank line in it keeps or loses its blanks by rules of its own. */
function endOfBlock(lines: readonly string[], start: number, own: number): number | undefined {
  for (let end = start; end < lines.length; end += 1) {
    const line = lines[end] ?? "";
    if (line === "") continue;
    const indent = indentOf(line);
    if (indent === line.length) return undefined;
    if (indent < own) return end;
  }
  return lines.length;
}

function chompTo(body: readonly string[], chomp: string, isLast: boolean): string {
  const whole = body.join("\n");
  if (chomp === "+") return isLast ? whole : `${whole}\n`;
  const kept = whole.replace(/\n+$/, "");
  return chomp === "-" ? kept : `${kept}\n`;
}

function offsetOf(reader: Reader, column: number): number {
  return (reader.file.lineStarts[reader.at] ?? 0) + column;
}
