import { isOpaque, type Dimension } from "../form/dimension.ts";
import { isMet, type Box, type Need } from "../form/need.ts";
import { areZonesApart, holdsPoint, meetZones, subtract, type Point, type Zone } from "../form/zone.ts";
import type { Clause } from "./clauses.ts";
import { toCoverIndex } from "./cover-index.ts";
import { bestOf, failedPredicates, findMember, findMissing, type Missing } from "./find-missing.ts";
import { ZONES_MAX, type Obligation } from "./obligations.ts";
import { comparePoints } from "./prefer.ts";
import type { Searcher } from "./searcher.ts";
import type { Tuple } from "./tuple.ts";

/** A tuple that one side admits and an obligation of the other refuses. */
export type Gained = {
  readonly tuple: Tuple;
  readonly refusing: Obligation;
  /** The clause of the obligation that the evidence does not meet. */
  readonly clause: Clause;
  /** What holds on the admitting side, none when nothing does. */
  readonly admitting: readonly Obligation[];
  /** The boxes of the admitting side that the evidence is in, and where the refusing side would have asked for more. */
  readonly boxes: readonly { readonly box: Box; readonly fails: readonly Dimension[] }[];
  /** It takes an opaque predicate to be false. */
  readonly isSymbolic: boolean;
};

/** A question about one obligation that stays open. */
export type Open = {
  readonly refusing: Obligation;
  readonly reason: "budget" | "cells" | "regions" | "terms" | "opaque";
  /** Opaque predicates of the admitting side alone, and of the refusing side alone. */
  readonly fresh: readonly Dimension[];
  readonly gone: readonly Dimension[];
};

export type Difference = { readonly gained: readonly Gained[]; readonly open: readonly Open[] };

/** What witnesses are looked for among; texts of evidence outside all of `evidence` are none. */
export type Candidates = { readonly searcher: Searcher; readonly evidence?: readonly Zone[] };

/**
 * Looks, for every obligation of the refusing side, for a tuple that breaks it and that the admitting side lets pass.
 * Exact up to its limits: it cuts the obligation's region by the regions of the other side, so that in each part it is
 * known which needs hold; those are a formula over boxes, and a tuple is left over exactly when the formula can be met
 * by boxes none of which lies inside the union of a clause of the obligation (change-gate chapter §1.3).
 */
export function findDifference(
  admitting: readonly Obligation[],
  refusing: readonly Obligation[],
  candidates: Candidates,
): Difference {
  const same = new Set(admitting.map(({ key }) => key));
  const opaque = new Set(refusing.flatMap(opaqueOf));
  const near = nearIn(admitting);
  const found = refusing
    .filter(({ key, clauses }) => !same.has(key) && clauses()?.length !== 0)
    .map((one) => differenceOf(one, { near, candidates, opaque }));
  return { gained: found.flatMap(({ gained }) => gained), open: found.flatMap(({ open }) => open) };
}

function opaqueOf({ zones, boxes }: Obligation): readonly Dimension[] {
  return [...zones, ...boxes.map(({ zone }) => zone)].flatMap((zone) => [...zone.keys()].filter(isOpaque));
}

/** The obligations that a zone can have something in common with, in their order. */
function nearIn(obligations: readonly Obligation[]): (zone: Zone) => readonly Obligation[] {
  const numbers = new Map<Zone, number[]>();
  for (const [i, { zones }] of obligations.entries()) {
    for (const zone of zones) numbers.set(zone, [...(numbers.get(zone) ?? []), i]);
  }
  const index = toCoverIndex([...numbers.keys()]);
  return (zone) => {
    const met = index.near(zone).filter(({ sets }) => !areZonesApart(zone, sets));
    const found = new Set(met.flatMap((cover) => numbers.get(cover.zone) ?? []));
    return [...found].toSorted((a, b) => a - b).flatMap((i) => obligations[i] ?? []);
  };
}

type Setting = {
  readonly near: (zone: Zone) => readonly Obligation[];
  readonly candidates: Candidates;
  /** Opaque predicates that the refusing side knows. */
  readonly opaque: ReadonlySet<Dimension>;
};

function differenceOf(refusing: Obligation, setting: Setting): Difference {
  const clauses = refusing.clauses();
  if (!clauses) return { gained: [], open: [{ refusing, reason: "terms", fresh: [], gone: [] }] };
  const state: State = { refusing, clauses, setting, regions: 0, gained: [], open: [], known: new Map() };
  for (const zone of refusing.zones) {
    const near = setting.near(zone);
    // What asks the same first: wherever it holds, there is nothing left to look for.
    const others = near.filter(({ boxes, need }) => boxes.length > 0 || !isMet(need, () => false));
    walk({ zone, left: others.toSorted((a, b) => rank(a, refusing) - rank(b, refusing)), joined: [] }, state);
  }
  const [best] = state.gained.toSorted(compareGained);
  return { gained: best ? [best] : [], open: mergeOpen(state.open) };
}

