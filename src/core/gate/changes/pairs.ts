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
  const paired = before.facts.map((fact) => pairOf(fact, { before, after, byKey, entryAfter, isNew }));
  const found = new Set(paired.map((pair) => pair.after));
  const fresh = after.facts
    .filter((fact) => !found.has(fact) && isNew(fact))
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

type Around = {
  readonly before: RevisionFacts;
  readonly after: RevisionFacts;
  readonly byKey: ReadonlyMap<string, SigningFact>;
  readonly entryAfter: PipelineChange["entryAfter"];
  readonly isNew: (fact: SigningFact) => boolean;
};

function pairOf(before: SigningFact, around: Around): FactPair {
  const { after, byKey, entryAfter, isNew } = around;
  const entry = entryAfter(before.entry);
  const same = entry === undefined ? undefined : byKey.get(keyOf(entry, before));
  // What the same entry runs out of sight comes before what others do in sight.
  const opaque = same ? undefined : entryOf(after, entry);
  if (opaque?.isOpaque)
    return { before, after: undefined, ...whatBecame(before, { ...around, after: { ...after, facts: [] } }) };
  const elsewhere = after.facts.filter((fact) => fact.artifact === before.artifact && fact.family === before.family);
  const alike = after.facts.filter(
    (fact) => fact.family === before.family && isNew(fact) && mayBeSame(before.artifact, fact.artifact),
  );
  const found = same ?? weakest(elsewhere) ?? weakest(alike.filter((fact) => fact.entry === entry)) ?? weakest(alike);
  if (found) return { before, after: found, fate: "kept", strength: strengthAfter(before, found) };
  return { before, after: undefined, ...whatBecame(before, around) };
}

/** Of a fact that the head does not have. */
function whatBecame(
  fact: SigningFact,
  { before, after, entryAfter }: Around,
): Pick<FactPair, "made" | "hidden" | "fate" | "strength"> {
  // Of an image, a fact exists wherever it is made; of what is attested about it, only where it is attested.
  const made = after.facts.find(
    ({ artifact, producer }) =>
      producer !== undefined && (artifact === fact.artifact || mayBeSame(artifact, fact.artifact)),
  );
  if (made) return { made, fate: "gone", strength: "none" };
  const [was, is] = [entryOf(before, fact.entry), entryOf(after, entryAfter(fact.entry))];
  const hidden = is && hiddenIn(was, is);
  if (hidden) return { hidden, fate: "gone", strength: "unknown" };
  return { fate: fact.producer === undefined ? "gone" : "retired", strength: "none" };
}

function entryOf({ entries }: RevisionFacts, id: string | undefined): Entry | undefined {
  return id === undefined ? undefined : entries.find((entry) => entry.id === id);
}

/** What an entry runs out of sight now, and did not: it may make and sign anything. */
function hiddenIn(was: Entry | undefined, is: Entry): SourceNode | undefined {
  if (is.isOpaque) return is.references[0]?.node ?? is.owner.node;
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
