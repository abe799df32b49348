import type { UnixMs } from "../core/time.ts";

/** The time, as a value that can be given. */
export interface Clock {
  now(): UnixMs;
  /** Waits; rejects with the signal's reason when it fires first. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}
