import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import type { ServiceSelection, SigningService } from "./signing-config.ts";

/** What to try: `services` in order, until `needed` of them have answered. */
export type SelectedServices = { readonly services: readonly SigningService[]; readonly needed: number };

/** API versions that we speak (Fulcio's v2 paths are announced as version 1). */
export const FULCIO_VERSIONS: readonly number[] = [1];
export const REKOR_VERSIONS: readonly number[] = [1, 2];
export const TSA_VERSIONS: readonly number[] = [1];

/**
 * Chooses among the services of a signing config: those valid now that speak a version of ours, the highest version
 * first, then the newest. Several are needed only of different operators, since two of one prove no more than one.
 */
export function selectServices(
  services: readonly SigningService[],
  ask: { readonly selection: ServiceSelection; readonly versions: readonly number[]; readonly now: UnixMs },
): Parsed<SelectedServices, "signing-config-unsatisfiable"> {
  const usable = services
    .filter(({ majorApiVersion }) => ask.versions.includes(majorApiVersion))
    .filter(({ validFor }) => validFor.lo <= ask.now && (validFor.hi === undefined || ask.now <= validFor.hi))
    .toSorted((a, b) => b.majorApiVersion - a.majorApiVersion || b.validFor.lo - a.validFor.lo);
  if (usable.length === 0) return malformed("signing-config-unsatisfiable", "no service is valid now and known");

  const { selection } = ask;
  if (selection.selector === "any") return parsed({ services: usable, needed: 1 });
  const best = usable.filter((service, i) => usable.findIndex((other) => sameOperator(other, service)) === i);
  if (selection.selector === "all") return parsed({ services: best, needed: best.length });
  if (best.length >= selection.count) return parsed({ services: best, needed: selection.count });
  const detail = `${selection.count} services of different operators are asked for, ${best.length} are there`;
  return malformed("signing-config-unsatisfiable", detail);
}

/** A service without an operator is one of its own. */
function sameOperator(a: SigningService, b: SigningService): boolean {
  return a === b || (a.operator !== "" && a.operator === b.operator);
}
