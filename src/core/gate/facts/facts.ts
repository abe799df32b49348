import type { SourceNode } from "../../pipelines/definitions/source-node.ts";
import type { GateGap } from "../report.ts";
import { toArtifact } from "./artifact.ts";
import {
  chainsConfigOf,
  chainsMakes,
  chainsSignature,
  hintsOf,
  presetOfEntry,
  presetOfTask,
  type ChainsConfig,
} from "./chains.ts";
import { entriesOf, type Entry, type EntryTask } from "./entry.ts";
import {
  rankOfIsolation,
  rankOfStrength,
  type FactFamily,
  type FactSignature,
  type SigningFact,
  type VerifyingFact,
} from "./fact.ts";
import { opaqueSignaturesOf } from "./opaque.ts";
import { pushesOf } from "./pushes.ts";
import type { Revision } from "./revision.ts";
import { signingsOf, type Producers, type Signing } from "./signings.ts";
import { valuesOf, type Values } from "./values.ts";
import { verifyingsOf } from "./verifyings.ts";

/** All that the definitions of one side say about signing (change-gate chapter §5). */
export type RevisionFacts = {
  readonly revision: Revision;
  readonly entries: readonly Entry[];
  readonly facts: readonly SigningFact[];
  readonly verifying: readonly VerifyingFact[];
  readonly chains: ChainsConfig | undefined;
  /** Entries whose runs tell Chains that there is nothing to do, by the place that says so. */
  readonly presets: ReadonlyMap<string, SourceNode>;
  readonly gaps: readonly GateGap[];
};

/** Computes the facts of one side. Never throws. */
export function factsOf(revision: Revision): RevisionFacts {
  const entries = entriesOf(revision);
  const chains = chainsConfigOf(revision.scene.set);
  const all = entries.map((entry) => factsOfEntry(entry, chains));
  return {
    revision,
    entries,
    facts: all.flatMap(({ facts }) => facts),
    verifying: all.flatMap(({ verifying }) => verifying),
    chains,
    presets: new Map(all.flatMap(({ entry, preset }) => (preset ? [[entry.id, preset] as const] : []))),
    gaps: entries
      .filter(({ isOpaque }) => isOpaque)
      .map(({ id, owner }) => ({ what: id, why: "what it runs is not in the tree", file: owner.node.source.path })),
  };
}

type OfEntry = {
  readonly entry: Entry;
  readonly facts: readonly SigningFact[];
  readonly verifying: readonly VerifyingFact[];
  readonly preset: SourceNode | undefined;
};

type Made = {
  readonly artifact: string;
  readonly at: EntryTask;
  readonly node: SourceNode;
  readonly by: "push" | "hint" | "opaque";
};

function factsOfEntry(entry: Entry, chains: ChainsConfig | undefined): OfEntry {
  const values = valuesOf(entry);
  const made = entry.tasks.flatMap((at) => madeBy(at, entry, values));
  const producers: Producers = new Map(
    [...Map.groupBy(made, ({ artifact }) => artifact)].map(
      ([artifact, all]) => [artifact, new Set(all.map(({ at }) => at.task.name))] as const,
    ),
  );
  const around = { entry, values, producers };
  const signings = [
    ...entry.tasks.flatMap((at) => signingsOf({ ...around, at })),
    ...made.flatMap(({ artifact }) => opaqueSignaturesOf(artifact, around)),
    ...(chains ? chainsSignings(entry, values, chains) : []),
  ];
  const preset =
    presetOfEntry(entry) ?? entry.tasks.map((at) => presetOfTask(at, entry)).find((node) => node !== undefined);
  return { entry, facts: toFacts(entry, made, signings), verifying: verifyingsOf(around), preset };
}

/** What a task makes: where its steps push to; else what its results say; else what is taken from it. */
function madeBy(at: EntryTask, entry: Entry, values: Values): readonly Made[] {
  if (!at.unit) return madeByOpaque(at, entry, values);
  const pushed = at.scene.stepsOf(at.unit).flatMap((facts) =>
    pushesOf(facts).map(({ text, node }): Made => ({
      artifact: toArtifact(values.ofRun(values.ofStep(text, at, facts))),
      at,
      node,
      by: "push",
    })),
  );
  if (pushed.length > 0) return pushed;
  const signs = at.scene.isSigningTask(at.unit);
  // A signing Task may hand on the reference that it was given.
  return signs ? [] : hintsOf(at, values).map(({ artifact, node }) => ({ artifact, at, node, by: "hint" as const }));
}

const TAKEN = /(?:IMAGE_URL|IMAGE_DIGEST|IMAGE_REF|^IMAGES|ARTIFACT_(?:URI|DIGEST|OUTPUTS))$/;

function madeByOpaque(at: EntryTask, entry: Entry, values: Values): readonly Made[] {
  const { name, node } = at.task;
  const taken = entry.tasks
    .flatMap(({ task }) => task.uses)
    .filter((use) => use.task === name && TAKEN.test(use.result));
  if (taken.length === 0) return [];
  const place = taken.find(({ result }) => !result.endsWith("DIGEST"))?.result ?? "IMAGE_URL";
  const artifact = toArtifact(values.ofRun(values.ofTask(`$(tasks.${name}.results.${place})`)));
  return [{ artifact, at, node, by: "opaque" }];
}

function chainsSignings(entry: Entry, values: Values, chains: ChainsConfig): readonly Signing[] {
  if (presetOfEntry(entry)) return [];
  return entry.tasks
    .filter((at) => presetOfTask(at, entry) === undefined)
    .flatMap((at) =>
      hintsOf(at, values).flatMap(({ artifact, isImage, node }): readonly Signing[] => {
        const make = (family: FactFamily): Signing => ({
          artifact,
          family,
          signature: chainsSignature(chains, family, node),
        });
        return [
          ...(isImage && chainsMakes(chains, "oci") ? [make("image")] : []),
          ...(chainsMakes(chains, "taskrun") ? [make("provenance")] : []),
        ];
      }),
    );
}

function toFacts(entry: Entry, made: readonly Made[], signings: readonly Signing[]): readonly SigningFact[] {
  const byKey = Map.groupBy(signings, ({ artifact, family }) => keyOf(artifact, family));
  const makers = new Map(made.map((one) => [one.artifact, one]));
  for (const { artifact } of made) if (!byKey.has(keyOf(artifact, "image"))) byKey.set(keyOf(artifact, "image"), []);
  return [...byKey].map(([key, all]) => {
    const signatures = all.map(({ signature }) => signature).toSorted(bestFirst);
    const family = all[0]?.family ?? "image";
    const artifact = key.slice(family.length + 1);
    const maker = makers.get(artifact);
    return {
      entry: entry.id,
      artifact,
      family,
      signatures,
      strength: signatures[0]?.strength ?? "none",
      producer: maker && { task: maker.at.task.name, node: maker.node, by: maker.by },
      node: signatures[0]?.node ?? maker?.node ?? entry.owner.node,
    };
  });
}

function bestFirst(a: FactSignature, b: FactSignature): number {
  return (
    rankOfStrength(b.strength) - rankOfStrength(a.strength) ||
    rankOfIsolation(b.isolation) - rankOfIsolation(a.isolation)
  );
}

function keyOf(artifact: string, family: FactFamily): string {
  return `${family} ${artifact}`;
}
