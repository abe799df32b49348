import type { Tuple } from "../decide/tuple.ts";
import { closedValues, mayBeAbsent, type Dimension, type DimensionSet } from "../form/dimension.ts";
import { boxesOf, type Box } from "../form/need.ts";
import type { Rule, System } from "../form/system.ts";
import { holdsPoint, meetZones, type Point, type Zone } from "../form/zone.ts";

/** What is known to run and who is known to sign: by the stores of an installation, not by the repository. */
export type GateInventory = { readonly images: readonly RunningImage[]; readonly identities: readonly SeenIdentity[] };
/** `image` by digest, in normal form. */
export type RunningImage = { readonly image: string; readonly namespace: string };
export type SeenIdentity = { readonly issuer: string; readonly san: string };

/** Enough to find an example in any estate; more would only cost time. */
const TUPLES_MAX = 20_000;

/**
 * Admissions of images that run, with evidence of identities that sign, that a system could accept: what neither says, such
 * as the log of an entry, is as the system asks. Whether a side really accepts one is for its evaluator to say.
 */
export function inventoryTuples({ rules, reach }: System, inventory: GateInventory): readonly Tuple[] {
  const tuples: Tuple[] = [];
  const zones = reach.flatMap((one) => one.zones);
  for (const rule of rules) {
    const places = placesIn(rule, zones, inventory.images);
    const evidence = boxesOf(rule.need).flatMap((box) => piecesIn(box, inventory.identities));
    for (const place of places) {
      if (tuples.length > TUPLES_MAX) return tuples;
      tuples.push(
        { place, evidence: [] },
        ...evidence.slice(0, TUPLES_MAX).map((piece) => ({ place, evidence: [piece] })),
      );
    }
  }
  return tuples;
}

function placesIn({ where }: Rule, reach: readonly Zone[], images: readonly RunningImage[]): readonly Point[] {
  const zones = where.flatMap((zone) => reach.flatMap((seen) => meetZones(zone, seen) ?? []));
  return zones.flatMap((zone) => {
    const rest = pointIn(zone, ["image", "namespace"]);
    if (!rest) return [];
    return images
      .flatMap(({ image, namespace }) => spellingsOf(image).map((text) => ({ text, namespace })))
      .map(({ text, namespace }) => new Map([...rest, ["image", text], ["namespace", namespace]]))
      .filter((point) => holdsPoint(zone, point));
  });
}

/** policy-controller has another name for Docker Hub than everybody else. */
function spellingsOf(image: string): readonly string[] {
  return image.startsWith("docker.io/") ? [image, `index.${image}`] : [image];
}

function piecesIn({ zone }: Box, identities: readonly SeenIdentity[]): readonly Point[] {
  const rest = pointIn(zone, ["issuer", "san"]);
  if (!rest) return [];
  return identities
    .map(({ issuer, san }) => new Map([...rest, ["issuer", issuer], ["san", san]]))
    .filter((point) => holdsPoint(zone, point));
}

/** A member of a zone but for some dimensions; `undefined` where a text would have to be made up. */
function pointIn(zone: Zone, without: readonly Dimension[]): Map<Dimension, string | number> | undefined {
  const point = new Map<Dimension, string | number>();
  for (const [dimension, set] of zone) {
    if (without.includes(dimension)) continue;
    const value = memberOf(dimension, set);
    if (value === undefined) return undefined;
    point.set(dimension, value);
  }
  return point;
}

function memberOf(dimension: Dimension, set: DimensionSet): string | number | undefined {
  switch (set.kind) {
    case "text":
      return set.inside.find(({ exact }) => exact !== undefined)?.exact;
    case "time":
      return set.spans[0]?.from;
    case "choice": {
      if (!set.negated) return set.values[0];
      const candidates = [...(mayBeAbsent(dimension) ? [""] : []), ...(closedValues(dimension) ?? ["another"])];
      return candidates.find((value) => !set.values.includes(value));
    }
    default:
      return set satisfies never;
  }
}
