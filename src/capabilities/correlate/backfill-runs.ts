import { Fault } from "../../core/fault.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClusterStore, StoredObject } from "../../ports/cluster-store.ts";
import type { ArchivedRun, RunArchive } from "../../ports/run-archive.ts";
import { metadataText, withoutCopies } from "./watched-resource.ts";

export type BackfillPorts = { readonly archive: RunArchive; readonly store: ClusterStore; readonly clock: Clock };

export type Missed = {
  readonly cluster: string;
  /** `tekton.dev/taskruns` or `tekton.dev/pipelineruns`. */
  readonly resource: string;
  /** From when on nobody watched. */
  readonly since: UnixMs;
};

const KINDS: Readonly<Record<string, string>> = {
  "tekton.dev/taskruns": "TaskRun",
  "tekton.dev/pipelineruns": "PipelineRun",
};
/** A run that was begun before nobody watched may have signed while nobody did; few live for a day. */
const BEGUN_BEFORE_MS = 86_400_000;
const BATCH_OBJECTS = 500;

/**
 * Keeps the runs that an archive has of a time in which nobody watched: those that came and went, and the last state of
 * those that vanished. What was seen to be deleted, and what lives, stays as the watch saw it. Resolves to whether all of
 * them could be had: then the time is covered. Faults of the archive are the answer no; those of the store fly.
 */
export function backfillRuns(ports: BackfillPorts): (missed: Missed, signal: AbortSignal) => Promise<boolean> {
  return async (missed, signal) => {
    const { cluster, resource, since } = missed;
    if (KINDS[resource] === undefined) return false;
    const namespaces = await ports.store.convert({ resource: "namespaces", cluster }, ({ name }) => name);
    try {
      for (const namespace of new Set(namespaces)) {
        const runs = ports.archive.runs({ namespace, since: addMs(since, -Math.min(BEGUN_BEFORE_MS, since)) }, signal);
        // oxlint-disable-next-line no-await-in-loop -- one namespace after the other: an archive is not to be stormed
        await keepAll(ports, missed, runs);
      }
      return namespaces.length > 0;
    } catch (error) {
      if (error instanceof Fault && error.id.startsWith("cluster.")) return false;
      throw error;
    }
  };
}

async function keepAll(
  ports: BackfillPorts,
  { cluster, resource }: Missed,
  runs: AsyncIterable<ArchivedRun>,
): Promise<void> {
  let upserts: StoredObject[] = [];
  const commit = async (): Promise<void> => {
    const resourceVersion = await ports.store.resourceVersion(cluster, resource);
    if (upserts.length > 0)
      await ports.store.commit({ cluster, resource, resourceVersion: resourceVersion ?? "", upserts });
    upserts = [];
  };
  for await (const run of runs) {
    const uid = metadataText(run.object, "uid");
    if (run.object.kind !== KINDS[resource] || uid === "") continue;
    const known = await ports.store.object(cluster, uid);
    if (known && known.end?.kind !== "gone-between") continue;
    upserts.push(toStored(run, { cluster, resource, uid, now: ports.clock.now() }));
    if (upserts.length >= BATCH_OBJECTS) await commit();
  }
  await commit();
}

type Place = { readonly cluster: string; readonly resource: string; readonly uid: string; readonly now: UnixMs };

/** It is not there any more: the list has just said so. */
function toStored({ object, updatedAt }: ArchivedRun, { cluster, resource, uid, now }: Place): StoredObject {
  return {
    cluster,
    resource,
    uid,
    namespace: metadataText(object, "namespace"),
    name: metadataText(object, "name"),
    object: withoutCopies(object),
    firstSeen: updatedAt,
    lastSeen: updatedAt,
    end: { kind: "gone-between", goneBy: now },
  };
}
