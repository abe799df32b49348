import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseAllDocuments, type Node, type Pair } from "yaml";
import type { JsonValue } from "../../core/json/json.ts";
import type { Place, Position } from "../../core/policy/problem.ts";

export type YamlDocument = { readonly value: JsonValue; readonly places: ReadonlyMap<string, Place> };
export type YamlProblem = Position & { readonly message: string };

/** Deeper than any document here; the parser is recursive, so this also keeps its stack. */
const DEPTH_MAX = 32;
/** Documents of one text; each costs the parser a fixed price. */
const DOCUMENTS_MAX = 2048;
const PROBLEMS_MAX = 50;

/**
 * Parses YAML 1.2, core schema, into JSON values. No aliases, anchors, merge keys, tags or duplicate keys; what the parser
 * only warns of is refused too. Documents that hold nothing are passed over.
 */
export function parseYaml(text: string): {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly YamlProblem[];
} {
  const bomb = judgeShape(text);
  if (bomb) return { documents: [], problems: [bomb] };
  const lines = new LineCounter();
  // Own check for duplicate keys: the parser's compares each with each.
  const parsed = parseAllDocuments(text, {
    version: "1.2",
    merge: false,
    uniqueKeys: false,
    strict: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  const all = Array.isArray(parsed) ? parsed : [];
  const reading: Reading = { problems: [], positionAt: (offset) => positionAt(lines, offset) };
  for (const { errors, warnings } of all) {
    for (const { code, message, pos } of [...errors, ...warnings])
      report(reading, pos[0], `${code}: ${message.split("\n")[0] ?? ""}`);
  }
  const documents = reading.problems.length > 0 ? [] : all.flatMap(({ contents }) => readRoot(contents, reading) ?? []);
  return { documents, problems: reading.problems };
}

type Reading = { readonly problems: YamlProblem[]; readonly positionAt: (offset: number) => Position };

function report({ problems, positionAt: place }: Reading, offset: number, message: string): void {
  if (problems.length < PROBLEMS_MAX) problems.push({ message, ...place(offset) });
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/**
 * Looks at the tokens before anything is built of them. A megabyte of open brackets keeps the parser busy for half a
 * minute; the lexer takes milliseconds.
 */
export function judgeShape(text: string): YamlProblem | undefined {
  const shape = { depth: 0, indicators: 0, documents: 1, line: 1, directive: false };
  let isScalarNext = false;
  for (const token of new Lexer().lex(text)) {
    if (isScalarNext) isScalarNext = false;
    else if (token === SCALAR_FOLLOWS) isScalarNext = true;
    else countToken(token, shape);
    for (let at = token.indexOf("\n"); at >= 0; at = token.indexOf("\n", at + 1)) shape.line += 1;
    const message = shapeFault(shape);
    if (message !== undefined) return { message, line: shape.line, column: 1 };
  }
  return undefined;
}

/** A token of the lexer that is no text of the document: the next one is a scalar. */
const SCALAR_FOLLOWS = "\u001F";

type Shape = { depth: number; indicators: number; documents: number; line: number; directive: boolean };

function countToken(token: string, shape: Shape): void {
  if (token === "[" || token === "{") shape.depth += 1;
  else if (token === "]" || token === "}") shape.depth -= 1;
  else if (token === "-" || token === "?" || token === ":") shape.indicators += 1;
  else if (token === "---" || token === "...") shape.documents += 1;
  else if (token.startsWith("%")) shape.directive = true;
  else if (token.includes("\n")) shape.indicators = 0;
}

function shapeFault({ depth, indicators, documents, directive }: Shape): string | undefined {
  // `%YAML 1.1` would make numbers of some texts, and true and false of others.
  if (directive) return "a directive";
  if (depth > DEPTH_MAX) return `nested deeper than ${DEPTH_MAX}`;
  // In flow style one line has a colon for each member; more than this is no document that somebody wrote.
  if (depth === 0 && indicators > DEPTH_MAX * 2) return `more than ${DEPTH_MAX * 2} indicators on one line`;
  return documents > DOCUMENTS_MAX ? `more than ${DOCUMENTS_MAX} documents` : undefined;
}

function readRoot(contents: Node | null, reading: Reading): YamlDocument | undefined {
  if (contents === null || (isScalar(contents) && contents.value === null)) return undefined;
  const places = new Map<string, Place>();
  const value = toValue(contents, { reading, places, pointer: "", depth: 0 });
  return { value, places };
}

type Where = {
  readonly reading: Reading;
  readonly places: Map<string, Place>;
  readonly pointer: string;
  readonly depth: number;
};

/** A node as a JSON value. What JSON does not have is reported, and is `null` then. */
function toValue(node: unknown, where: Where, name?: Position): JsonValue {
  const start = startOf(node);
  where.places.set(where.pointer, { ...where.reading.positionAt(start), ...(name && { name }) });
  const problem = (message: string): null => {
    report(where.reading, start, message);
    return null;
  };
  if (where.depth > DEPTH_MAX) return problem(`nested deeper than ${DEPTH_MAX}`);
  if (isAlias(node)) return problem(`alias *${node.source}`);
  if (hasTag(node)) problem(`tag ${node.tag}`);
  if (hasAnchor(node)) problem(`anchor &${node.anchor}`);
  if (isSeq(node)) return node.items.map((item, i) => toValue(item, below(where, String(i))));
  if (isMap(node)) return toObject(node.items, where);
  if (!isScalar(node)) return null;
  const scalar = toScalar(node);
  return scalar === undefined ? problem("a value that JSON does not have") : scalar;
}

/** `undefined` for infinities, and for whole numbers that a double would change. */
function toScalar({ value, source }: { readonly value: unknown; readonly source?: string }): JsonValue | undefined {
  if (value === null && (source === undefined || /^(?:null|Null|NULL|~)?$/.test(source))) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  const isExact =
    typeof value === "number" && Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return isExact ? value : undefined;
}

function toObject(pairs: readonly Pair[], where: Where): JsonValue {
  const members = new Map<string, JsonValue>();
  for (const { key, value } of pairs) {
    const start = startOf(key);
    const name =
      isScalar(key) && typeof key.value === "string" && !hasTag(key) && !hasAnchor(key) ? key.value : undefined;
    if (name === undefined) report(where.reading, start, "a key that is not plain text");
    else if (name === "<<") report(where.reading, start, "merge key <<");
    else if (members.has(name)) report(where.reading, start, `duplicate key ${JSON.stringify(name.slice(0, 64))}`);
    else {
      const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
      members.set(name, toValue(value, below(where, token), where.reading.positionAt(start)));
    }
  }
  // Own members each, `__proto__` too.
  return Object.fromEntries(members);
}

function below(where: Where, token: string): Where {
  return { ...where, pointer: `${where.pointer}/${token}`, depth: where.depth + 1 };
}

function startOf(node: unknown): number {
  return typeof node === "object" &&
    node !== null &&
    "range" in node &&
    Array.isArray(node.range) &&
    typeof node.range[0] === "number"
    ? node.range[0]
    : 0;
}

function hasTag(node: unknown): node is { readonly tag: string } {
  return typeof node === "object" && node !== null && "tag" in node && typeof node.tag === "string";
}

function hasAnchor(node: unknown): node is { readonly anchor: string } {
  return typeof node === "object" && node !== null && "anchor" in node && typeof node.anchor === "string";
}
