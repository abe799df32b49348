import { Fault } from "../../core/fault.ts";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";
import { bug } from "../../core/bug.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cluster, ClusterEvent, ClusterObject, ClusterResource } from "../../ports/cluster.ts";
import type { ClusterStore, StoredObject } from "../../ports/cluster-store.ts";
import type { Random } from "../../ports/random.ts";
import type { Missed } from "./backfill-runs.ts";
import { commitInBatches } from "./batches.ts";
import { metadataText, resourceName, WATCHED_RESOURCES, withoutCopies } from "./watched-resource.ts";

export type WatchPorts = {
  readonly cluster: Cluster;
  readonly store: ClusterStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Fills a time in which nobody watched from an archive; says whether it is covered now. */
  readonly backfill?: (missed: Missed, signal: AbortSignal) => Promise<boolean>;
};

/** How one round of watching ended. */
export type WatchReport = {
  readonly cluster: string;
  readonly resource: string;
  /** `listed`: all objects were read; `ended`: a watch ended in good order; `absent`: the server does not know the resource. */
  readonly outcome: "listed" | "ended" | "gone" | "absent" | "failed";
  /** How many objects were kept. */
  readonly kept: number;
  /** Why it failed. */
  readonly detail: string;
};

export type WatchOptions = {
  readonly resources?: readonly ClusterResource[];
  readonly onReport?: (report: WatchReport) => void;
};

const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;
/** An API group may be installed later. */
const PROBE_ABSENT_MS = 600_000;
const EPOCH: UnixMs = parseUnixMs(0) ?? bug("1970 is no time");

/**
 * Watches a cluster's resources side by side until it is told to stop. Faults of the cluster are reported, recorded as gaps
 * and waited out; a fault of the store ends it, since nothing could be kept.
 */
export function watchCluster(ports: WatchPorts, options: WatchOptions = {}): (signal: AbortSignal) => Promise<void> {
  const watch = watchResource(ports);
  const forever = async (resource: ClusterResource, signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one round after the other is what watching is
      const report = await watch(resource, signal);
      options.onReport?.(report);
      failures = report.outcome === "failed" ? failures + 1 : 0;
      const waitMs = report.outcome === "absent" ? PROBE_ABSENT_MS : failures > 0 ? retryMs(failures, ports.random) : 0;
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (waitMs > 0 && !signal.aborted) await ports.clock.sleep(waitMs, signal);
    }
  };
  return async (signal) => {
    await Promise.all((options.resources ?? WATCHED_RESOURCES).map((resource) => forever(resource, signal)));
  };
}

/**
 * One round: a list where nothing is stored, else a watch from the stored version. After `gone` the next round lists:
 * what it no longer finds has vanished some time between, and what came and went in between was never seen, which is a gap.
 */
export function watchResource(
  given: WatchPorts,
): (resource: ClusterResource, signal: AbortSignal) => Promise<WatchReport> {
  const ports: Watching = { ...given, contacts: new Map() };
  const lost = new Set<string>();
  return async (resource, signal) => {
    const name = resourceName(resource);
    const report = { cluster: ports.cluster.name, resource: name, kept: 0, detail: "" };
    try {
      const from = lost.has(name) ? undefined : await ports.store.resourceVersion(ports.cluster.name, name);
      if (from === undefined) {
        const listed = await listResource(ports, resource, signal);
        lost.delete(name);
        return { ...report, ...listed };
      }
      const watched = await followWatch(ports, { resource, from }, signal);
      if (watched.outcome === "gone") lost.add(name);
      return { ...report, ...watched };
    } catch (error) {
      if (!(error instanceof Fault) || !error.id.startsWith("cluster.")) throw error;
      const since = await lastContact(ports, name);
      await ports.store.openGap({ cluster: ports.cluster.name, resource: name, since, reason: error.id });
      return { ...report, outcome: "failed", detail: `${error.id}: ${error.subject}` };
    }
  };
}

/** What a watcher remembers between rounds: when each resource was last heard of. */
type Watching = WatchPorts & { readonly contacts: Map<string, UnixMs> };
type Round = Pick<WatchReport, "outcome" | "kept">;

