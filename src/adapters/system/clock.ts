import { setTimeout as delay } from "node:timers/promises";
import { bug } from "../../core/bug.ts";
import { parseUnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => parseUnixMs(Date.now()) ?? bug("the machine's clock is outside the years 1 … 9999"),
  sleep: async (delayMs, signal) => {
    await delay(delayMs, undefined, { signal });
  },
};
