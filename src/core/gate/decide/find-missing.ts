import {
  closedValues,
  isEmptyChoice,
  isOpaque,
  mayBeAbsent,
  meetChoices,
  meetTimes,
  type ChoiceSet,
  type Dimension,
  type DimensionSet,
  type TextSet,
  type TimeSet,
} from "../form/dimension.ts";
import {
  areZonesApart,
  isImplied,
  literalsOf,
  narrow,
  turnedRound,
  type Literal,
  type Point,
  type Zone,
} from "../form/zone.ts";
import { comparePoints } from "./prefer.ts";
import type { Searcher } from "./searcher.ts";

/** A zone with its conditions, so that they are taken apart once. */
export type Cover = {
  readonly zone: Zone;
  readonly literals: readonly Literal[];
  /** The same sets, those first that most zones have nothing in common with. */
  readonly sets: readonly (readonly [Dimension, DimensionSet])[];
};

/** A member of a zone that is in none of the others. */
export type Missing =
  | { readonly kind: "none" }
  | {
      readonly kind: "found";
      /** A value for every dimension that matters; an opaque predicate is false in it only where it has to be. */
      readonly point: Point;
    }
  | { readonly kind: "open"; readonly reason: "budget" | "cells" };

/** Cells that one question may be cut into. */
const CELLS_MAX = 20_000;

export function toCover(zone: Zone): Cover {
  const sets = [...zone].toSorted(([, a], [, b]) => prefixLength(b) - prefixLength(a));
  return { zone, literals: literalsOf(zone), sets };
}

function prefixLength(set: DimensionSet): number {
  return set.kind === "text" ? Math.max(-1, ...set.inside.map(({ prefix }) => prefix.length)) : -1;
}

/**
 * Is the zone inside the union of the others? Exact: the zone is cut along conditions until each of the others asks at
 * most one thing more of what is left; then dimensions are independent, and some member is missing exactly when every
 * dimension has a value that none of the others takes (change-gate chapter §1.3, box in a union of boxes).
 */
export function findMissing(zone: Zone, others: readonly Cover[], searcher: Searcher): Missing {
  return searchCell({ zone, others }, { searcher, cells: { left: CELLS_MAX } });
}

type Cell = { readonly zone: Zone; readonly others: readonly Cover[] };
type Search = { readonly searcher: Searcher; readonly cells: { left: number } };
/** One of the others, and what it asks beyond what the cell already says. */
type Rest = { readonly cover: Cover; readonly literals: readonly Literal[] };

function searchCell({ zone, others }: Cell, search: Search): Missing {
  search.cells.left -= 1;
  if (search.cells.left < 0) return { kind: "open", reason: "cells" };
  const rests: Rest[] = [];
  for (const cover of others) {
    if (areZonesApart(zone, cover.sets)) continue;
    const literals = cover.literals.filter((literal) => !isImplied(zone, literal));
    if (literals.length === 0) return { kind: "none" };
    rests.push({ cover, literals });
  }
  const cut = literalToCut(rests);
  if (!cut) return searchLeaf(zone, rests, search);
  const left = rests.map(({ cover }) => cover);
  const parts = [narrow(zone, turnedRound(cut)), narrow(zone, cut)];
  const best = bestOf(parts.flatMap((part) => (part ? [searchCell({ zone: part, others: left }, search)] : [])));
  return isOpaque(cut.dimension) ? withoutHeld(best, cut.dimension) : best;
}

/** Nothing ever asks for an opaque predicate to be false, so what is missing where it holds is missing where it does not. */
function withoutHeld(answer: Missing, dimension: Dimension): Missing {
  if (answer.kind !== "found" || answer.point.get(dimension) !== "true") return answer;
  return { kind: "found", point: new Map([...answer.point].filter(([name]) => name !== dimension)) };
}

/** Of those that ask several things: the cheapest to decide, so that texts with patterns come last. */
function literalToCut(rests: readonly Rest[]): Literal | undefined {
  const candidates = rests.filter(({ literals }) => literals.length > 1).flatMap(({ literals }) => literals);
  return candidates.find(({ set }) => set.kind !== "text") ?? candidates.find(isExact) ?? candidates[0];
}

function isExact({ set }: Literal): boolean {
  return set.kind === "text" && set.inside.some(({ exact }) => exact !== undefined);
}

