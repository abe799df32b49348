import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair } from "yaml";
import type { ConfigPath } from "./problem.ts";

/** A YAML document as a plain value that still knows on which line each of its fields stands. */
export type ConfigDocument = {
  readonly value: unknown;
  /** The line of a field, or of the nearest thing above it that is written; from 1. */
  readonly lineOf: (path: ConfigPath) => number;
  /** Whether the document itself says this field. */
  readonly has: (path: ConfigPath) => boolean;
};

export type DocumentProblem = { readonly line: number; readonly message: string };

/** Parses one YAML 1.2 document. Duplicate keys, several documents, and aliases that would expand without bound are refused. */
export function parseConfigDocument(text: string): ConfigDocument | DocumentProblem {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false });
  const [error] = [...document.errors, ...document.warnings];
  if (error) return { line: lines.linePos(error.pos[0]).line, message: sentenceOf(error) };
  const root = document.contents;
  if (hasAlias(root)) return { line: 1, message: "anchors and aliases are not read; write the value out" };
  const value: unknown = root === null ? {} : document.toJS({ maxAliasCount: 0 });
  return {
    value,
    lineOf: (path) => lines.linePos(offsetOf(root, path)).line,
    has: (path) => nodeAt(root, path) !== undefined,
  };
}

/** What the parser says to the program that calls it, as it concerns who wrote the file. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  ["MULTIPLE_DOCS", "a second document begins here; a configuration is one"],
  ["RESOURCE_EXHAUSTION", "nested too deeply"],
]);

function sentenceOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return SENTENCES.get(code) ?? message.split("\n")[0] ?? message;
}

function hasAlias(node: unknown): boolean {
  if (isMap(node)) return node.items.some((pair) => hasAlias(pair.key) || hasAlias(pair.value));
  return isSeq(node) ? node.items.some(hasAlias) : isAlias(node);
}

function offsetOf(root: Node | null, path: ConfigPath): number {
  for (let length = path.length; length > 0; length--) {
    const start = startOf(root, path.slice(0, length));
    if (start !== undefined) return start;
  }
  return root?.range?.[0] ?? 0;
}

/** Where a field begins: at its key in a map, at its value in a list. */
function startOf(root: Node | null, path: ConfigPath): number | undefined {
  const parent = nodeAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (isSeq(parent) && typeof last === "number") return rangeStart(parent.items[last]);
  return isMap(parent) ? rangeStart(pairOf(parent.items, last)?.key) : undefined;
}

function nodeAt(root: Node | null, path: ConfigPath): unknown {
  let at: unknown = root ?? undefined;
  for (const part of path) {
    if (isSeq(at) && typeof part === "number") at = at.items[part];
    else if (isMap(at)) at = pairOf(at.items, part)?.value;
    else return undefined;
  }
  return at;
}

function pairOf(items: readonly Pair[], key: string | number | undefined): Pair | undefined {
  return items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const [start] = node.range;
  return typeof start === "number" ? start : undefined;
}
