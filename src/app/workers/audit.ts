import type { AuditPosition, AuditSource } from "../../ports/audit-source.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClusterStore } from "../../ports/cluster-store.ts";
import type { Log } from "../telemetry/log.ts";
import type { Worker } from "./supervise.ts";

export type AuditDeps = {
  readonly cluster: string;
  readonly source: AuditSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Keeps what matters of the events; returns how many. */
  readonly record: (events: readonly unknown[]) => Promise<number>;
  readonly store: Pick<ClusterStore, "openGap" | "closeGap">;
  /** The name of what is recorded, for gaps. */
  readonly resource: string;
};

const ROUND_MS = 5_000;

/**
 * Follows an audit log as it is written. What it could not read is a gap of the cluster: then a token may have been issued
 * of which nothing is known. After a restart the file is read from its start; an event is kept once.
 */
export function auditWorker({ cluster, source, clock, log, record, store, resource }: AuditDeps): Worker {
  return {
    name: `audit ${cluster}`,
    run: async (signal) => {
      let position: AuditPosition | undefined;
      let lastRead = clock.now();
      try {
        while (!signal.aborted) {
          // oxlint-disable-next-line no-await-in-loop -- one batch after the other
          const batch = await source.read(position, signal);
          // oxlint-disable-next-line no-await-in-loop -- as above
          const kept = await record(batch.events);
          ({ position } = batch);
          lastRead = clock.now();
          // oxlint-disable-next-line no-await-in-loop -- as above
          await store.closeGap(cluster, resource, lastRead);
          if (kept > 0 || batch.unread > 0) log("info", "audit.read", { cluster, kept, unread: batch.unread });
          // oxlint-disable-next-line no-await-in-loop -- as above
          if (!batch.isMore) await clock.sleep(ROUND_MS, signal);
        }
      } finally {
        // However it ended: from here on nobody reads.
        await store.openGap({ cluster, resource, since: lastRead, reason: "the audit log is not read" });
      }
    },
  };
}
