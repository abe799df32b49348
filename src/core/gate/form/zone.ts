import { unreachable } from "../../bug.ts";
import {
  choice,
  holdsChoice,
  isChoiceInside,
  isEmptyChoice,
  meetChoices,
  meetTimes,
  otherChoice,
  otherTime,
  type ChoiceSet,
  type Dimension,
  type DimensionSet,
  type TextSet,
  type TimeSet,
} from "./dimension.ts";
import { areApart, holdsText, type TextLanguage } from "./text-language.ts";

/**
 * A product of sets, one for each dimension that it says anything about: of requests, or of pieces of evidence. The
 * empty map is everything.
 */
export type Zone = ReadonlyMap<Dimension, DimensionSet>;

/** One condition of a zone: the smallest thing that can be turned round. */
export type Literal = { readonly dimension: Dimension; readonly set: DimensionSet };

/** One member of a zone: a value for each dimension that matters, any value for the others. */
export type Point = ReadonlyMap<Dimension, string | number>;

export const EVERYWHERE: Zone = new Map<Dimension, DimensionSet>();

export function textIn(dimension: Dimension, language: TextLanguage): Literal {
  return { dimension, set: { kind: "text", inside: [language], outside: [] } };
}
export function choiceIn(dimension: Dimension, values: readonly string[], negated = false): Literal {
  return { dimension, set: choice(values, negated) };
}

/** Makes a zone of conditions; `undefined` when they show that nothing meets all of them. */
export function toZone(...literals: readonly Literal[]): Zone | undefined {
  return narrow(EVERYWHERE, ...literals);
}

/** Adds conditions; `undefined` when they show that nothing is left. What is left may still be nothing. */
export function narrow(zone: Zone, ...literals: readonly Literal[]): Zone | undefined {
  if (literals.length === 0) return zone;
  const made = new Map(zone);
  for (const { dimension, set } of literals) {
    const before = made.get(dimension);
    const met = before ? meet(before, set) : set;
    if (isVisiblyEmpty(dimension, met)) return undefined;
    made.set(dimension, met);
  }
  return made;
}

/** What two zones have in common; `undefined` when they show that it is nothing. */
export function meetZones(a: Zone, b: Zone): Zone | undefined {
  return narrow(a, ...literalsOf(b));
}

/** Whether two zones show that they have nothing in common; makes nothing, since it is asked most often. */
export function areZonesApart(a: Zone, b: Iterable<readonly [Dimension, DimensionSet]>): boolean {
  for (const [dimension, set] of b) {
    const other = a.get(dimension);
    if (other && areSetsApart(dimension, other, set)) return true;
  }
  return false;
}

function areSetsApart(dimension: Dimension, a: DimensionSet, b: DimensionSet): boolean {
  if (a.kind === "text" && b.kind === "text") {
    return (
      a.inside.some((one) => b.inside.some((other) => areApart(one, other))) ||
      a.inside.some((one) => b.outside.some(({ key }) => key === one.key)) ||
      b.inside.some((one) => a.outside.some(({ key }) => key === one.key))
    );
  }
  if (a.kind === "choice" && b.kind === "choice") {
    if (!a.negated && !b.negated) return !a.values.some((value) => b.values.includes(value));
    return isEmptyChoice(dimension, meetChoices(a, b));
  }
  return a.kind === "time" && b.kind === "time" && meetTimes(a, b).spans.length === 0;
}

/** What is left of a zone without another, in parts that do not overlap. */
export function subtract(zone: Zone, other: Zone): readonly Zone[] {
  const parts: Zone[] = [];
  let inside: Zone | undefined = zone;
  for (const literal of literalsOf(other)) {
    if (!inside) return parts;
    const outside = narrow(inside, turnedRound(literal));
    if (outside) parts.push(outside);
    inside = narrow(inside, literal);
  }
  return parts;
}

/** The conditions of a zone one by one. */
export function literalsOf(zone: Zone): readonly Literal[] {
  return [...zone].flatMap(([dimension, set]): readonly Literal[] => {
    if (set.kind !== "text") return [{ dimension, set }];
    return [
      ...set.inside.map((language) => textIn(dimension, language)),
      ...set.outside.map((language): Literal => ({
        dimension,
        set: { kind: "text", inside: [], outside: [language] },
      })),
    ];
  });
}

/** The opposite of one condition. */
export function turnedRound({ dimension, set }: Literal): Literal {
  switch (set.kind) {
    case "text":
      return { dimension, set: { kind: "text", inside: set.outside, outside: set.inside } };
    case "choice":
      return { dimension, set: otherChoice(set) };
    case "time":
      return { dimension, set: otherTime(set) };
    default:
      return unreachable(set);
  }
}

