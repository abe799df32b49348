import type { OwnedDrift, OwnedFinding } from "../../core/policy/drift/owner.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DriftMetrics } from "../telemetry/drift-metrics.ts";
import type { Log } from "../telemetry/log.ts";
import type { Worker } from "./supervise.ts";

export type DriftDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: DriftMetrics;
  /** `undefined` while there is no policy. */
  readonly find: () => Promise<OwnedDrift | undefined>;
};

const ROUND_MS = 600_000;
/** What has just been opened has seen nothing yet. */
const FIRST_MS = 30_000;

/** Holds the policy against the store, and says each finding once: when it begins, and when it is no more. */
export function driftWorker({ clock, log, metrics, find }: DriftDeps): Worker {
  const told = new Map<string, OwnedFinding>();
  return {
    name: "drift",
    run: async (signal) => {
      await clock.sleep(FIRST_MS, signal);
      while (!signal.aborted) {
        // oxlint-disable-next-line no-await-in-loop -- one round after the other
        const drift = await find();
        if (drift) {
          metrics.found(drift, clock.now());
          tell(log, told, drift);
        }
        // oxlint-disable-next-line no-await-in-loop -- as above
        await clock.sleep(ROUND_MS, signal);
      }
    },
  };
}

function tell(log: Log, told: Map<string, OwnedFinding>, { findings }: OwnedDrift): void {
  const now = new Map(findings.map((finding) => [keyOf(finding), finding]));
  for (const [key, finding] of now) if (!told.has(key)) log("warn", "policy.drifted", fieldsOf(finding));
  for (const [key, finding] of told) if (!now.has(key)) log("info", "policy.agreed", fieldsOf(finding));
  told.clear();
  for (const [key, finding] of now) told.set(key, finding);
}

function fieldsOf({ kind, identity, authority, since, owner }: OwnedFinding) {
  return { kind, identity, authority: authority ?? null, owner: owner ?? null, since: renderRfc3339(since) };
}

function keyOf({ kind, identity, authority = "" }: OwnedFinding): string {
  return [kind, identity, authority].join(" ");
}
