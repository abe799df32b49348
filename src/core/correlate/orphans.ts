import { renderEventRef, type SigningEvent } from "../entry/signing-event.ts";
import type { UnixMs } from "../time.ts";
import type { Verdict } from "../verdict.ts";
import type { Correlation, RunRef } from "./correlation.ts";
import { provenIdentity } from "./preconditions.ts";

/** A judged entry: what it was joined to, and whether a run claims it. */
export type JudgedEntry = {
  readonly event: SigningEvent;
  readonly correlation: Correlation;
  readonly claimed?: Verdict<"run-missing">;
};

/** How long before the attempt that succeeded an attempt can have been cut short: a TaskRun ends after an hour unless told otherwise. */
const RETRY_WITHIN_MS = 3_600_000;
/** Clocks of two attempts may differ. */
const CLOCK_SLACK_MS = 60_000;

type Retry = { readonly at: UnixMs; readonly run: RunRef };

/**
 * Finds entries that an attempt left which was cut short: no run lists them, but soon after a run lists another entry by
 * the same identity over the very same payload. Statements are deterministic, so a retry signs the same bytes again
 * (pipelines chapter §3, `orphan_of_retry`). Returns, by `renderEventRef`, the run that tried again.
 */
export function findOrphans(entries: readonly JudgedEntry[]): ReadonlyMap<string, RunRef> {
  const retries = new Map<string, Retry[]>();
  for (const { event, correlation, claimed } of entries) {
    const listing = claimed?.kind === "pass" ? correlation.candidates.filter(({ grade }) => grade === "A") : [];
    for (const { run } of listing) {
      for (const key of payloadKeys(event)) {
        retries.set(key, [...(retries.get(key) ?? []), { at: event.eventTime, run }]);
      }
    }
  }
  const orphans = new Map<string, RunRef>();
  for (const { event, claimed } of entries) {
    const known = claimed?.kind === "fail" ? payloadKeys(event).flatMap((key) => retries.get(key) ?? []) : [];
    const retry = known.find(({ at }) => isSoonAfter(event.eventTime, at));
    if (retry) orphans.set(renderEventRef(event), retry.run);
  }
  return orphans;
}

function isSoonAfter(first: UnixMs, again: UnixMs): boolean {
  return again >= first - CLOCK_SLACK_MS && again <= first + RETRY_WITHIN_MS;
}

/** What was signed, and by whom. Not the subject: other statements about the same artifact are other acts. */
function payloadKeys(event: SigningEvent): readonly string[] {
  const identity = provenIdentity(event);
  if (!identity) return [];
  const payloads = event.digests.filter(({ role }) => role === "data" || role === "payload" || role === "pae");
  return payloads.map(({ digest }) => `${identity.issuer}\n${identity.san}\n${digest}`);
}