/** Whether a zone shows that all of it meets the condition. */
export function isImplied(zone: Zone, { dimension, set }: Literal): boolean {
  const has = zone.get(dimension);
  if (!has) return false;
  switch (set.kind) {
    case "text":
      return has.kind === "text" && isTextImplied(has, set);
    case "choice":
      return has.kind === "choice" && isChoiceInside(dimension, has, set);
    case "time":
      return has.kind === "time" && meetTimes(has, otherTime(set)).spans.length === 0;
    default:
      return unreachable(set);
  }
}

function isTextImplied(has: TextSet, { inside, outside }: TextSet): boolean {
  const exact = has.inside.find((language) => language.exact !== undefined)?.exact;
  return (
    inside.every(
      (language) =>
        has.inside.some(({ key }) => key === language.key) || (exact !== undefined && holdsText(language, exact)),
    ) &&
    outside.every(
      (language) =>
        has.outside.some(({ key }) => key === language.key) ||
        has.inside.some((one) => areApart(one, language)) ||
        (exact !== undefined && !holdsText(language, exact)),
    )
  );
}

function meet(a: DimensionSet, b: DimensionSet): DimensionSet {
  if (a.kind === "text" && b.kind === "text") {
    return { kind: "text", inside: join(a.inside, b.inside), outside: join(a.outside, b.outside) };
  }
  if (a.kind === "choice" && b.kind === "choice") return meetChoices(a, b);
  return meetTimes(asTime(a), asTime(b));
}

function asTime(set: DimensionSet): TimeSet {
  return set.kind === "time" ? set : { kind: "time", spans: [] };
}

function join(a: readonly TextLanguage[], b: readonly TextLanguage[]): readonly TextLanguage[] {
  const fresh = b.filter(({ key }) => !a.some((one) => one.key === key));
  return fresh.length === 0 ? a : [...a, ...fresh];
}

function isVisiblyEmpty(dimension: Dimension, set: DimensionSet): boolean {
  if (set.kind === "choice") return isEmptyChoice(dimension, set);
  return set.kind === "time" ? set.spans.length === 0 : isTextVisiblyEmpty(set);
}

/** Without a search: contradictions, and whatever an exact text decides. */
function isTextVisiblyEmpty({ inside, outside }: TextSet): boolean {
  const exact = inside.find((language) => language.exact !== undefined)?.exact;
  if (exact !== undefined) {
    return (
      inside.some((language) => !holdsText(language, exact)) || outside.some((language) => holdsText(language, exact))
    );
  }
  return (
    inside.some((one) => outside.some(({ key }) => key === one.key)) ||
    inside.some((one, i) => inside.slice(i + 1).some((other) => areApart(one, other)))
  );
}

/** Whether a point is in a zone. A dimension that the point leaves open is in it only where the zone says nothing. */
export function holdsPoint(zone: Zone, point: Point, matches: typeof holdsText = holdsText): boolean {
  return [...zone].every(([dimension, set]) => {
    const value = point.get(dimension);
    return value !== undefined && holdsValue(set, value, matches);
  });
}

function holdsValue(set: DimensionSet, value: string | number, matches: typeof holdsText): boolean {
  switch (set.kind) {
    case "text":
      return (
        typeof value === "string" &&
        set.inside.every((language) => matches(language, value)) &&
        !set.outside.some((language) => matches(language, value))
      );
    case "choice":
      return typeof value === "string" && holdsChoice(set, value);
    case "time":
      return typeof value === "number" && set.spans.some(({ from, to }) => value >= from && value < to);
    default:
      return unreachable(set);
  }
}

/** The same for zones that say the same. */
export function zoneKey(zone: Zone): string {
  return [...zone]
    .map(([dimension, set]) => `${dimension} ${setKey(set)}`)
    .toSorted()
    .join("\n");
}

function setKey(set: DimensionSet): string {
  switch (set.kind) {
    case "text":
      return JSON.stringify([keysOf(set.inside), keysOf(set.outside)]);
    case "choice":
      return choiceKey(set);
    case "time":
      return set.spans.map(({ from, to }) => `${from}..${to}`).join();
    default:
      return unreachable(set);
  }
}

function keysOf(languages: readonly TextLanguage[]): readonly string[] {
  return languages.map(({ key }) => key).toSorted();
}

function choiceKey({ values, negated }: ChoiceSet): string {
  return `${negated ? "not " : ""}${JSON.stringify(values)}`;
}
