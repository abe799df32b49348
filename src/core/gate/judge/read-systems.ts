import { toFinding, type GateFinding } from "../finding.ts";
import type { PatternEngine, PolicyContext } from "../../policy/read/context.ts";
import type { System } from "../form/system.ts";
import type { GateDocument } from "../readers/field.ts";
import { headOf } from "../readers/object.ts";
import { GATE_READERS } from "../readers/readers.ts";
import { openReading, type GateReader, type ReaderProblem } from "../readers/reading.ts";
import { documentsOf, type GateTree } from "../readers/tree.ts";
import { toWhere, type SystemChange } from "./explain.ts";

/** A system that the configuration names, because files do not say which cluster they are for. */
export type SystemSources = {
  readonly id: string;
  readonly engine: string;
  /** Whether a document, by file and pointer, is one of its. */
  readonly has: (document: { readonly file: string; readonly pointer: string }) => boolean;
};

export type SystemsOptions = {
  readonly patterns: PatternEngine;
  /** What the own policy language is read against. */
  readonly policies: PolicyContext;
  /** The name of the cluster of systems that the configuration does not name. */
  readonly cluster?: string;
  readonly systems?: readonly SystemSources[];
  /** What a system that only head has is compared with. */
  readonly baseline?: "admit" | "deny";
};

/** A system as both sides have it, and what its documents would not say. */
export type ReadSystem = { readonly id: string; readonly change: SystemChange; readonly told: readonly GateFinding[] };

/** Reads every system that one of the sides has. */
export function readSystemChanges(base: GateTree, head: GateTree, options: SystemsOptions): readonly ReadSystem[] {
  const [before, after] = [documentsOf(base), documentsOf(head)];
  return GATE_READERS.flatMap((reader) =>
    groupsOf(reader, [...before, ...after], options).map((group) =>
      readSystem(
        reader,
        { id: group.id, base: sideOf(base, before, group), head: sideOf(head, after, group) },
        options,
      ),
    ),
  );
}

type Group = { readonly id: string; readonly has: (document: GateDocument) => boolean };

/** The systems of one engine: those that are named, and one of whatever is left. */
function groupsOf(reader: GateReader, documents: readonly GateDocument[], options: SystemsOptions): readonly Group[] {
  const named = (options.systems ?? []).filter(({ engine }) => engine === reader.engine || engine === reader.name);
  const isNamed = (document: GateDocument): boolean => named.some(({ has }) => has(document));
  const groups: readonly Group[] = [
    ...named.map(({ id, has }): Group => ({ id, has: (document) => has(document) && reader.claims(document) })),
    {
      id: `${reader.name}@${options.cluster ?? "cluster"}`,
      has: (document) => !isNamed(document) && reader.claims(document),
    },
  ];
  const isAbout = (document: GateDocument): boolean => reader.founds(document) || reader.concerns?.(document) === true;
  return groups.filter(({ has }) => documents.some((document) => has(document) && isAbout(document)));
}

type Side = { readonly documents: readonly GateDocument[]; readonly tree: GateTree };

function sideOf(tree: GateTree, documents: readonly GateDocument[], { has }: Group): Side {
  return { tree, documents: documents.filter(has) };
}

function readSystem(
  reader: GateReader,
  { id, base, head }: { readonly id: string; readonly base: Side; readonly head: Side },
  options: SystemsOptions,
): ReadSystem {
  const problems: Readonly<Record<"base" | "head", ReaderProblem[]>> = { base: [], head: [] };
  const read = (side: "base" | "head", own: Side, other: Side): System => {
    const { patterns, policies } = options;
    const of = {
      side,
      id,
      documents: own.documents,
      other: other.documents,
      blobs: own.tree.blobs,
      patterns,
      policies,
    };
    if (side === "head") refuseTwice(own.documents, problems.head);
    return reader.read(openReading(of, problems[side]));
  };
  const isThere = [...base.documents, ...head.documents].some(reader.founds);
  const isGone = isThere && !head.documents.some(reader.founds);
  const isNew = isThere && !base.documents.some(reader.founds);
  const systems = { base: read("base", base, head), head: read("head", head, base) };
  const change: SystemChange = {
    base: isNew ? unenforced(systems.base, options.baseline ?? "admit") : systems.base,
    head: isGone ? withoutEngine(systems.head) : systems.head,
    isGone,
  };
  return { id, change, told: tellProblems(id, problems) };
}

/** An engine that only head has: before it, everything was let in, or by choice nothing. */
function unenforced(system: System, baseline: "admit" | "deny"): System {
  const unmatched = { ...system.unmatched, kind: baseline };
  return baseline === "admit" ? { ...system, rules: [], reach: [] } : { ...system, rules: [], unmatched };
}

function withoutEngine(system: System): System {
  return { ...system, rules: [], reach: [] };
}

/** The API server has one object of a kind and name: which of two it would be, nobody knows. */
function refuseTwice(documents: readonly GateDocument[], problems: ReaderProblem[]): void {
  const seen = new Map<string, GateDocument>();
  for (const document of documents) {
    const { group, kind, namespace, name } = headOf(document);
    if (kind === "" || name === "") continue;
    const key = JSON.stringify([group, kind, namespace, name]);
    const first = seen.get(key);
    seen.set(key, document);
    const { file, document: number, pointer, root } = document;
    if (!first) continue;
    const line = root.source.lineStarts.filter((start) => start <= root.offset).length;
    const origin = { file, document: number, pointer, line };
    problems.push({
      kind: "malformed",
      origin,
      message: `${kind} ${name} is there twice; the other is in ${first.file}`,
    });
  }
}

function tellProblems(
  system: string,
  problems: Readonly<Record<"base" | "head", readonly ReaderProblem[]>>,
): readonly GateFinding[] {
  return (["base", "head"] as const).flatMap((revision) =>
    problems[revision].map(({ kind, origin, message }) =>
      toFinding({
        code: kind === "unresolved" ? "GP021" : "GP020",
        level: kind === "note" ? "note" : kind === "malformed" ? "malformed" : "undecided",
        ...(kind === "unresolved" && {
          verdict: "UNDECIDED" as const,
          open: { reason: message, decide: "Put what it refers to into the tree." },
        }),
        system,
        message,
        where: toWhere(origin, revision),
      }),
    ),
  );
}
