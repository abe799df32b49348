import type { Imported } from "../imports/imported.ts";
import type { ImageFamily, TrustPolicySet } from "../trust-policy.ts";
import {
  isLooser,
  toLoss,
  type EngineId,
  type ExchangeContext,
  type Exported,
  type ExportedDocument,
  type Loss,
  type LossDraft,
} from "./engine.ts";
import { proveNoMore } from "./prove.ts";
import { setLosses as setLossesOf, type SetReach } from "./set-losses.ts";
import { nameLogs } from "./logs.ts";
import { weaken } from "./weaken.ts";

/** What is made of one family: its part of the documents, absent where nothing can be said, and what is lost. */
export type FamilyPart<T> = { readonly part?: T; readonly losses: readonly LossDraft[] };

/** A family with what an engine takes of it. */
export type KeptFamily<T> = { readonly family: ImageFamily; readonly part: T; readonly losses: readonly Loss[] };

/** How one engine's documents are made. */
export type Engine<T> = {
  readonly id: EngineId;
  readonly exportFamily: (family: ImageFamily, policy: TrustPolicySet, context: ExchangeContext) => FamilyPart<T>;
  /** `refused`: families of which nothing may be admitted. */
  readonly assemble: (of: Assembly<T>) => readonly ExportedDocument[];
  readonly setLosses: (policy: TrustPolicySet) => readonly LossDraft[];
  readonly reach: SetReach;
  /** Reads the documents as the engine does. */
  readonly readBack: (documents: readonly ExportedDocument[], context: ExchangeContext) => Imported;
};
export type Assembly<T> = {
  readonly policy: TrustPolicySet;
  readonly kept: readonly KeptFamily<T>[];
  readonly refused: readonly ImageFamily[];
  readonly accepted: readonly string[];
  readonly setLosses: readonly Loss[];
  readonly context: ExchangeContext;
};

/**
 * Exports a policy to an engine. A family that would lose a check, or let more through, is refused unless each such loss
 * is accepted by its id. What is left is read back as the engine reads it and proven to admit no more than the policy
 * without what was accepted; what is not proven is a loss as well (trust-policy chapter §2.1).
 */
export function exportPolicy<T>(
  engine: Engine<T>,
  policy: TrustPolicySet,
  accepted: ReadonlySet<string>,
  context: ExchangeContext,
): Exported {
  const named = { engine: engine.id, accepted };
  const ofSet = [...engine.setLosses(policy), ...setLossesOf(policy, context.exceptions ?? [], engine.reach)];
  const setLosses = ofSet.map((draft) => toLoss(draft, { ...named, family: "*" }));
  const judged = policy.families.map((family) => {
    const { part, losses } = engine.exportFamily(family, policy, context);
    return { family, part, losses: unique(losses).map((draft) => toLoss(draft, { ...named, family: family.name })) };
  });
  const proofs: Loss[] = [];
  // Each round refuses a family at least, so there are no more rounds than families.
  for (let round = 0; round <= policy.families.length; round++) {
    const kept = judged.flatMap(({ family, part, losses }): readonly KeptFamily<T>[] => {
      const own = [...losses, ...proofs.filter((loss) => loss.family === family.name)];
      return part === undefined || own.some(isRefusing) ? [] : [{ family, part, losses: own }];
    });
    const isKept = new Set(kept.map(({ family }) => family.name));
    const refused = policy.families.filter(({ name }) => !isKept.has(name));
    const used = [...setLosses, ...kept.flatMap(({ losses }) => losses)].filter((loss) => loss.accepted);
    const ids = used.map(({ id }) => id);
    const documents = engine.assemble({ policy, kept, refused, accepted: ids, setLosses, context });
    const unproven = kept.length === 0 ? [] : prove(documents, { engine, policy, kept, setLosses, context });
    const fresh = unique(unproven)
      .map(({ family, ...draft }) => toLoss(draft, { ...named, family }))
      .filter(({ id }) => !proofs.some((known) => known.id === id));
    proofs.push(...fresh);
    if (!fresh.some(isRefusing)) {
      const losses = [...setLosses, ...judged.flatMap((one) => one.losses), ...proofs];
      return { documents, losses, refused: refused.map(({ name }) => name) };
    }
  }
  return { documents: [], losses: [...setLosses, ...proofs], refused: policy.families.map(({ name }) => name) };
}

function isRefusing(loss: Loss): boolean {
  return isLooser(loss) && !loss.accepted;
}

/** Of several of one id, one that lets more through is told: it has to be accepted. */
function unique<T extends LossDraft>(drafts: readonly T[]): readonly T[] {
  const told = new Map<string, T>();
  for (const draft of drafts) {
    const key = `${draft.field}/${draft.part ?? ""}`;
    const before = told.get(key);
    if (!before || (isLooser(draft) && !isLooser(before))) told.set(key, draft);
  }
  return [...told.values()];
}

type Proof<T> = {
  readonly engine: Engine<T>;
  readonly policy: TrustPolicySet;
  readonly kept: readonly KeptFamily<T>[];
  readonly setLosses: readonly Loss[];
  readonly context: ExchangeContext;
};

function prove<T>(
  documents: readonly ExportedDocument[],
  { engine, policy, kept, setLosses, context }: Proof<T>,
): readonly (LossDraft & { readonly family: string })[] {
  const read = engine.readBack(documents, context);
  const told = [...setLosses, ...kept.flatMap(({ losses }) => losses)];
  const known = new Set<string>(told.map(({ field }) => field));
  // What could not be read was denied by the reader, and perhaps not by the engine: nothing is proven by it.
  const unread = read.losses.filter(({ field, kind }) => kind !== "note" && !known.has(field));
  const misread = unread.flatMap(({ where, effect }) =>
    kept.map(({ family }) => ({ family: family.name, effect: `${where} could not be read back: ${effect}` })),
  );
  const unproven = proveNoMore({
    read: { ...read.policy, authorities: nameLogs(read.policy.authorities, context) },
    source: kept.map(({ family, losses }) => {
      const weak = weaken(policy, family, losses);
      return { ...weak, authorities: nameLogs(weak.authorities, context) };
    }),
    patterns: context.patterns,
  });
  return [...misread, ...unproven].map(({ family, effect }) => ({
    family,
    field: "proof",
    kind: "widened",
    effect: `it is not proven that no more is admitted: ${effect}`,
    remedy: "Simplify the family, or compare both verifiers with countersign drill before accepting this.",
  }));
}

/** The comments above a family's documents. */
export function lossComments(losses: readonly Loss[]): readonly string[] {
  return losses.map(({ id, kind, effect, accepted }) => `${id}: ${kind}${accepted ? ", accepted" : ""}: ${effect}`);
}
