import type { UnixMs } from "../time.ts";
import type { Check } from "./check.ts";

/** `Date` has whole seconds and the request took its time; beyond this a clock is wrong. */
const SKEW_MS = 5_000;
/** Certificates live ten minutes. */
const FATAL_SKEW_MS = 120_000;

/** When a service said that it is. `dateMs` is NaN when it did not say. */
export type ClockReading = {
  readonly host: string;
  readonly dateMs: number;
  readonly before: UnixMs;
  readonly after: UnixMs;
};

/**
 * Judges this machine's clock by the `Date` of a service (RFC 9110 §6.6.1, whole seconds), which was asked between `before`
 * and `after`. `dateMs` is NaN when the service does not say.
 */
export function judgeClock(
  host: string,
  dateMs: number,
  asked: { readonly before: UnixMs; readonly after: UnixMs },
): Check {
  if (!Number.isFinite(dateMs)) return { state: "undecided", detail: `${host} does not say what time it is` };
  const early = asked.before - (dateMs + 1000);
  const late = dateMs - asked.after;
  const skewMs = Math.max(0, early, late);
  const detail =
    skewMs < 1000
      ? `agrees with ${host}`
      : `${Math.round(skewMs / 1000)} s ${early > 0 ? "ahead of" : "behind"} ${host}`;
  const fix = "Set the clock (NTP); certificates live ten minutes, so minutes matter.";
  if (skewMs > FATAL_SKEW_MS) return { state: "finding", detail, fix };
  return skewMs > SKEW_MS ? { state: "warn", detail, fix } : { state: "ok", detail };
}