function rank(one: Obligation, { needKey }: Obligation): number {
  return one.needKey === needKey ? 0 : 1;
}

type State = {
  readonly refusing: Obligation;
  readonly clauses: readonly Clause[];
  readonly setting: Setting;
  regions: number;
  readonly gained: Gained[];
  readonly open: Open[];
  /** Answers about a box and a clause, by `number key`. */
  readonly known: Map<string, Missing>;
};
type Region = { readonly zone: Zone; readonly left: readonly Obligation[]; readonly joined: readonly Obligation[] };

/** Cuts a region by the next obligation of the admitting side: the parts inside it, and the rest. */
function walk({ zone, left, joined }: Region, state: State): void {
  const [next, ...others] = left;
  state.regions += 1;
  if (state.regions > ZONES_MAX) {
    state.open.push({ refusing: state.refusing, reason: "regions", fresh: [], gone: [] });
    return;
  }
  if (!next) return judgeRegion(zone, joined, state);
  let rest: readonly Zone[] = [zone];
  for (const cut of next.zones) {
    rest = rest.flatMap((part) => {
      if (areZonesApart(part, cut)) return [part];
      const inside = meetZones(part, cut);
      if (inside && next.needKey !== state.refusing.needKey && !isEmpty(inside, state)) {
        walk({ zone: inside, left: others, joined: [...joined, next] }, state);
      }
      return subtract(part, cut).filter((outside) => !isEmpty(outside, state));
    });
  }
  for (const part of rest) walk({ zone: part, left: others, joined }, state);
}

/** Beyond this many conditions the question waits until it is known that the answer matters. */
const CONDITIONS_MAX = 12;

function isEmpty(zone: Zone, { setting }: State): boolean {
  const count = [...zone.values()].reduce(
    (sum, set) => sum + (set.kind === "text" ? set.inside.length + set.outside.length : 0),
    0,
  );
  if (count > CONDITIONS_MAX || isPlainlyThere(zone, setting.candidates.searcher)) return false;
  return findMember(zone, setting.candidates.searcher).kind === "none";
}

/** Most regions have a member that needs no search. */
function isPlainlyThere(zone: Zone, searcher: Searcher): boolean {
  return [...zone].every(([dimension, set]) => set.kind !== "text" || searcher.hasPlain(dimension, set));
}

function judgeRegion(zone: Zone, joined: readonly Obligation[], state: State): void {
  // Nothing that is cheap to know is left unasked before the search for a member of the region.
  const judged = state.clauses.map((clause, i) => judgeClause(joined, clause, { state, number: i }));
  if (judged.every(({ answer }) => answer === "proven")) return;
  const member = findMember(zone, state.setting.candidates.searcher);
  if (member.kind === "none") return;
  const fresh = [...zone.keys()].filter((dimension) => isOpaque(dimension) && !state.setting.opaque.has(dimension));
  for (const one of judged) {
    if (one.answer === "proven") continue;
    const open = openOf(one, fresh, state);
    if (member.kind === "open") state.open.push({ ...open, reason: member.reason });
    else if (one.answer === "open" || fresh.length > 0) state.open.push(open);
    else {
      state.gained.push(toGained({ zone, joined, judged: one }, member.point, state));
      if (one.isOpenBeside) state.open.push(open);
    }
  }
}

type Judged = {
  readonly clause: Clause;
  readonly answer: "proven" | "gained" | "open";
  /** Beside what is gained, something else would be, if it were known. */
  readonly isOpenBeside: boolean;
  readonly missing: ReadonlyMap<string, BoxAnswer>;
};
type BoxAnswer =
  | Missing
  | { readonly kind: "opaque"; readonly fresh: readonly Dimension[]; readonly gone: readonly Dimension[] };

function judgeClause(
  joined: readonly Obligation[],
  clause: Clause,
  { state, number }: { readonly state: State; readonly number: number },
): Judged {
  const missing = new Map<string, BoxAnswer>();
  for (const { boxes } of joined) {
    for (const box of boxes) {
      if (missing.has(box.key)) continue;
      missing.set(box.key, clause.keys.has(box.key) ? { kind: "none" } : answerFor(box, clause, { state, number }));
    }
  }
  const canMeet = (...kinds: readonly BoxAnswer["kind"][]): boolean =>
    joined.every(({ need }) => isMet(need, ({ key }) => kinds.includes(missing.get(key)?.kind ?? "none")));
  const isGained = canMeet("found");
  const isOpen = canMeet("found", "open", "opaque");
  return {
    clause,
    missing,
    answer: isGained ? "gained" : isOpen ? "open" : "proven",
    isOpenBeside: isGained && !canMeet() && canMeet("open", "opaque"),
  };
}

