import type { UnixMs } from "../../core/time.ts";
import type { ProbeResult } from "./probe.ts";

/** `Date` has whole seconds and the request took its time; beyond this a clock is wrong. */
const SKEW_MS = 5_000;
/** Certificates live ten minutes. */
const FATAL_SKEW_MS = 120_000;

/** This machine's clock against the `Date` of a service, asked between `before` and `after`. */
export function judgeClock(
  host: string,
  dateMs: number,
  asked: { readonly before: UnixMs; readonly after: UnixMs },
): ProbeResult {
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
