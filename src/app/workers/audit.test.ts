import { expect, test } from "vitest";
import { virtualClusterStore } from "../../adapters/virtual/cluster-store.ts";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import type { AuditBatch } from "../../ports/audit-source.ts";
import { silentLog } from "../telemetry/log.ts";
import { auditWorker } from "./audit.ts";

const RESOURCE = "audit.k8s.io/events";

/** Plays batches, then a fault or the order to stop, and returns what was kept, the waits and the gaps. */
async function play(batches: readonly (AuditBatch | Fault)[]) {
  const stop = new AbortController();
  const store = virtualClusterStore();
  const kept: unknown[] = [];
  const asked: unknown[] = [];
  const left = [...batches];
  let now = 1_790_000_000_000;
  let sleeps = 0;
  const source = {
    read: async (after: unknown) => {
      asked.push(after);
      const next = left.shift();
      if (left.length === 0) stop.abort();
      if (next instanceof Fault) throw next;
      if (!next) throw new Error("read beyond the end of the test");
      return next;
    },
  };
  const record = async (events: readonly unknown[]): Promise<number> => kept.push(...events) && events.length;
  const clock = { now: () => (now += 1000) as UnixMs, sleep: async () => void (sleeps += 1) };
  const worker = auditWorker({ cluster: "prod-eu", source, clock, log: silentLog, record, store, resource: RESOURCE });
  const failed = await worker.run(stop.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { kept, asked, sleeps, failed, gaps: await store.gaps() };
}

const at = (offset: number): AuditBatch["position"] => ({ file: "1:2", offset });
const batch = (offset: number, change: Partial<AuditBatch> = {}): AuditBatch => ({
  events: [offset],
  position: at(offset),
  unread: 0,
  isMore: false,
  ...change,
});

test("reads on from where it was, and waits when there is no more", async () => {
  const { kept, asked, sleeps } = await play([batch(1, { isMore: true }), batch(2), batch(3)]);
  expect({ kept, asked, sleeps }).toEqual({ kept: [1, 2, 3], asked: [undefined, at(1), at(2)], sleeps: 2 });
});

test("a log that cannot be read is a gap of the cluster, and a fault of the worker", async () => {
  const { failed, gaps } = await play([batch(1), new Fault("audit.missing", "/var/log/audit.log")]);
  expect(failed).toMatchObject({ id: "audit.missing" });
  expect(gaps).toMatchObject([{ cluster: "prod-eu", resource: RESOURCE, reason: "the audit log is not read" }]);
  expect(gaps[0]?.until).toBeUndefined();
});
