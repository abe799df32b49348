import { addMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";

export type SteadyClock = Clock & {
  /** By how much the clock of the machine is behind the time that it has shown once. */
  readonly behindMs: () => number;
};

/**
 * A clock that does not go back: where the machine's is set back, it counts on from the latest time that it has shown. What
 * has ended stays ended, an exception as well as a verdict in memory; nothing is open for longer than somebody has approved.
 * `elapsedMs` is of a clock that nobody sets.
 */
export function steadyClock(clock: Clock, elapsedMs: () => number): SteadyClock {
  let latest = clock.now();
  let seenAt = elapsedMs();
  const now = (): UnixMs => {
    const at = elapsedMs();
    const counted = addMs(latest, at - seenAt);
    const told = clock.now();
    latest = told > counted ? told : counted;
    seenAt = at;
    return latest;
  };
  return {
    now,
    behindMs: () => Math.max(0, now() - clock.now()),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
  };
}
