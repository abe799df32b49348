import { bug } from "../../bug.ts";
import { closedValues, mayBeAbsent, type Dimension } from "../form/dimension.ts";
import { boxesOf, isMet, type Need } from "../form/need.ts";
import { ENGINE_DOWN, type Rule, type System } from "../form/system.ts";
import { holdsText } from "../form/text-language.ts";
import { holdsPoint, type Point, type Zone } from "../form/zone.ts";

/** One admission: a request, and the evidence that there is for its image. What is left out may be anything. */
export type Tuple = { readonly place: Point; readonly evidence: readonly Point[] };

/** How texts are matched; the searches for witnesses share nothing with it. */
export type Matching = typeof holdsText;

/** Whether a system admits a tuple: straight from its definition, rule by rule, without automata (change-gate chapter §1.2). */
export function admits(system: System, tuple: Tuple, matches: Matching = holdsText): boolean {
  const { place, evidence } = tuple;
  const isDown = evidence.some((piece) => piece.get("root") === ENGINE_DOWN);
  const matched = system.rules.filter((rule) => isIn(rule, place, matches));
  const failing =
    (matched.length === 0 && system.unmatched.kind === "deny") ||
    matched.some(
      ({ mode, need, onError }) =>
        mode === "deny" && !(onError === "admit" && isDown) && !isNeedMet(need, evidence, matches),
    );
  return !system.reach.some(
    ({ zones, onError }) =>
      failing && !(onError === "admit" && isDown) && zones.some((zone) => holdsPoint(zone, place, matches)),
  );
}

function isIn({ where, except }: Rule, place: Point, matches: Matching): boolean {
  return (
    where.some((zone) => holdsPoint(zone, place, matches)) && !except.some((zone) => holdsPoint(zone, place, matches))
  );
}

/** Whether the evidence is what a need asks for. */
export function isNeedMet(need: Need, evidence: readonly Point[], matches: Matching = holdsText): boolean {
  return isMet(need, ({ zone }) => evidence.some((piece) => holdsPoint(zone, piece, matches)));
}

/**
 * Gives a value to whatever a witness leaves open and one of the systems looks at. Any value would do, if the witness is
 * right; so it takes the plainest.
 */
export function completeTuple(tuple: Tuple, systems: readonly System[]): Tuple {
  return completing(systems)(tuple);
}

/** The same for many tuples: what the systems look at is gathered once. */
function completing(systems: readonly System[]): (tuple: Tuple) => Tuple {
  const places = dimensionsOf(
    systems.flatMap(({ rules, reach }) => [
      ...rules.flatMap(({ where, except }) => [...where, ...except]),
      ...reach.flatMap(({ zones }) => zones),
    ]),
  );
  const pieces = dimensionsOf(
    systems.flatMap(({ rules }) => rules.flatMap(({ need }) => boxesOf(need).map(({ zone }) => zone))),
  );
  return ({ place, evidence }) => ({
    place: completePoint(place, places),
    evidence: evidence.map((piece) => completePoint(piece, pieces)),
  });
}

function dimensionsOf(zones: readonly Zone[]): ReadonlySet<Dimension> {
  return new Set(zones.flatMap((zone) => [...zone.keys()]));
}

function completePoint(point: Point, dimensions: ReadonlySet<Dimension>): Point {
  const filled = new Map(point);
  for (const dimension of dimensions) if (!filled.has(dimension)) filled.set(dimension, plainest(dimension));
  return filled;
}

function plainest(dimension: Dimension): string | number {
  if (dimension === "time") return 0;
  if (mayBeAbsent(dimension)) return "";
  return closedValues(dimension)?.[0] ?? "a";
}

/** Puts witnesses to the plain evaluator: a search that is wrong must end the run, never pass. */
export function confirmWitnesses(
  sides: { readonly admitting: System; readonly refusing: System },
  tuples: readonly Tuple[],
  matches: Matching = holdsText,
): void {
  const { admitting, refusing } = sides;
  const complete = completing([admitting, refusing]);
  for (const tuple of tuples) {
    const whole = complete(tuple);
    if (admits(admitting, whole, matches) && !admits(refusing, whole, matches)) continue;
    bug(`the gate's witness is none: ${JSON.stringify([[...whole.place], whole.evidence.map((piece) => [...piece])])}`);
  }
}
