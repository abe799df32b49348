import { prefixOf } from "../facts/artifact.ts";
import type { SourceNode } from "../../pipelines/definitions/source-node.ts";
import type { Entry } from "../facts/entry.ts";
import { textOfReference } from "../facts/revision.ts";
import { rankOfStrength, type FactStrength, type SigningFact } from "../facts/fact.ts";
import type { RevisionFacts } from "../facts/facts.ts";
import type { FactPair, PipelineChange } from "./change.ts";

/**
 * Finds what became of each fact: by its entry and destination, then by the destination alone, then by a destination
 * that may be the same (change-gate chapter §5, ratchet).
 */
export function pairFacts(before: RevisionFacts, after: RevisionFacts): Pick<PipelineChange, "pairs" | "entryAfter"> {
  const entryAfter = entryMap(before, after);
  const byKey = new Map(after.facts.map((fact) => [keyOf(fact.entry, fact), fact]));
  const entriesBefore = new Map(before.entries.map(({ id }) => [entryAfter(id), id] as const));
  const keysBefore = new Set(before.facts.map((fact) => keyOf(fact.entry, fact)));
  const isNew = (fact: SigningFact): boolean =>
    !keysBefore.has(keyOf(entriesBefore.get(fact.entry) ?? fact.entry, fact));
  const around: Around = {
    before: new Map(before.entries.map((entry) => [entry.id, entry])),
    after: new Map(after.entries.map((entry) => [entry.id, entry])),
    byKey,
    byDestination: Map.groupBy(after.facts, destinationOf),
    fresh: after.facts.filter(isNew),
    makers: after.facts.filter(({ producer }) => producer !== undefined),
    entryAfter,
  };
  const paired = before.facts.map((fact) => pairOf(fact, around));
  const found = new Set(paired.map((pair) => pair.after));
  const fresh = around.fresh
    .filter((fact) => !found.has(fact))
    .map((fact): FactPair => ({ before: undefined, after: fact, fate: "new", strength: fact.strength }));
  return { pairs: [...paired, ...fresh], entryAfter };
}

function keyOf(entry: string, { artifact, family }: SigningFact): string {
  return `${entry}\n${family}\n${artifact}`;
}

/** By name, else by the event that starts it. */
function entryMap(before: RevisionFacts, after: RevisionFacts): PipelineChange["entryAfter"] {
  const ids = new Set(after.entries.map(({ id }) => id));
  const known = new Set(before.entries.map(({ id }) => id));
  const byTrigger = Map.groupBy(
    after.entries.filter(({ id, trigger }) => trigger !== undefined && !known.has(id)),
    ({ trigger }) => trigger,
  );
  const map = new Map(
    before.entries.map(({ id, trigger }) => {
      const [only, ...others] = byTrigger.get(trigger) ?? [];
      return [id, ids.has(id) ? id : others.length === 0 ? only?.id : undefined] as const;
    }),
  );
  return (id) => map.get(id);
}

function destinationOf({ artifact, family }: SigningFact): string {
  return `${family}\n${artifact}`;
}

type Around = {
  /** Entries by id. */
  readonly before: ReadonlyMap<string, Entry>;
  readonly after: ReadonlyMap<string, Entry>;
  /** Facts of the head by entry and destination, and by destination. */
  readonly byKey: ReadonlyMap<string, SigningFact>;
  readonly byDestination: ReadonlyMap<string, readonly SigningFact[]>;
  /** Facts of the head that the base does not have. */
  readonly fresh: readonly SigningFact[];
  /** Facts of the head of artifacts that are made there. */
  readonly makers: readonly SigningFact[];
  readonly entryAfter: PipelineChange["entryAfter"];
};

function pairOf(before: SigningFact, around: Around): FactPair {
  const { byKey, byDestination, fresh, entryAfter } = around;
  const entry = entryAfter(before.entry);
  const same = entry === undefined ? undefined : byKey.get(keyOf(entry, before));
  if (same) return { before, after: same, fate: "kept", strength: strengthAfter(before, same) };
  // What the same entry runs out of sight comes before what others do in sight.
  const opaque = entry === undefined ? undefined : around.after.get(entry);
  if (opaque?.isOpaque) {
    return { before, after: undefined, hidden: hiddenNode(opaque), fate: "gone", strength: "unknown" };
  }
  const elsewhere = byDestination.get(destinationOf(before)) ?? [];
  // What was not signed has nothing to lose by another name.
  const own = before.strength === "none" ? [] : fresh;
  const alike = own.filter((fact) => fact.family === before.family && mayBeSame(before.artifact, fact.artifact));
  const found = weakest(elsewhere) ?? weakest(alike.filter((fact) => fact.entry === entry)) ?? weakest(alike);
  if (found) return { before, after: found, fate: "kept", strength: strengthAfter(before, found) };
  return { before, after: undefined, ...whatBecame(before, around) };
}

/** Of a fact that the head does not have. */
function whatBecame(
  fact: SigningFact,
  { before, after, makers, entryAfter }: Around,
): Pick<FactPair, "made" | "hidden" | "fate" | "strength"> {
  // Of an image, a fact exists wherever it is made; of what is attested about it, only where it is attested.
  const made = makers.find(({ artifact }) => artifact === fact.artifact || mayBeSame(artifact, fact.artifact));
  if (made) return { made, fate: "gone", strength: "none" };
  const is = after.get(entryAfter(fact.entry) ?? "");
  const hidden = is && hiddenIn(before.get(fact.entry), is);
  if (hidden) return { hidden, fate: "gone", strength: "unknown" };
  return { fate: fact.producer === undefined ? "gone" : "retired", strength: "none" };
}

function hiddenNode({ references, owner }: Entry): SourceNode {
  return references[0]?.node ?? owner.node;
}

/** What an entry runs out of sight now, and did not: it may make and sign anything. */
function hiddenIn(was: Entry | undefined, is: Entry): SourceNode | undefined {
  const known = new Set(
    (was?.tasks ?? []).flatMap(({ task }) => (task.reference ? [textOfReference(task.reference)] : [])),
  );
  const task = is.tasks.find(
    ({ unit, task: one }) =>
      !unit && one.reference && one.reference.kind !== "custom" && !known.has(textOfReference(one.reference)),
  );
  return task?.task.node;
}

function weakest(facts: readonly SigningFact[]): SigningFact | undefined {
  return facts.toSorted((a, b) => rankOfStrength(a.strength) - rankOfStrength(b.strength))[0];
}

/** Two destinations of which at least one is open, and that can be one. */
function mayBeSame(a: string, b: string): boolean {
  const [left, right] = [prefixOf(a), prefixOf(b)];
  if (left.isWhole && right.isWhole) return a === b;
  return left.text.startsWith(right.text) || right.text.startsWith(left.text);
}

/** Who may sign in the head and did not count in the base is no replacement for who did. */
function strengthAfter(before: SigningFact, after: SigningFact): FactStrength {
  if (after.strength !== "unknown" || before.strength === "unknown") return after.strength;
  const known = new Set(
    before.signatures.flatMap(({ mechanism, references }) =>
      mechanism === "opaque" ? references.map(({ text }) => text) : [],
    ),
  );
  const isOld = after.signatures.every(
    ({ mechanism, references }) =>
      mechanism === "opaque" && references.length > 0 && references.every(({ text }) => known.has(text)),
  );
  return isOld ? "none" : "unknown";
}
