import { isSigningReference } from "../../lint/signing.ts";
import type { Entry, EntryTask } from "./entry.ts";
import type { FactSignature } from "./fact.ts";
import { guardsOf, runsOf } from "./guards.ts";
import { mentionsSigner, toFactReference, type Producers, type Signing } from "./signings.ts";
import { loweredByTask } from "./strength.ts";
import type { Values } from "./values.ts";

type Around = { readonly entry: Entry; readonly values: Values; readonly producers: Producers };

/**
 * Tasks that are given an artifact and whose content is not in sight, or could not be read: each of them may sign it,
 * and none of them is known to.
 */
export function opaqueSignaturesOf(artifact: string, around: Around): readonly Signing[] {
  const { entry, producers } = around;
  const makers = producers.get(artifact) ?? new Set();
  return entry.tasks
    .filter(({ task }) => !makers.has(task.name) && task.uses.some((use) => makers.has(use.task)))
    .flatMap((at) => {
      const node = at.unit ? unreadIn(at) : at.task.node;
      if (!node) return [];
      return [{ artifact, family: "image" as const, signature: toOpaque(at, around, { makers, node }) }];
    });
}

function unreadIn({ unit, scene }: EntryTask): FactSignature["node"] | undefined {
  if (!unit) return undefined;
  for (const facts of scene.stepsOf(unit)) {
    const script = facts.signings.length === 0 ? mentionsSigner(facts) : undefined;
    if (script) return script;
    if (facts.step.origin === "opaque" && !(facts.step.reference && isSigningReference(facts.step.reference)))
      return facts.step.node;
  }
  return undefined;
}

type Here = { readonly makers: ReadonlySet<string>; readonly node: FactSignature["node"] };

function toOpaque(at: EntryTask, { entry, values }: Around, { makers, node }: Here): FactSignature {
  const { task } = at;
  const steps = at.unit
    ? at.scene
        .stepsOf(at.unit)
        .flatMap(({ step }) =>
          step.reference ? [toFactReference(`step ${step.name}`, step.reference, step.origin !== "opaque")] : [],
        )
    : [];
  return {
    mechanism: "opaque",
    strength: runsOf(at, values).runs === "never" ? "none" : "unknown",
    lowered: loweredByTask(at, entry, values, makers),
    isolation: "separate",
    exposure: "",
    identity: `${entry.namespace === "" ? "?" : entry.namespace}/${at.account ?? "?"}`,
    subject: "",
    binding: "none",
    image: undefined,
    weakenings: [],
    hasTimestamp: false,
    tokens: [],
    guards: guardsOf(at, entry, values, makers),
    references: [...(task.reference ? [toFactReference(`task ${task.name}`, task.reference, false)] : []), ...steps],
    node,
  };
}
