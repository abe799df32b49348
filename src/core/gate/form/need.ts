import { zoneKey, type Zone } from "./zone.ts";

/** Pieces of evidence with something in common. `key` is the same for boxes that say the same. */
export type Box = { readonly key: string; readonly zone: Zone; readonly origin: Origin };

/** Where a part of a policy is written. */
export type Origin = {
  readonly file: string;
  /** Number of the document in the file, from 0. */
  readonly document: number;
  readonly pointer: string;
  readonly line: number;
};

/**
 * What the evidence has to be: a monotone formula over "there is a piece of evidence in this box". More evidence never
 * turns a yes into a no.
 */
export type Need =
  | { readonly op: "some"; readonly box: Box }
  | { readonly op: "all"; readonly of: readonly Need[] }
  | { readonly op: "any"; readonly of: readonly Need[] }
  | { readonly op: "atLeast"; readonly n: number; readonly of: readonly Need[] };

/** Always met, and never. */
export const NOTHING_NEEDED: Need = { op: "all", of: [] };
export const NEVER_MET: Need = { op: "any", of: [] };

export function someOf(zone: Zone, origin: Origin): Need {
  return { op: "some", box: { key: zoneKey(zone), zone, origin } };
}

export function allOf(needs: readonly Need[]): Need {
  const [only, ...others] = needs;
  return only && others.length === 0 ? only : { op: "all", of: needs };
}

export function anyOf(needs: readonly Need[]): Need {
  const [only, ...others] = needs;
  return only && others.length === 0 ? only : { op: "any", of: needs };
}

/** Whether a need is met when a box answers as told. Exact: a formula without negation has no other reading. */
export function isMet(need: Need, answers: (box: Box) => boolean): boolean {
  switch (need.op) {
    case "some":
      return answers(need.box);
    case "all":
      return need.of.every((part) => isMet(part, answers));
    case "any":
      return need.of.some((part) => isMet(part, answers));
    case "atLeast":
      return need.of.filter((part) => isMet(part, answers)).length >= need.n;
    default:
      return need satisfies never;
  }
}

/** Every box of a need, in the order written. */
export function boxesOf(need: Need): readonly Box[] {
  return need.op === "some" ? [need.box] : need.of.flatMap(boxesOf);
}

/** The same for needs that say the same, whatever the order of their parts. */
export function needKey(need: Need): string {
  if (need.op === "some") return need.box.key;
  const parts = [...new Set(need.of.map(needKey))].toSorted();
  // A threshold counts repeated parts, so they stay.
  if (need.op === "atLeast") return JSON.stringify(["atLeast", need.n, need.of.map(needKey).toSorted()]);
  return parts.length === 1 ? (parts[0] ?? "") : JSON.stringify([need.op, parts]);
}
