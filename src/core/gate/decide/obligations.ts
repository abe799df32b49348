import { ENGINE_DOWN, type Reach, type Rule, type System } from "../form/system.ts";
import { anyOf, boxesOf, needKey, NEVER_MET, NOTHING_NEEDED, someOf, type Box, type Need } from "../form/need.ts";
import { choiceIn, meetZones, subtract, toZone, zoneKey, type Zone } from "../form/zone.ts";
import { closedClauses, type Clause } from "./clauses.ts";

/** One thing that has to hold: in these zones the evidence meets the need. A system is all of its obligations together. */
export type Obligation = {
  readonly kind: "rule" | "unmatched";
  readonly zones: readonly Zone[];
  readonly need: Need;
  readonly needKey: string;
  /** The need as clauses, each of them a union of boxes; `undefined` when there are too many. */
  readonly clauses: () => readonly Clause[] | undefined;
  readonly boxes: readonly Box[];
  readonly rule?: Rule;
  readonly reach: Reach;
  /** The same for obligations that say the same. */
  readonly key: string;
};

/** Parts that a region may be cut into. */
export const ZONES_MAX = 4096;

/** Takes a system apart; `undefined` when its regions are cut into too many parts. */
export function toObligations(system: System): readonly Obligation[] | undefined {
  const made: Obligation[] = [];
  for (const reach of system.reach) {
    for (const rule of system.rules) {
      const zones = regionOf(rule, reach.zones);
      if (!zones) return undefined;
      if (zones.length > 0) made.push(toObligation({ kind: "rule", zones, need: demandOf(rule, reach), rule, reach }));
    }
    if (system.unmatched.kind === "admit") continue;
    const rest = unmatchedOf(reach.zones, system.rules);
    if (!rest) return undefined;
    const need = withReach(NEVER_MET, reach);
    if (rest.length > 0) made.push(toObligation({ kind: "unmatched", zones: rest, need, reach }));
  }
  return made;
}

function toObligation(
  of: Pick<Obligation, "kind" | "zones" | "need" | "reach"> & { readonly rule?: Rule },
): Obligation {
  const key = needKey(of.need);
  let clauses: readonly Clause[] | undefined | "not yet" = "not yet";
  return {
    ...of,
    needKey: key,
    boxes: boxesOf(of.need),
    clauses: () => {
      if (clauses === "not yet") clauses = closedClauses(of.need);
      return clauses;
    },
    key: `${key}\n\n${of.zones.map(zoneKey).toSorted().join("\n\n")}`,
  };
}

/** Where a rule holds: its zones without its exceptions, inside what the engine sees. Parts may overlap: all hold. */
function regionOf({ where, except }: Rule, reach: readonly Zone[]): readonly Zone[] | undefined {
  const seen = reach.flatMap((seenZone) => where.flatMap((zone) => meetZones(zone, seenZone) ?? []));
  return subtractAll(seen, except);
}

function unmatchedOf(reach: readonly Zone[], rules: readonly Rule[]): readonly Zone[] | undefined {
  let rest: readonly Zone[] | undefined = reach;
  for (const { where, except } of rules) {
    const matched: readonly Zone[] | undefined = except.length === 0 ? where : subtractAll(where, except);
    rest = rest && matched && subtractAll(rest, matched);
  }
  return rest;
}

function subtractAll(zones: readonly Zone[], others: readonly Zone[]): readonly Zone[] | undefined {
  let rest = zones;
  for (const other of others) {
    rest = rest.flatMap((zone) => subtract(zone, other));
    if (rest.length > ZONES_MAX) return undefined;
  }
  return rest;
}

/** What a rule asks where the engine sees the request. */
function demandOf({ mode, need, onError, origin }: Rule, reach: Reach): Need {
  if (mode !== "deny") return NOTHING_NEEDED;
  return withReach(need, onError === "admit" ? { ...reach, onError, origin } : reach);
}

/** A registration that fails open is met while the engine does not answer. */
function withReach(need: Need, { onError, origin }: Reach): Need {
  const down = toZone(choiceIn("root", [ENGINE_DOWN]));
  return onError === "admit" && down ? anyOf([need, someOf(down, origin)]) : need;
}
