import type { UnixMs } from "../../core/time.ts";

/** A caller is remembered for a minute; beyond this many callers the oldest are forgotten first. */
const CALLERS_MAX = 10_000;
const WINDOW_MS = 60_000;

/** Counts requests of each caller per minute. Returns how many seconds to wait, or `undefined` to go on. */
export function rateLimit(perMinute: number): (caller: string, now: UnixMs) => number | undefined {
  const windows = new Map<string, { readonly from: UnixMs; count: number }>();
  return (caller, now) => {
    const window = windows.get(caller);
    if (window && now - window.from < WINDOW_MS) {
      window.count += 1;
      return window.count > perMinute ? Math.ceil((window.from + WINDOW_MS - now) / 1000) : undefined;
    }
    windows.delete(caller);
    windows.set(caller, { from: now, count: 1 });
    if (windows.size > CALLERS_MAX) windows.delete(windows.keys().next().value ?? caller);
    return undefined;
  };
}
