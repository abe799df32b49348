import type { WitnessTier } from "../finding.ts";
import type { GateSystem } from "../report.ts";
import type { GateVerdict } from "../verdict.ts";
import { isNeedMet, admits, confirmWitnesses, type Matching, type Tuple } from "./tuple.ts";
import { findDifference, type Difference, type Gained, type Open } from "./find-difference.ts";
import type { Grammars } from "./grammars.ts";
import { toObligations, type Obligation } from "./obligations.ts";
import { newSearcher, type Answers, type Bases, type Searcher } from "./searcher.ts";
import type { System } from "../form/system.ts";
import { holdsText } from "../form/text-language.ts";
import { holdsPoint } from "../form/zone.ts";

/** A witness that head admits and base refuses, and how real it is. */
export type TieredGain = Gained & { readonly tier: WitnessTier };

export type SystemComparison = {
  readonly verdict: GateVerdict;
  readonly reverse: GateSystem["reverse"];
  /** One for each obligation of the base that no longer holds. */
  readonly gained: readonly TieredGain[];
  readonly open: readonly Open[];
  /** A region that could not be taken apart at all. */
  readonly isTooLarge: boolean;
  /** Tuples that base admitted and head refuses. */
  readonly lost: readonly Gained[];
  readonly steps: number;
  readonly budget: number;
};

export type ComparisonSetting = {
  readonly grammars: Grammars;
  /** Steps for each direction. */
  readonly budget: number;
  /** What runs and what has signed: whole tuples. */
  readonly inventory?: readonly Tuple[];
  /** A second judge of every witness, beside the simulation in core. */
  readonly matches?: Matching;
};

/** Compares what two states of one system admit, both ways. Every witness is put to the plain evaluator before it is told. */
export function compareSystems(base: System, head: System, setting: ComparisonSetting): SystemComparison {
  const { grammars, budget } = setting;
  const [old, now] = [toObligations(base), toObligations(head)];
  const bases = basesOf(base, head, grammars);
  const answers: Answers = new Map();
  const forth = newSearcher(bases, budget, answers);
  const back = newSearcher(bases, budget, answers);
  if (!old || !now) return tooLarge(budget);
  const gained = findDifference(now, old, { searcher: forth });
  const lost = findDifference(old, now, { searcher: back });
  const existing = existingGains(base, head, { old, now, inventory: setting.inventory ?? [] });
  const tiered = withTiers(gained, {
    old,
    now,
    existing,
    searcher: forth,
    bases,
    grammars,
  });
  const reverse = reverseOf(lost);
  const shown = lost.gained.slice(0, LOST_SHOWN_MAX);
  const plain = withTiers(
    { ...lost, gained: shown },
    { old: now, now: old, existing: new Map(), searcher: back, bases, grammars },
  );
  const gone = [...plain, ...lost.gained.slice(LOST_SHOWN_MAX)];
  // Once by the programs that the search knows, and once more by whatever else can match.
  for (const matches of [holdsText, ...(setting.matches ? [setting.matches] : [])]) {
    confirmWitnesses({ admitting: head, refusing: base }, tiered.map(tupleOf), matches);
    confirmWitnesses({ admitting: base, refusing: head }, gone.map(tupleOf), matches);
  }
  return {
    verdict: verdictOf(tiered.length > 0, gained.open.length > 0, reverse),
    reverse,
    gained: tiered,
    open: gained.open,
    isTooLarge: false,
    lost: gone,
    steps: forth.steps() + back.steps(),
    budget,
  };
}

function tupleOf({ tuple }: Gained): Tuple {
  return tuple;
}

/** Of what is lost, so many are looked for among names that people write. */
const LOST_SHOWN_MAX = 20;

function basesOf(base: System, head: System, { namespace }: Grammars): Bases {
  const images = head.images ?? base.images;
  return new Map([["namespace", [namespace]], ...(images ? ([["image", [images]]] as const) : [])]);
}

function tooLarge(budget: number): SystemComparison {
  const nothing = { gained: [], open: [], lost: [], steps: 0, budget };
  return { verdict: "UNDECIDED", reverse: "undecided", isTooLarge: true, ...nothing };
}

/** Whether trust was really lost is known only where no opaque predicate has to be false for it. */
function reverseOf({ gained, open }: Difference): GateSystem["reverse"] {
  if (gained.some(({ isSymbolic }) => !isSymbolic)) return "lost";
  return gained.length > 0 || open.length > 0 ? "undecided" : "proven";
}

function verdictOf(isGained: boolean, isOpen: boolean, reverse: GateSystem["reverse"]): GateVerdict {
  if (isGained) return reverse === "lost" ? "INCOMPARABLE" : "LOOSENED";
  if (isOpen) return "UNDECIDED";
  if (reverse === "undecided") return "NO_NEW_TRUST";
  return reverse === "lost" ? "NARROWED" : "EQUIVALENT";
}

type Sides = { readonly old: readonly Obligation[]; readonly now: readonly Obligation[] };

/** What is there already, and passes only now: membership, without any search. */
function existingGains(
  base: System,
  head: System,
  { old, now, inventory }: Sides & { readonly inventory: readonly Tuple[] },
): ReadonlyMap<string, TieredGain> {
  const gains = new Map<string, TieredGain>();
  for (const tuple of inventory) {
    if (admits(base, tuple) || !admits(head, tuple)) continue;
    const refusing = old.find((one) => holdsIn(one, tuple) && !isNeedMet(one.need, tuple.evidence));
    const clause = refusing
      ?.clauses()
      ?.find(({ boxes }) => !boxes.some(({ zone }) => tuple.evidence.some((piece) => holdsPoint(zone, piece))));
    if (!refusing || !clause || gains.has(refusing.key)) continue;
    const admitting = now.filter((one) => holdsIn(one, tuple));
    gains.set(refusing.key, {
      tuple,
      refusing,
      clause,
      admitting,
      boxes: admitting.flatMap(({ boxes }) => boxes).map((box) => ({ box, fails: [] })),
      isSymbolic: false,
      tier: "existing",
    });
  }
  return gains;
}

function holdsIn({ zones }: Obligation, { place }: Tuple): boolean {
  return zones.some((zone) => holdsPoint(zone, place));
}

/** The most real witness for every obligation that has one: seen, else possible here, else any. */
function withTiers(
  { gained }: Difference,
  of: Sides & {
    readonly existing: ReadonlyMap<string, TieredGain>;
    readonly searcher: Searcher;
    readonly bases: Bases;
    readonly grammars: Grammars;
  },
): readonly TieredGain[] {
  const { existing, searcher, bases, grammars, now } = of;
  const left = newSearcher(possibleBases(bases, grammars), Math.max(0, searcher.budget - searcher.steps()));
  const candidates = { searcher: left, evidence: grammars.evidence };
  const missed = [...existing.values()].filter(({ refusing }) => !gained.some((one) => one.refusing === refusing));
  return [
    ...gained.map((gain): TieredGain => {
      const seen = existing.get(gain.refusing.key);
      if (seen) return seen;
      const [possible] = findDifference(now, [gain.refusing], candidates).gained;
      return possible ? { ...possible, tier: "issuable" } : { ...gain, tier: "theoretical" };
    }),
    ...missed,
  ];
}

/** Images of the distribution grammar, as the engine prints them. */
function possibleBases(bases: Bases, { image }: Grammars): Bases {
  return new Map([...bases, ["image", [...(bases.get("image") ?? []), image]]]);
}
