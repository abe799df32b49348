import { setTimeout as delay } from "node:timers/promises";
import { bug } from "../../core/bug.ts";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";

/**
 * The time of the story: it flows like real time from wherever it was last moved to. It lives in shared memory, so that
 * the stand-ins in their own thread and the product in this one never disagree about it.
 */
export type StoryClock = Clock & {
  readonly shared: SharedArrayBuffer;
  readonly moveTo: (at: UnixMs) => void;
  /** The history has been told: from now on the story's time is the real one. */
  readonly catchUp: () => void;
  /** Whether the history is still being told. */
  readonly isReplaying: () => boolean;
};

const BASE = 0;
const SET_AT = 1;
const IS_LIVE = 2;
const CELLS = 3;

/** A new clock at real time, or another hand on one that is shared. */
export function storyClock(shared?: SharedArrayBuffer): StoryClock {
  const memory = shared ?? new SharedArrayBuffer(CELLS * BigInt64Array.BYTES_PER_ELEMENT);
  const cells = new BigInt64Array(memory);
  const moveTo = (at: UnixMs): void => {
    Atomics.store(cells, SET_AT, BigInt(Date.now()));
    Atomics.store(cells, BASE, BigInt(at));
  };
  if (!shared) moveTo(realNow());
  return {
    shared: memory,
    moveTo,
    catchUp: () => {
      moveTo(realNow());
      Atomics.store(cells, IS_LIVE, 1n);
    },
    isReplaying: () => Atomics.load(cells, IS_LIVE) === 0n,
    now: () => {
      const flowed = Date.now() - Number(Atomics.load(cells, SET_AT));
      return parseUnixMs(Number(Atomics.load(cells, BASE)) + Math.max(0, flowed)) ?? bug("the story's clock");
    },
    sleep: async (delayMs, signal) => {
      await delay(delayMs, undefined, { signal });
    },
  };
}

function realNow(): UnixMs {
  return parseUnixMs(Date.now()) ?? bug("the machine's clock is outside the years 1 … 9999");
}
