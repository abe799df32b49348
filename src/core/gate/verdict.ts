import type { Relation } from "../automata/compare.ts";

/** How the head relates to the base: of one system, of one finding, of the whole change (change-gate chapter §2.1). */
export type GateVerdict = Relation;

/** What the exit code of the gate can be; credentials that are refused (4) are a fault of an adapter. */
export type GateExit = 0 | 1 | 2 | 3 | 5;

/**
 * How much a finding weighs. `tamper`: bytes are not what their name says; `malformed`: the input cannot be judged;
 * `error`: a definite no; `undecided`: neither proven nor refuted; `warning` and `note` never block.
 */
export type GateLevel = "tamper" | "malformed" | "error" | "undecided" | "warning" | "note";

/** The worst of several: no verdicts at all is no change. */
export function worstVerdict(verdicts: readonly GateVerdict[]): GateVerdict {
  const has = (...some: readonly GateVerdict[]): boolean => verdicts.some((verdict) => some.includes(verdict));
  if (has("LOOSENED", "INCOMPARABLE")) return has("INCOMPARABLE", "NARROWED") ? "INCOMPARABLE" : "LOOSENED";
  if (has("UNDECIDED")) return "UNDECIDED";
  if (has("NO_NEW_TRUST")) return "NO_NEW_TRUST";
  return has("NARROWED") ? "NARROWED" : "EQUIVALENT";
}

/** Gravest first; a definite no beats an undecided rest. */
const EXITS: readonly (readonly [GateLevel, GateExit])[] = [
  ["tamper", 5],
  ["malformed", 2],
  ["error", 1],
  ["undecided", 3],
];

/** The exit code that the levels of all findings ask for, those that are waived left out by the caller. */
export function exitOfLevels(levels: readonly GateLevel[]): GateExit {
  return EXITS.find(([level]) => levels.includes(level))?.[1] ?? 0;
}