/** Lists and compares with what the store believes to live; objects and position in one commit. */
async function listResource(ports: Watching, resource: ClusterResource, signal: AbortSignal): Promise<Round> {
  const { cluster, store, clock } = ports;
  const name = resourceName(resource);
  const before = await store.resourceVersion(cluster.name, name);
  const since = before === undefined ? EPOCH : await lastContact(ports, name);
  const list = await cluster.list(resource, signal);
  const now = clock.now();
  if (!list) {
    await store.openGap({ cluster: cluster.name, resource: name, since, reason: "the API server does not serve it" });
    return { outcome: "absent", kept: 0 };
  }
  const found = list.items.map((object) => toStored(ports, name, { object, now }));
  const uids = new Set(found.map(({ uid }) => uid));
  const live = await store.objects({ resource: name, cluster: cluster.name, live: true });
  const vanished = live
    .filter(({ uid }) => !uids.has(uid))
    .map((object): StoredObject => ({ ...object, end: { kind: "gone-between", goneBy: now } }));
  const { resourceVersion } = list;
  const reason = before === undefined ? "before watching began" : "the version of the last watch was gone";
  await store.openGap({ cluster: cluster.name, resource: name, since, reason });
  await store.commit({ cluster: cluster.name, resource: name, resourceVersion, upserts: [...found, ...vanished] });
  // An archive keeps what came and went in between; then nothing is missing, but for what was before its own time.
  const isCovered = (await ports.backfill?.({ cluster: cluster.name, resource: name, since }, signal)) ?? false;
  await store.closeGap(cluster.name, name, isCovered && before !== undefined ? since : now);
  ports.contacts.set(name, now);
  return { outcome: "listed", kept: found.length + vanished.length };
}

/** Follows a watch to its end. A gap that was open is healed by it: the server replays all that was missed. */
async function followWatch(
  ports: Watching,
  { resource, from }: { readonly resource: ClusterResource; readonly from: string },
  signal: AbortSignal,
): Promise<Round> {
  const { cluster, store, clock } = ports;
  const name = resourceName(resource);
  const open = (await store.gaps()).find(
    (gap) => gap.cluster === cluster.name && gap.resource === name && gap.until === undefined,
  );
  let healed = open === undefined;
  let outcome: Round["outcome"] = "ended";
  const commit = async (events: readonly ClusterEvent[]): Promise<number> => {
    const now = clock.now();
    const changes = events.filter((event) => "object" in event);
    const last = events.findLast((event) => event.kind !== "gone");
    if (events.some(({ kind }) => kind === "gone")) outcome = "gone";
    if (!last) return 0;
    ports.contacts.set(name, now);
    if (!healed && open) await store.closeGap(cluster.name, name, open.since);
    healed = true;
    const upserts = changes.map(({ kind, object }) =>
      toStored(ports, name, { object, now, deleted: kind === "deleted" }),
    );
    await store.commit({ cluster: cluster.name, resource: name, resourceVersion: last.resourceVersion, upserts });
    return upserts.length;
  };
  const kept = await commitInBatches(cluster.watch(resource, from, signal), commit);
  return { outcome, kept };
}

type Observed = { readonly object: ClusterObject; readonly now: UnixMs; readonly deleted?: boolean };

function toStored({ cluster }: WatchPorts, resource: string, { object, now, deleted }: Observed): StoredObject {
  return {
    cluster: cluster.name,
    resource,
    uid: metadataText(object, "uid"),
    namespace: metadataText(object, "namespace"),
    name: metadataText(object, "name"),
    object: withoutCopies(object),
    firstSeen: now,
    lastSeen: now,
    ...(deleted === true && { end: { kind: "deleted", goneBy: now } as const }),
  };
}

/** When a resource was last heard of; the store knows it across restarts. A little too early widens a gap, never hides one. */
async function lastContact({ cluster, store, clock, contacts }: Watching, resource: string): Promise<UnixMs> {
  const remembered = contacts.get(resource);
  if (remembered !== undefined) return remembered;
  const objects = await store.objects({ resource, cluster: cluster.name });
  return (
    objects.reduce<UnixMs | undefined>(
      (latest, { lastSeen }) => (latest === undefined || lastSeen > latest ? lastSeen : latest),
      undefined,
    ) ?? clock.now()
  );
}

/** Twice as long each time, up to half a minute, of which a quarter is chance. */
function retryMs(failures: number, random: Random): number {
  const delay = Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_MAX_MS);
  return Math.round(delay * (0.75 + (random.bytes(1)[0] ?? 0) / 1024));
}
