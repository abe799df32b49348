/** A file, or a text inside one, and where its lines begin: enough to turn an offset into a place when somebody asks. */
export type SourceFile = {
  readonly path: string;
  /** Offsets of the first character of each line, ascending, the first 0. */
  readonly lineStarts: readonly number[];
  /** Of a text that stands in a literal block of another file: where its first character stands. */
  readonly origin?: { readonly line: number; readonly column: number };
};

/** A place in a file, from 1. */
export type SourcePlace = { readonly file: string; readonly line: number; readonly column: number };

/** What a manifest says, as a tree that knows where each part of it was written. Built by the reader, judged by the rules. */
export type SourceNode = ScalarNode | ListNode | MapNode;

type Located = {
  readonly source: SourceFile;
  /** UTF-16 code units from the start of the source. */
  readonly offset: number;
  /** The way from the document down to here, innermost first; `undefined` at the root. */
  readonly link?: PathLink;
};
export type PathLink = { readonly key: string | number; readonly above?: PathLink };

export type ScalarNode = Located & {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** The value as text: what a field of type string receives. */
  readonly text: string;
  /** Only of a literal block: the line and column of its first character. Lines of the text are lines of the file. */
  readonly block?: { readonly line: number; readonly column: number };
  /** The scalar is one unquoted line, so that an offset of its text is an offset of the file. */
  readonly plain?: true;
  /** The text holds a document of its own, such as a key of a ConfigMap. */
  readonly nested?: SourceNode;
};
export type ListNode = Located & { readonly kind: "list"; readonly items: readonly SourceNode[] };
export type MapNode = Located & { readonly kind: "map"; readonly fields: ReadonlyMap<string, FieldNode> };
export type FieldNode = { readonly node: SourceNode; readonly nameOffset: number };

/** One document of a file, and whether the file is a template that an event fills (Pipelines-as-Code). */
export type SourceDocument = { readonly root: SourceNode; readonly isEventTemplate: boolean };

/** The node below by names and indexes; `undefined` when there is none. */
export function nodeAt(node: SourceNode | undefined, ...keys: readonly (string | number)[]): SourceNode | undefined {
  let at = node;
  for (const key of keys) {
    if (at?.kind === "map") at = at.fields.get(String(key))?.node;
    else if (at?.kind === "list" && typeof key === "number") at = at.items[key];
    else return undefined;
  }
  return at;
}

export function mapAt(node: SourceNode | undefined, ...keys: readonly (string | number)[]): MapNode | undefined {
  const found = nodeAt(node, ...keys);
  return found?.kind === "map" ? found : undefined;
}

/** The scalar below; a null counts as absent, as it does for the API server. */
export function scalarAt(node: SourceNode | undefined, ...keys: readonly (string | number)[]): ScalarNode | undefined {
  const found = nodeAt(node, ...keys);
  return found?.kind === "scalar" && found.value !== null ? found : undefined;
}

export function textAt(node: SourceNode | undefined, ...keys: readonly (string | number)[]): string | undefined {
  return scalarAt(node, ...keys)?.text;
}

/** The elements of a list below; empty when there is none. */
export function itemsAt(node: SourceNode | undefined, ...keys: readonly (string | number)[]): readonly SourceNode[] {
  const found = nodeAt(node, ...keys);
  return found?.kind === "list" ? found.items : [];
}

export function scalarsAt(node: SourceNode | undefined, ...keys: readonly (string | number)[]): readonly ScalarNode[] {
  return itemsAt(node, ...keys).filter((item): item is ScalarNode => item.kind === "scalar" && item.value !== null);
}

/** `true` and `false` as a Kubernetes reader takes them: the words of YAML 1.1 are flags too (sigs.k8s.io/yaml). */
export function flagAt(node: SourceNode | undefined, ...keys: readonly (string | number)[]): boolean | undefined {
  const found = scalarAt(node, ...keys);
  if (typeof found?.value === "boolean") return found.value;
  if (found?.plain && /^(?:yes|on|y)$/i.test(found.text)) return true;
  return found?.plain && /^(?:no|off|n)$/i.test(found.text) ? false : undefined;
}

/** Members of a map below, in the order written. */
export function fieldsAt(
  node: SourceNode | undefined,
  ...keys: readonly (string | number)[]
): readonly (readonly [string, SourceNode])[] {
  const found = nodeAt(node, ...keys);
  return found?.kind === "map" ? [...found.fields].map(([name, field]) => [name, field.node] as const) : [];
}

/** Every scalar in a tree, depth first. */
export function* scalarsIn(node: SourceNode | undefined): Generator<ScalarNode> {
  if (node?.kind === "scalar") yield node;
  else if (node?.kind === "list") for (const item of node.items) yield* scalarsIn(item);
  else if (node) for (const { node: below } of node.fields.values()) yield* scalarsIn(below);
}

/** Where the node starts. */
export function placeOf(node: SourceNode): SourcePlace {
  return placeAt(node.source, node.offset);
}

/** Where the name of a member stands, or its map when there is no such member. */
export function placeOfName(map: MapNode, name: string): SourcePlace {
  return placeAt(map.source, map.fields.get(name)?.nameOffset ?? map.offset);
}

/**
 * Where a character of a scalar's text stands. Exact for literal blocks and unquoted lines; the start of the scalar for
 * folded and quoted ones, whose text is not that of the file.
 */
export function placeInText(scalar: ScalarNode, textOffset: number): SourcePlace {
  if (scalar.plain) return placeAt(scalar.source, scalar.offset + textOffset);
  if (!scalar.block) return placeOf(scalar);
  const before = scalar.text.slice(0, textOffset);
  const lineBreaks = before.split("\n").length - 1;
  return {
    file: scalar.source.path,
    line: scalar.block.line + lineBreaks,
    column: scalar.block.column + textOffset - (before.lastIndexOf("\n") + 1),
  };
}

/** `spec.steps[0].image`. */
export function pathOf({ link }: SourceNode): string {
  const keys: (string | number)[] = [];
  for (let at = link; at; at = at.above) keys.unshift(at.key);
  return keys
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${key}`))
    .join("")
    .slice(0, PATH_CHARACTERS_MAX);
}

/** `/spec/steps/0/image` (RFC 6901); empty at the root of its document. */
export function pointerOf({ link }: SourceNode): string {
  const keys: string[] = [];
  for (let at = link; at; at = at.above) keys.unshift(String(at.key).replaceAll("~", "~0").replaceAll("/", "~1"));
  return keys
    .map((key) => `/${key}`)
    .join("")
    .slice(0, PATH_CHARACTERS_MAX);
}

const PATH_CHARACTERS_MAX = 500;

function placeAt({ path, lineStarts, origin }: SourceFile, offset: number): SourcePlace {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const column = offset - (lineStarts[low] ?? 0);
  return origin
    ? { file: path, line: origin.line + low, column: origin.column + column }
    : { file: path, line: low + 1, column: column + 1 };
}