function answerFor(
  box: Box,
  clause: Clause,
  { state, number }: { readonly state: State; readonly number: number },
): BoxAnswer {
  const key = `${number} ${box.key}`;
  const answer = state.known.get(key) ?? findInBox(box.zone, clause, state.setting.candidates);
  state.known.set(key, answer);
  if (answer.kind !== "found") return answer;
  const gone = failedPredicates(answer.point);
  const fresh = [...box.zone.keys()].filter(
    (dimension) => isOpaque(dimension) && !clause.boxes.some(({ zone }) => zone.has(dimension)),
  );
  // One predicate may imply the other: only with none of its own does the box hold evidence that fails the old one.
  return gone.length > 0 && fresh.length > 0 ? { kind: "opaque", fresh, gone } : answer;
}

function findInBox(zone: Zone, { covers }: Clause, { searcher, evidence }: Candidates): Missing {
  const isCertified = zone.has("issuer") || zone.has("san");
  if (!evidence || !isCertified) return findMissing(zone, covers.near(zone), searcher);
  return bestOf(
    evidence.flatMap((possible) => {
      const part = meetZones(zone, possible);
      return part ? [findMissing(part, covers.near(part), searcher)] : [];
    }),
  );
}

function openOf({ missing }: Judged, zoneFresh: readonly Dimension[], { refusing }: State): Open {
  const answers = [...missing.values()];
  const opaque = answers.flatMap((answer) => (answer.kind === "opaque" ? [answer] : []));
  const fresh = [...new Set([...zoneFresh, ...opaque.flatMap((answer) => answer.fresh)])];
  const gone = [...new Set(opaque.flatMap((answer) => answer.gone))];
  const stopped = answers.find((answer) => answer.kind === "open");
  return { refusing, reason: fresh.length > 0 ? "opaque" : (stopped?.reason ?? "budget"), fresh, gone };
}

function toGained(
  { zone, joined, judged }: { readonly zone: Zone; readonly joined: readonly Obligation[]; readonly judged: Judged },
  place: Point,
  { refusing }: State,
): Gained {
  const chosen = new Map<string, Choice>();
  for (const { need } of joined) for (const one of choose(need, judged.missing) ?? []) chosen.set(one.box.key, one);
  const choices = [...chosen.values()];
  const boxes = choices.map(({ box, point }) => ({ box, fails: failsNearest(point, judged.clause) }));
  return {
    tuple: { place, evidence: choices.map(({ point }) => point) },
    refusing,
    clause: judged.clause,
    admitting: joined,
    boxes,
    isSymbolic: choices.some(({ point }) => failedPredicates(point).length > 0) || [...zone.keys()].some(isOpaque),
  };
}

/** Where the evidence is other than the box that it comes nearest to asks for. */
function failsNearest(point: Point, { boxes }: Clause): readonly Dimension[] {
  const fails = boxes.map(({ zone }) =>
    [...zone.keys()].filter((dimension) => point.has(dimension) && !holdsPoint(only(zone, dimension), point)),
  );
  return fails.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

function only(zone: Zone, dimension: Dimension): Zone {
  const set = zone.get(dimension);
  return new Map(set ? [[dimension, set]] : []);
}

type Choice = { readonly box: Box; readonly point: Point };

/** The smallest evidence that meets a need with pieces that were found; `undefined` when there is none. */
function choose(need: Need, missing: ReadonlyMap<string, BoxAnswer>): readonly Choice[] | undefined {
  if (need.op === "some") {
    const answer = missing.get(need.box.key);
    return answer?.kind === "found" ? [{ box: need.box, point: answer.point }] : undefined;
  }
  const parts = need.of.flatMap((part) => {
    const choices = choose(part, missing);
    return choices ? [choices] : [];
  });
  const count = need.op === "all" ? need.of.length : need.op === "any" ? 1 : need.n;
  if (parts.length < count) return undefined;
  return need.op === "all" ? parts.flat() : parts.toSorted(compareChoices).slice(0, count).flat();
}

function compareChoices(a: readonly Choice[], b: readonly Choice[]): number {
  const opaque = (choices: readonly Choice[]): number => choices.flatMap(({ point }) => failedPredicates(point)).length;
  const [first, other] = [a[0], b[0]];
  return opaque(a) - opaque(b) || a.length - b.length || (first && other ? comparePoints(first.point, other.point) : 0);
}

function compareGained(a: Gained, b: Gained): number {
  const order = Number(a.isSymbolic) - Number(b.isSymbolic) || comparePoints(a.tuple.place, b.tuple.place);
  if (order !== 0) return order;
  const [first, other] = [a.tuple.evidence, b.tuple.evidence];
  return first.length - other.length || (first[0] && other[0] ? comparePoints(first[0], other[0]) : 0);
}

/** One question for each reason. */
function mergeOpen(open: readonly Open[]): readonly Open[] {
  const byReason = new Map<string, Open>();
  for (const one of open) {
    const before = byReason.get(one.reason);
    const join = (member: "fresh" | "gone") => [...new Set([...(before?.[member] ?? []), ...one[member]])];
    byReason.set(one.reason, { ...one, fresh: join("fresh"), gone: join("gone") });
  }
  return [...byReason.values()];
}
