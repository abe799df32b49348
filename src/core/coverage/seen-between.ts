import { bug } from "../bug.ts";
import type { Interval, UnixMs } from "../time.ts";

/** A checkpoint of a log and when we fetched it. */
export type SeenCheckpoint = { readonly size: number; readonly firstSeen: UnixMs };

/**
 * When an entry came into the log, as our own checkpoints show it: after the last one without it, before the first one
 * with it (transparency-log chapter §4). An end for which there is no checkpoint is open.
 */
export function seenBetween(checkpoints: readonly SeenCheckpoint[]): (logIndex: number) => Interval {
  const sorted = checkpoints.toSorted((a, b) => a.size - b.size);
  const times = sorted.map(({ firstSeen }) => firstSeen);
  const latestUpTo = runningBest(times, (a, b) => (a > b ? a : b));
  const earliestFrom = runningBest(times.toReversed(), (a, b) => (a < b ? a : b)).toReversed();
  // Slot i lies between checkpoint i-1, the last without the entry, and checkpoint i, the first with it.
  const slots = Array.from({ length: sorted.length + 1 }, (_, slot): Interval => {
    const [lo, hi] = [latestUpTo[slot - 1], earliestFrom[slot]];
    return { ...(lo !== undefined && { lo }), ...(hi !== undefined && { hi }) };
  });
  return (logIndex) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? bug("beyond the checkpoints")).size <= logIndex) low = middle + 1;
      else high = middle;
    }
    return slots[low] ?? bug("beyond the slots");
  };
}

/** For each place, the best of all up to it. */
function runningBest(times: readonly UnixMs[], better: (a: UnixMs, b: UnixMs) => UnixMs): readonly UnixMs[] {
  const best: UnixMs[] = [];
  for (const time of times) {
    const before = best.at(-1);
    best.push(before === undefined ? time : better(before, time));
  }
  return best;
}
