import { addMs, parseRfc3339, renderRfc3339, type UnixMs } from "../../core/time.ts";
import type { WatchGap } from "../../ports/cluster-store.ts";
import type { FollowPosition } from "../../ports/event-store.ts";
import type { Coverage, CoverageGap } from "./contract.ts";
import { toInstant } from "./to-json.ts";

/** Half-open. */
export type TimeRange = { readonly since: UnixMs; readonly until: UnixMs };

/** A log that was read this recently is read up to now: followers look every half minute. */
const FRESH_MS = 10 * 60_000;

/** What a question about `range` could not see of the logs: nothing followed, a follower that stands or lags, a late start. */
export function logCoverage(positions: readonly FollowPosition[], range: TimeRange): Coverage {
  const followed = positions.filter(({ state }) => state !== "retired");
  if (followed.length === 0) return coverageOf([nothingFollowed(range)], null);
  const gaps = followed.flatMap((position) => [...lateStart(position, range), ...behind(position, range)]);
  const [slowest] = followed.toSorted((a, b) => a.updatedAt - b.updatedAt);
  return coverageOf(gaps, toInstant(slowest?.updatedAt));
}

function nothingFollowed({ since, until }: TimeRange): CoverageGap {
  const reason = "no log has been followed into this store";
  return { source: "store", name: "store", from: renderRfc3339(since), to: renderRfc3339(until), reason };
}

function lateStart({ log, startIndex }: FollowPosition, { since }: TimeRange): readonly CoverageGap[] {
  if (startIndex === 0) return [];
  const reason = `entries below index ${startIndex} were not read`;
  return [{ source: "log", name: log, from: renderRfc3339(since), to: null, reason }];
}

function behind(position: FollowPosition, { until }: TimeRange): readonly CoverageGap[] {
  const { log, state, head, indexedUpto, updatedAt } = position;
  const gap = (reason: string): readonly CoverageGap[] => [
    { source: "log", name: log, from: renderRfc3339(updatedAt), to: renderRfc3339(until), reason },
  ];
  if (state !== "following") return gap(`${state}: ${position.reason}`);
  if (!head) return gap("no checkpoint has been proven yet");
  if (indexedUpto < head.size) return gap(`${head.size - indexedUpto} entries below the checkpoint are not read yet`);
  return addMs(updatedAt, FRESH_MS) < until ? gap("the follower has not looked since") : [];
}

/**
 * What a question about workloads could not see: clusters that nobody watches, or did not for a while. A gap that ended
 * at its own start was healed: all that was missed has been replayed.
 */
export function clusterCoverage(gaps: readonly WatchGap[], range: TimeRange): Coverage {
  const touching = gaps.filter(
    ({ since, until }) => since < range.until && (until === undefined || (until > range.since && until > since)),
  );
  const shown = touching.map(({ cluster, resource, since, until, reason }): CoverageGap => ({
    source: "cluster",
    name: `${cluster} ${resource}`,
    from: renderRfc3339(since),
    to: toInstant(until),
    reason,
  }));
  return coverageOf(shown, shown.length === 0 ? renderRfc3339(range.until) : null);
}

/** Two coverages of one answer. */
export function bothCovered(a: Coverage, b: Coverage): Coverage {
  return coverageOf([...a.gaps, ...b.gaps], earlier(a.coveredTo, b.coveredTo));
}

function earlier(a: string | null, b: string | null): string | null {
  const [atA, atB] = [parseRfc3339(a ?? ""), parseRfc3339(b ?? "")];
  if (atA === undefined || atB === undefined) return null;
  return atA <= atB ? a : b;
}

function coverageOf(gaps: readonly CoverageGap[], coveredTo: string | null): Coverage {
  return { complete: gaps.length === 0, coveredTo, gaps };
}
