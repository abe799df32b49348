import type { DigestRef } from "../digest.ts";
import { renderEventRef, type SigningEvent } from "../entry/signing-event.ts";
import type { Verdict } from "../verdict.ts";
import type { Correlation } from "./correlation.ts";
import { provenIdentity } from "./preconditions.ts";

/** A judged entry: what it was joined to, and whether a run claims it. */
export type JudgedEntry = {
  readonly event: SigningEvent;
  readonly correlation: Correlation;
  readonly claimed?: Verdict<"run-missing">;
};

/**
 * Finds entries that an attempt left which was cut short: no run lists them, but a run that was under way at the time
 * lists another entry by the same identity over the very same payload. Statements are deterministic, so a retry signs
 * the same bytes again (pipelines chapter §3, `orphan_of_retry`). Returns, by `renderEventRef`, the run that tried again.
 */
export function findOrphans(entries: readonly JudgedEntry[]): ReadonlyMap<string, string> {
  const claimedRuns = new Map<string, Set<string>>();
  for (const { event, correlation, claimed } of entries) {
    const runs = claimed?.kind === "pass" ? correlation.candidates.filter(({ grade }) => grade === "A") : [];
    for (const key of runs.length > 0 ? payloadKeys(event) : []) {
      const known = claimedRuns.get(key) ?? new Set();
      for (const { run } of runs) known.add(run.uid);
      claimedRuns.set(key, known);
    }
  }
  const orphans = new Map<string, string>();
  for (const { event, correlation, claimed } of entries) {
    if (claimed?.kind !== "fail") continue;
    const retried = payloadKeys(event).flatMap((key) => [...(claimedRuns.get(key) ?? [])]);
    const candidate = correlation.candidates.find(
      ({ run, conflicts }) => retried.includes(run.uid) && conflicts.length === 0,
    );
    if (candidate) orphans.set(renderEventRef(event), `${candidate.run.namespace}/${candidate.run.name}`);
  }
  return orphans;
}

/** What was signed, and by whom. Not the subject: other statements about the same artifact are other acts. */
function payloadKeys(event: SigningEvent): readonly string[] {
  const identity = provenIdentity(event);
  if (!identity) return [];
  const payloads = event.digests.filter(({ role }) => role === "data" || role === "payload" || role === "pae");
  return payloads.map(({ digest }: { readonly digest: DigestRef }) => `${identity.issuer}\n${identity.san}\n${digest}`);
}
