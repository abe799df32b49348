import type { Dimension } from "../form/dimension.ts";
import type { Zone } from "../form/zone.ts";
import { toCover, type Cover } from "./find-missing.ts";

/** Many zones, of which only those are looked at that a zone can have something in common with, by how their texts begin. */
export type CoverIndex = { readonly near: (zone: Zone) => readonly Cover[] };

/** One dimension: zones by the beginning of its texts, in order, so that a beginning is a range. */
type Shelf = {
  readonly dimension: Dimension;
  readonly sorted: readonly { readonly prefix: string; readonly cover: Cover }[];
  readonly byPrefix: ReadonlyMap<string, readonly Cover[]>;
  readonly lengths: readonly number[];
};

/** Puts zones on shelves, each under the dimension in which its texts begin most particularly. */
export function toCoverIndex(zones: readonly Zone[]): CoverIndex {
  const covers = zones.map(toCover);
  const byDimension = Map.groupBy(covers, ({ sets }) => (prefixOf(sets[0]?.[1]) === "" ? "" : (sets[0]?.[0] ?? "")));
  const open = byDimension.get("") ?? [];
  const shelves = [...byDimension].flatMap(([dimension, all]) => (dimension === "" ? [] : [toShelf(dimension, all)]));
  return {
    near: (zone) => [...open, ...shelves.flatMap((shelf) => nearOn(shelf, prefixOf(zone.get(shelf.dimension))))],
  };
}

function toShelf(dimension: Dimension, covers: readonly Cover[]): Shelf {
  const sorted = covers
    .map((cover) => ({ prefix: prefixOf(cover.zone.get(dimension)), cover }))
    .toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
  const byPrefix = new Map<string, Cover[]>();
  for (const { prefix, cover } of sorted) byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), cover]);
  const lengths = [...new Set(sorted.map(({ prefix }) => prefix.length))].toSorted((a, b) => a - b);
  return { dimension, sorted, byPrefix, lengths };
}

/** Those whose texts begin with the prefix, and those whose beginning the prefix begins with. */
function nearOn({ sorted, byPrefix, lengths }: Shelf, prefix: string): readonly Cover[] {
  const shorter = lengths
    .filter((length) => length < prefix.length)
    .flatMap((length) => byPrefix.get(prefix.slice(0, length)) ?? []);
  const longer: Cover[] = [];
  for (let i = firstAtLeast(sorted, prefix); sorted[i]?.prefix.startsWith(prefix) === true; i++) {
    const found = sorted[i];
    if (found) longer.push(found.cover);
  }
  return [...shorter, ...longer];
}

function firstAtLeast(sorted: Shelf["sorted"], prefix: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.prefix ?? "") < prefix) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The longest beginning that all texts of a set share; empty for everything else. */
function prefixOf(set: ReturnType<Zone["get"]>): string {
  if (set?.kind !== "text") return "";
  return set.inside.reduce((longest, { prefix }) => (prefix.length > longest.length ? prefix : longest), "");
}
