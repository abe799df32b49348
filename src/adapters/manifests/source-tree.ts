import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Document, type Pair } from "yaml";
import type {
  FieldNode,
  PathLink,
  ScalarNode,
  SourceFile,
  SourceNode,
} from "../../core/pipelines/definitions/source-node.ts";

export type TreeProblem = { readonly offset: number; readonly code: TreeCode; readonly message: string };
export type TreeCode = "unreadable" | "duplicate-key";

export type Trees = { readonly roots: readonly SourceNode[]; readonly problems: readonly TreeProblem[] };

/** What a text is read with: its name and lines, and how a scalar is put back to what it was before placeholders. */
export type TreeSource = { readonly file: SourceFile; readonly restore: (text: string) => string };

/** Nodes of one file, each alias counted with all that it stands for. The largest file of public catalogues has 30,000. */
const NODES_MAX = 400_000;
const DEPTH_MAX = 100;
const DOCUMENTS_MAX = 10_000;
const PROBLEMS_MAX = 20;

/**
 * Builds trees of the documents of a YAML 1.2 (so also JSON) text. Lenient where Kubernetes' own reader is: anchors and
 * merge keys are followed, the last of two equal keys is kept and reported. Documents after a broken one are still read.
 */
export function parseTrees(text: string, source: TreeSource): Trees {
  const parsed = parseAllDocuments(text, {
    version: "1.2",
    uniqueKeys: false,
    strict: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const documents: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  const build: Build = { text, source, problems: [], nodes: 0, isOver: false, anchors: new Map(), open: new Set() };
  if (documents.length > DOCUMENTS_MAX) report(build, 0, "unreadable", `more than ${DOCUMENTS_MAX} documents`);
  const roots = documents.slice(0, DOCUMENTS_MAX).flatMap((document) => {
    const [error] = document.errors;
    build.anchors.clear();
    if (error) report(build, error.pos[0], "unreadable", `not YAML: ${error.message.split("\n")[0] ?? ""}`);
    const root = error ? undefined : toNode(document.contents, build, { depth: 0 });
    return root && !(root.kind === "scalar" && root.value === null) ? [root] : [];
  });
  // Half of a bomb is no manifest.
  return { roots: build.isOver ? [] : roots, problems: build.problems };
}

type Build = {
  readonly text: string;
  readonly source: TreeSource;
  readonly problems: TreeProblem[];
  nodes: number;
  isOver: boolean;
  /** By name: the node, and how many nodes it stands for. */
  readonly anchors: Map<string, { readonly node: SourceNode; readonly weight: number }>;
  /** Anchors whose node is being built; an alias to one is a cycle. */
  readonly open: Set<string>;
};
type Where = { readonly depth: number; readonly link?: PathLink };

function report(build: Build, offset: number, code: TreeCode, message: string): undefined {
  if (build.problems.length < PROBLEMS_MAX) build.problems.push({ offset, code, message });
  return undefined;
}

function reportOver(build: Build, offset: number): undefined {
  if (!build.isOver) report(build, offset, "unreadable", `more than ${NODES_MAX} values, aliases counted`);
  build.isOver = true;
}

function toNode(node: unknown, build: Build, where: Where): SourceNode | undefined {
  const offset = startOf(node);
  build.nodes += 1;
  if (build.nodes > NODES_MAX) {
    return reportOver(build, offset);
  }
  if (where.depth > DEPTH_MAX) return report(build, offset, "unreadable", `nested deeper than ${DEPTH_MAX}`);
  if (isAlias(node)) return toAliased(node.source, offset, build);
  const anchor = hasAnchor(node) ? node.anchor : undefined;
  const before = build.nodes;
  if (anchor !== undefined) build.open.add(anchor);
  const built = toPlainNode(node, build, where);
  if (anchor !== undefined) {
    build.open.delete(anchor);
    build.anchors.set(anchor, { node: built, weight: build.nodes - before + 1 });
  }
  return built;
}

/** The node itself, shared: places are those where it is written. */
function toAliased(name: string, offset: number, build: Build): SourceNode | undefined {
  const target = build.anchors.get(name);
  if (!target || build.open.has(name))
    return report(build, offset, "unreadable", `alias *${name} of nothing before it`);
  build.nodes += target.weight;
  return build.nodes > NODES_MAX ? reportOver(build, offset) : target.node;
}

function toPlainNode(node: unknown, build: Build, where: Where): SourceNode {
  const located = { source: build.source.file, offset: startOf(node), ...(where.link && { link: where.link }) };
  if (isSeq(node)) {
    const items = node.items.flatMap((item, i) => toNode(item, build, below(where, i)) ?? []);
    return { ...located, kind: "list", items };
  }
  if (isMap(node)) return { ...located, kind: "map", fields: toFields(node.items, build, where) };
  return isScalar(node)
    ? { ...located, kind: "scalar", ...toScalar(node, build) }
    : { ...located, kind: "scalar", value: null, text: "" };
}

function below(where: Where, key: string | number): Where {
  return { depth: where.depth + 1, link: { key, ...(where.link && { above: where.link }) } };
}

function toFields(pairs: readonly Pair[], build: Build, where: Where): ReadonlyMap<string, FieldNode> {
  const fields = new Map<string, FieldNode>();
  const merged: SourceNode[] = [];
  for (const { key, value } of pairs) {
    const nameOffset = startOf(key);
    const name = build.source.restore(keyText(key, build));
    const node = toNode(value, build, below(where, name));
    if (!node) continue;
    if (name === "<<") merged.push(...(node.kind === "list" ? node.items : [node]));
    else {
      if (fields.has(name))
        report(build, nameOffset, "duplicate-key", `the key ${JSON.stringify(name.slice(0, 64))} stands twice`);
      fields.set(name, { node, nameOffset });
    }
  }
  for (const from of merged) {
    if (from.kind !== "map") continue;
    for (const [name, field] of from.fields) if (!fields.has(name)) fields.set(name, field);
  }
  return fields;
}

function keyText(key: unknown, build: Build): string {
  if (isAlias(key)) {
    const target = build.anchors.get(key.source)?.node;
    return target?.kind === "scalar" ? target.text : "";
  }
  if (!isScalar(key)) return "";
  if (hasAnchor(key)) toNode(key, build, { depth: 0 });
  return typeof key.value === "string" ? key.value : (sourceOf(key) ?? String(key.value));
}

type Written = Pick<ScalarNode, "value" | "text" | "block" | "plain">;

function toScalar(node: { readonly value: unknown }, build: Build): Written {
  const value = toValue(node.value);
  const restored = typeof value === "string" ? build.source.restore(value) : value;
  const text = typeof restored === "string" ? restored : textOf(restored, sourceOf(node));
  const style = "type" in node ? node.type : undefined;
  const block = style === "BLOCK_LITERAL" ? blockOf(startOf(node), text, build) : undefined;
  const plain = style === "PLAIN" && isOneLine(node, text, build);
  return { value: restored, text, ...(block && { block }), ...(plain && { plain }) };
}

/** A number as it is written: `1.10` stays `1.10`. */
function textOf(value: ScalarNode["value"], source: string | undefined): string {
  return source ?? (value === null ? "" : String(value));
}

function isOneLine(node: unknown, text: string, build: Build): boolean {
  const source = sourceOf(node);
  return !/[\r\n]/.test(text) && source !== undefined && build.text.startsWith(source, startOf(node));
}

function toValue(value: unknown): ScalarNode["value"] {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

/** Lines of a literal block are lines of the file; its indentation is what the file's line has more than the text's. */
function blockOf(offset: number, text: string, build: Build): ScalarNode["block"] {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  if (first < 0) return undefined;
  let at = build.text.indexOf("\n", offset) + 1;
  const start = at;
  for (let i = 0; i < first; i++) at = build.text.indexOf("\n", at) + 1;
  const end = build.text.indexOf("\n", at);
  const written = build.text.slice(at, end < 0 ? undefined : end).replace(/\r$/, "");
  const indent = written.length - (lines[first] ?? "").length;
  return indent >= 0
    ? { line: lineOf(build.source.file, start), column: originColumn(build.source.file) + indent }
    : undefined;
}

function lineOf({ lineStarts, origin }: SourceFile, offset: number): number {
  let low = 0;
  let high = lineStarts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return origin ? origin.line + low - 1 : low;
}

function originColumn({ origin }: SourceFile): number {
  return origin?.column ?? 1;
}

function startOf(node: unknown): number {
  const range = typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === "number" ? range[0] : 0;
}

function sourceOf(node: unknown): string | undefined {
  return typeof node === "object" && node !== null && "source" in node && typeof node.source === "string"
    ? node.source
    : undefined;
}

function hasAnchor(node: unknown): node is { readonly anchor: string } {
  return typeof node === "object" && node !== null && "anchor" in node && typeof node.anchor === "string";
}
