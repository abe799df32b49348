import { flagAt, placeOf, placeOfName, scalarAt, type SourceNode } from "../../pipelines/definitions/source-node.ts";
import { editDistance } from "../../text/edit-distance.ts";
import type { Origin } from "../form/need.ts";

/** A document that was read, and where it stands; a document inside a ConfigMap has the pointer to its value. */
export type GateDocument = {
  readonly file: string;
  /** Number in the file, from 0. */
  readonly document: number;
  readonly pointer: string;
  readonly root: SourceNode;
};

/** Tells what is wrong with a value: a refusal, never a shrug. */
export type TellProblem = (origin: Origin, message: string) => void;

/** A value of a document, its place, and where its problems go. A null counts as absent, as it does for the API server. */
export type Field = {
  readonly node: SourceNode | undefined;
  readonly present: boolean;
  readonly origin: Origin;
  readonly at: (name: string) => Field;
  /** The elements of a list; none when it is absent. */
  readonly items: () => readonly Field[];
  /** The members of an object, in the order written; none when it is absent. */
  readonly members: () => readonly (readonly [string, Field])[];
  /** Refuses members other than these. */
  readonly only: (...names: readonly string[]) => Field;
  /** The text of a scalar; empty counts as absent. */
  readonly text: () => string | undefined;
  readonly texts: () => readonly string[];
  readonly flag: () => boolean | undefined;
  readonly count: () => number | undefined;
  readonly problem: (message: string) => void;
};

/** The root of a document. */
export function fieldOf(document: GateDocument, tell: TellProblem): Field {
  return field({ document, tell, pointer: document.pointer, above: document.root }, document.root);
}

type Where = {
  readonly document: GateDocument;
  readonly tell: TellProblem;
  readonly pointer: string;
  /** The nearest node that is there: what is missing stands where its parent does. */
  readonly above: SourceNode;
};

function field(where: Where, given: SourceNode | undefined): Field {
  const node = given?.kind === "scalar" && given.value === null ? undefined : given;
  const origin = (): Origin => originOf(where, node ?? where.above);
  const problem = (message: string): void => where.tell(origin(), message);
  const child = (name: string | number, below: SourceNode | undefined): Field =>
    field(
      { ...where, pointer: `${where.pointer}/${escapeToken(String(name))}`, above: below ?? node ?? where.above },
      below,
    );
  const self: Field = {
    node,
    present: node !== undefined,
    get origin() {
      return origin();
    },
    at: (name) => child(name, node?.kind === "map" ? node.fields.get(name)?.node : undefined),
    items: () => {
      if (!node) return [];
      if (node.kind === "list") return node.items.map((item, i) => child(i, item));
      problem(`${shownName(where.pointer)} is not a list`);
      return [];
    },
    members: () => {
      if (!node) return [];
      if (node.kind === "map")
        return [...node.fields].map(([name, { node: below }]) => [name, child(name, below)] as const);
      problem(`${shownName(where.pointer)} is not an object`);
      return [];
    },
    only: (...names) => {
      refuseStrangers(where, node, names);
      return self;
    },
    text: () => {
      const scalar = scalarAt(node);
      if (node && !scalar) problem(`${shownName(where.pointer)} is not a text`);
      return scalar?.text === "" ? undefined : scalar?.text;
    },
    texts: () => self.items().flatMap((item) => item.text() ?? []),
    flag: () => {
      const flag = flagAt(node);
      if (node && flag === undefined) problem(`${shownName(where.pointer)} is not true or false`);
      return flag;
    },
    count: () => {
      const value = scalarAt(node)?.value;
      if (node && typeof value !== "number") problem(`${shownName(where.pointer)} is not a number`);
      return typeof value === "number" ? value : undefined;
    },
    problem,
  };
  return self;
}

/** So many edits away, a name was likely meant. */
const NEAR_EDITS_MAX = 2;

function refuseStrangers(
  { document, tell, pointer }: Where,
  node: SourceNode | undefined,
  known: readonly string[],
): void {
  if (node?.kind !== "map") {
    if (node) tell(originOf({ document, pointer }, node), `${shownName(pointer)} is not an object`);
    return;
  }
  for (const name of node.fields.keys()) {
    if (known.includes(name)) continue;
    const near = known.find(
      (one) => editDistance(one.toLowerCase(), name.slice(0, 64).toLowerCase()) <= NEAR_EDITS_MAX,
    );
    const at = {
      ...originOf({ document, pointer: `${pointer}/${escapeToken(name)}` }, node),
      line: placeOfName(node, name).line,
    };
    tell(at, `unknown field ${name.slice(0, 64)}${near === undefined ? "" : `; did you mean ${near}?`}`);
  }
}

function originOf({ document, pointer }: Pick<Where, "document" | "pointer">, node: SourceNode): Origin {
  return { file: document.file, document: document.document, pointer, line: placeOf(node).line };
}

function escapeToken(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function shownName(pointer: string): string {
  return pointer === "" ? "the document" : pointer.slice(0, 200);
}
