import { parseUtf8 } from "../../core/bytes/utf8.ts";
import type { DefinitionFile, FileProblem } from "../../core/pipelines/definitions/definition-file.ts";
import {
  nodeAt,
  type MapNode,
  type ScalarNode,
  type SourceDocument,
  type SourceFile,
  type SourceNode,
} from "../../core/pipelines/definitions/source-node.ts";
import { scanEventExpressions } from "../../core/pipelines/definitions/variables.ts";
import { parsePlainJson } from "./plain-json.ts";
import { parsePlainYaml } from "./plain-yaml.ts";
import { parseTrees, type TreeProblem, type Trees, type TreeSource } from "./source-tree.ts";
import { judgeShape } from "./yaml.ts";

/** One file of definitions (pipelines chapter §4). */
export const DEFINITION_BYTES_MAX: number = 4 * 1024 * 1024;

/** Reads a file of manifests, YAML or JSON. Never throws: what cannot be read is a problem with its place. */
export function readDefinitionFile(path: string, bytes: Uint8Array): DefinitionFile {
  const refuse = (message: string): DefinitionFile => ({
    path,
    documents: [],
    problems: [{ code: "unreadable", message, at: { file: path, line: 1, column: 1 } }],
  });
  if (bytes.length > DEFINITION_BYTES_MAX)
    return refuse(`${bytes.length} bytes, ${DEFINITION_BYTES_MAX} are read of one file`);
  const decoded = parseUtf8(bytes);
  if (decoded === undefined) return refuse("not UTF-8");
  return readText(path, decoded.replace(/^\uFEFF/, " "));
}

function readText(path: string, written: string): DefinitionFile {
  const text = toReadableAliases(written);
  const file: SourceFile = { path, lineStarts: lineStartsOf(text) };
  const isEventTemplate = /(?:^|\/)\.tekton\//.test(path) || text.includes("pipelinesascode.tekton.dev/");
  const filled = isEventTemplate ? holdPlaces(text) : { text, restore: (held: string) => held };
  const trees = readTrees(filled.text, { file, restore: filled.restore });
  const problems = trees.problems.map((problem) => toProblem(problem, file, text));
  const documents = trees.roots.map((root): SourceDocument => ({ root: withNested(root), isEventTemplate }));
  return { path, documents, problems };
}

/** By the quick readers, and what they leave by the full one. */
function readTrees(text: string, source: TreeSource): Trees {
  const json = parsePlainJson(text, source);
  const roots = json ? [json] : parsePlainYaml(text, source);
  if (roots) return { roots, problems: [] };
  const shape = isSuspicious(text) ? judgeShape(text) : undefined;
  if (!shape) return parseTrees(text, source);
  const offset = source.file.lineStarts[shape.line - 1] ?? 0;
  return { roots: [], problems: [{ offset, code: "unreadable", message: shape.message }] };
}

function toProblem({ offset, code, message }: TreeProblem, file: SourceFile, text: string): FileProblem {
  const before = text.slice(0, offset).split("\n");
  const at = { file: file.path, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const isTemplate = code === "unreadable" && /^[ \t]*(?:-[ \t]+)?(?:\{\{|\{%)/m.test(text);
  return { code, message: isTemplate ? `${message}; the file is a template` : message, at };
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Cheap signs of a text that could keep the parser busy: only then it is lexed before it is parsed. */
function isSuspicious(text: string): boolean {
  return /[[{]{16}|(?:[[{]\s*){33}|(?:[-?:] {1,4}){40}|^ {400}|^%/m.test(text);
}

/** Private use characters: no manifest has them, YAML lets them stand in any scalar, and an offset stays an offset. */
const HOLD_FIRST = 0xe000;
const HOLD_BASE = 6_000;
const HOLD_FILL = "\uF8FF";
const HELD = /[\uE000-\uF76F]{2}\uF8FF*/g;

/**
 * `a: {{ revision }}` parses without error, to a map. So each expression is replaced by a word of the same length before
 * the text is parsed, and put back into the scalars after.
 */
function holdPlaces(text: string): { readonly text: string; readonly restore: (held: string) => string } {
  const expressions = scanEventExpressions(text);
  if (/[\uE000-\uF8FF]/.test(text) || expressions.length === 0) return { text, restore: (held) => held };
  const originals: string[] = [];
  const parts: string[] = [];
  let from = 0;
  for (const { offset, end } of expressions) {
    const index = originals.push(text.slice(offset, end)) - 1;
    const word = String.fromCharCode(HOLD_FIRST + Math.floor(index / HOLD_BASE), HOLD_FIRST + (index % HOLD_BASE));
    parts.push(text.slice(from, offset), word.padEnd(end - offset, HOLD_FILL));
    from = end;
  }
  parts.push(text.slice(from));
  return { text: parts.join(""), restore: (held) => held.replaceAll(HELD, (word) => originals[indexOf(word)] ?? word) };
}

function indexOf(word: string): number {
  return (word.charCodeAt(0) - HOLD_FIRST) * HOLD_BASE + (word.charCodeAt(1) - HOLD_FIRST);
}

/** Fulcio's own configuration has aliases as keys, `*name:`; YAML 1.2 reads the colon as part of the name. One line, one space. */
function toReadableAliases(text: string): string {
  if (!text.includes("oidc-issuers:") && !text.includes("ci-issuer-metadata:")) return text;
  return text.replaceAll(/^([ \t]*)\*([\w-]+):(?=\s|$)/gm, "$1*$2 :");
}

/** Keys of ConfigMaps whose text is a document: Fulcio's configuration, Tekton's pod template and workspace binding, our placement. */
const NESTED_KEY =
  /^(?:.*\.ya?ml|.*\.json|global-config|default-pod-template|default-affinity-assistant-pod-template|default-task-run-workspace-binding)$/;

function withNested(root: SourceNode): SourceNode {
  const kind = nodeAt(root, "kind");
  const data = nodeAt(root, "data");
  if (root.kind !== "map" || kind?.kind !== "scalar" || kind.text !== "ConfigMap" || data?.kind !== "map") return root;
  const fields = new Map(
    [...data.fields].map(([name, field]) => {
      const node = NESTED_KEY.test(name) && field.node.kind === "scalar" ? nest(field.node) : field.node;
      return [name, { ...field, node }] as const;
    }),
  );
  const withData: MapNode = { ...data, fields };
  const nameOffset = root.fields.get("data")?.nameOffset ?? root.offset;
  return { ...root, fields: new Map([...root.fields, ["data", { node: withData, nameOffset }]]) };
}

function nest(scalar: ScalarNode): ScalarNode {
  const text = toReadableAliases(scalar.text);
  const file: SourceFile = { path: scalar.source.path, lineStarts: lineStartsOf(text), ...originOf(scalar) };
  const trees = readTrees(text, { file, restore: (held) => held });
  const [nested] = trees.roots;
  return nested && trees.problems.length === 0 ? { ...scalar, nested } : scalar;
}

function originOf(scalar: ScalarNode): Pick<SourceFile, "origin"> {
  return scalar.block ? { origin: scalar.block } : {};
}
