import { mayOverlap, parseRepositoryPattern } from "../../pattern.ts";
import type { ImageFamily } from "../../trust-policy.ts";
import type { LossDraft } from "../engine.ts";

/** What a family matches there, what it skips, and what has to be denied for it to be no more than here. */
export type KyvernoImages = {
  readonly references: readonly string[];
  readonly skip: readonly string[];
  readonly denied: readonly string[];
  readonly losses: readonly LossDraft[];
};

type Printed = { readonly references: readonly string[]; readonly excess: readonly string[] };

/** Image patterns in the language of Kyverno, where a star crosses slashes: what is too much is skipped and denied. */
export function toKyvernoImages({ images, except }: Pick<ImageFamily, "images" | "except">): KyvernoImages {
  const printed = images.map((pattern) => toReferences(pattern));
  const unsaid = images.filter((_, i) => !printed[i]);
  const all = printed.flatMap((one) => one ?? []);
  const excepted = except.map((pattern) => toReferences(pattern));
  const vague = except.filter((_, i) => (excepted[i]?.excess.length ?? 1) > 0);
  const exact = excepted.flatMap((one) => (one?.excess.length === 0 ? one.references : []));
  // What cannot be skipped exactly has to meet the family too, and is denied unless another family has it.
  const covering = excepted.flatMap((one) => one?.references ?? []);
  const excess = all.flatMap((one) => one.excess);
  const losses: LossDraft[] = [];
  if (unsaid.length > 0) losses.push(imageLoss(`${unsaid.join(", ")} cannot be written, and is denied`));
  if (images.some(isLibrary))
    losses.push(imageLoss("docker.io/library/… is matched only where the Pod writes it in full"));
  if (vague.length > 0) {
    losses.push({
      field: "except",
      kind: "narrowed",
      effect: `what the family excepts by ${vague.join(", ")} is denied there, and all below it`,
      remedy: "End exceptions in /**, or name repositories.",
    });
  }
  return {
    references: all.flatMap((one) => one.references),
    skip: [...exact, ...excess],
    denied: [...covering, ...excess],
    losses,
  };
}

/** Whether an exception can be told in the language at all; one that cannot would be admitted with its family. */
export function canExcept({ except }: Pick<ImageFamily, "except">): boolean {
  return except.every((pattern) => toReferences(pattern) !== undefined);
}

function imageLoss(effect: string): LossDraft {
  return { field: "images", kind: "narrowed", effect, remedy: "Name repositories, or end patterns in /**." };
}

function isLibrary(pattern: string): boolean {
  const [here, hub] = [parseRepositoryPattern(pattern), parseRepositoryPattern("docker.io/library/*")];
  if (!pattern.includes("*") || here.startsWith("TP") || hub.startsWith("TP")) return false;
  const isHere = (one: typeof here): one is Exclude<typeof here, "TP101" | "TP102" | "TP103"> => !one.startsWith("TP");
  return isHere(here) && isHere(hub) && mayOverlap(here, hub);
}

function toReferences(pattern: string): Printed | undefined {
  if (!pattern.includes("*")) {
    const spellings = [pattern, ...(pattern.startsWith("docker.io/library/") ? [pattern.replace("library/", "")] : [])];
    return { references: spellings.flatMap((one) => [`${one}:*`, `${one}@*`]), excess: [] };
  }
  if (/^[^*]*\/\*\*$/.test(pattern)) return { references: [pattern.slice(0, -1)], excess: [] };
  if (/^[^*]*\*$/.test(pattern)) return { references: [pattern], excess: [`${pattern}/*`] };
  return undefined;
}