/** Found beats open beats none; of several found, one that needs no opaque predicate, then the smallest. */
export function bestOf(answers: readonly Missing[]): Missing {
  const found = answers.filter((answer) => answer.kind === "found").toSorted(compareFound);
  return found[0] ?? answers.find(({ kind }) => kind === "open") ?? { kind: "none" };
}

type Found = Extract<Missing, { readonly kind: "found" }>;

function compareFound(a: Found, b: Found): number {
  return opaqueCount(a) - opaqueCount(b) || comparePoints(a.point, b.point);
}

function opaqueCount({ point }: Found): number {
  return failedPredicates(point).length;
}

/** The opaque predicates that a point takes to be false. */
export function failedPredicates(point: Point): readonly Dimension[] {
  return [...point].flatMap(([dimension, value]) => (isOpaque(dimension) && value === "false" ? [dimension] : []));
}

function searchLeaf(zone: Zone, rests: readonly Rest[], { searcher }: Search): Missing {
  const asked = new Map<Dimension, Literal[]>();
  for (const { literals } of rests) {
    for (const literal of literals) asked.set(literal.dimension, [...(asked.get(literal.dimension) ?? []), literal]);
  }
  const point = new Map<Dimension, string | number>();
  let open = false;
  for (const dimension of [...new Set([...zone.keys(), ...asked.keys()])].toSorted(byCost)) {
    const answer = searchDimension({ dimension, set: zone.get(dimension) }, asked.get(dimension) ?? [], searcher);
    if (answer === "none") return { kind: "none" };
    if (answer === "open") open = true;
    else point.set(dimension, answer.value);
  }
  return open ? { kind: "open", reason: "budget" } : { kind: "found", point };
}

/** What costs nothing may make the searches unnecessary. */
function byCost(a: Dimension, b: Dimension): number {
  return Number(TEXTS.has(a)) - Number(TEXTS.has(b)) || (a < b ? -1 : 1);
}
const TEXTS: ReadonlySet<string> = new Set(["image", "namespace", "issuer", "san", "predicateType"]);

type Value = "none" | "open" | { readonly value: string | number };

/** A value of the dimension that the cell has and none of the conditions takes. */
function searchDimension(
  { dimension, set }: { readonly dimension: Dimension; readonly set: DimensionSet | undefined },
  literals: readonly Literal[],
  searcher: Searcher,
): Value {
  const sets = literals.map((literal) => turnedRound(literal).set);
  const kind = (set ?? sets[0])?.kind;
  if (kind === "choice") return pickChoice(dimension, [set, ...sets].filter(isChoice).reduce(meetChoices));
  if (kind === "time") return pickTime([set, ...sets].filter(isTime).reduce(meetTimes));
  const texts = [set, ...sets].filter(isText);
  const answer = searcher.find(dimension, {
    kind: "text",
    inside: texts.flatMap(({ inside }) => inside),
    outside: texts.flatMap(({ outside }) => outside),
  });
  return answer.kind === "found" ? { value: answer.text } : answer.kind;
}

type MaybeSet = DimensionSet | undefined;
const isChoice = (set: MaybeSet): set is ChoiceSet => set?.kind === "choice";
const isTime = (set: MaybeSet): set is TimeSet => set?.kind === "time";
const isText = (set: MaybeSet): set is TextSet => set?.kind === "text";

/** Absent before present, then the first name that is free. */
function pickChoice(dimension: Dimension, set: ChoiceSet): Value {
  if (isEmptyChoice(dimension, set)) return "none";
  if (!set.negated) return { value: set.values.toSorted((a, b) => a.length - b.length)[0] ?? "" };
  const closed = closedValues(dimension);
  const present = mayBeAbsent(dimension) ? "=" : "";
  const names = closed ?? [...(mayBeAbsent(dimension) ? [""] : []), ...freeNames(set.values.length + 1, present)];
  const free = names.find((name) => !set.values.includes(name));
  return free === undefined ? "none" : { value: free };
}

function freeNames(count: number, present: string): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${present}${i < 26 ? String.fromCodePoint(97 + i) : `x${i}`}`);
}

/** The first instant; before everything, the last one before the end. */
function pickTime({ spans }: TimeSet): Value {
  const [first] = spans;
  if (!first) return "none";
  if (Number.isFinite(first.from)) return { value: first.from };
  return { value: Number.isFinite(first.to) ? first.to - 1 : 0 };
}

/** A member of the zone. */
export function findMember(zone: Zone, searcher: Searcher): Missing {
  return findMissing(zone, [], searcher);
}
