import { auditLogFile } from "../../adapters/files/audit-log.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { gatherWorld, type EstateNames } from "../../capabilities/correlate/gather-world.ts";
import { learnSignatures } from "../../capabilities/correlate/learn-signatures.ts";
import { AUDIT_RESOURCE, recordAudit } from "../../capabilities/correlate/record-audit.ts";
import { imageTargets } from "../../capabilities/correlate/targets.ts";
import { watchCluster, type WatchReport } from "../../capabilities/correlate/watch-cluster.ts";
import { chainsConfigIn, WATCHED_RESOURCES } from "../../capabilities/correlate/watched-resource.ts";
import { follow } from "../../capabilities/follow/follow.ts";
import { observeCheckpoints } from "../../capabilities/follow/observe-checkpoints.ts";
import type { FollowedLog, StepReport } from "../../capabilities/follow/followed-log.ts";
import { gatherSignatures } from "../../capabilities/verify/gather-signatures.ts";
import type { DrillRun } from "../../core/drill/run.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { Registry } from "../../ports/registry.ts";
import type { Config, DrillConfig } from "../config/config.ts";
import { parseDurationMs } from "../config/units.ts";
import type { Log } from "../telemetry/log.ts";
import { drillWorker } from "../workers/drill.ts";
import { auditWorker } from "../workers/audit.ts";
import { learnWorker } from "../workers/learn.ts";
import type { Worker } from "../workers/supervise.ts";
import { openArchive } from "./open-archive.ts";
import { openCluster } from "./open-cluster.ts";
import type { OpenStores } from "./stores.ts";

export type WorkersWorld = {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stores: OpenStores;
  readonly registry: Registry;
  readonly logs: readonly FollowedLog[];
  readonly trusts: readonly CompiledTrust[];
  readonly names: EstateNames;
  readonly log: Log;
};

const DAY_MS = 86_400_000;
const LOOK_EVERY_MS = 30_000;

/** One worker follows all logs, one watches each cluster, one asks registries what entries are about. */
export function openWorkers(world: WorkersWorld): readonly Worker[] {
  const { config, logs } = world;
  return [
    ...(logs.length > 0 ? [followWorker(world)] : []),
    ...config.clusters.map((cluster): Worker => ({
      name: `watch ${cluster.name}`,
      run: async (signal) => {
        const { cluster: opened, close } = await openCluster(cluster, world.env);
        const archive = await openArchive(cluster, world.stores.clusters);
        const ports = {
          cluster: opened,
          store: world.stores.clusters,
          clock: systemClock,
          random: systemRandom,
          ...(archive && { backfill: archive.backfill }),
        };
        try {
          const { chains } = cluster;
          const resources = [...WATCHED_RESOURCES, ...(chains ? [chainsConfigIn(chains.namespace)] : [])];
          await watchCluster(ports, { resources, onReport: (report) => reportWatch(world.log, report) })(signal);
        } finally {
          await Promise.all([close(), archive?.close()]);
        }
      },
    })),
    ...config.clusters.flatMap(({ name, auditLog }) =>
      auditLog === undefined ? [] : [auditFrom(world, name, auditLog)],
    ),
    ...(config.clusters.length > 0 ? [learnFrom(world)] : []),
    ...(config.drill ? [drillFrom(config.drill, world)] : []),
  ];
}

/** Loaded with the first run: a server that drills nobody has no Sigstore of its own in memory. */
function drillFrom({ every, targets, historyFile }: DrillConfig, { env, log }: WorkersWorld): Worker {
  const run = async (target: string, signal: AbortSignal): Promise<DrillRun> => {
    const [{ openDrill }, { DRILL_CASES }] = await Promise.all([
      import("./drill.ts"),
      import("../../core/drill/cases.ts"),
    ]);
    const drill = await openDrill({ target, history: historyFile, env });
    return drill.run(DRILL_CASES, signal).finally(() => void drill.close());
  };
  return drillWorker({ clock: systemClock, log, everyMs: parseDurationMs(every) ?? DAY_MS, targets, run });
}

function followWorker({ config, stores, logs, log }: WorkersWorld): Worker {
  const every = config.logs.map(({ checkpointEvery }) => parseDurationMs(checkpointEvery) ?? LOOK_EVERY_MS);
  const ports = { store: stores.events, clock: systemClock, random: systemRandom };
  const options = {
    everyMs: Math.min(LOOK_EVERY_MS, ...every),
    onReport: (report: StepReport) => reportStep(log, report),
  };
  return { name: "follow", run: (signal) => follow(ports, options)(logs, signal) };
}

function reportStep(log: Log, { log: name, outcome, code, detail, headSize, indexedUpto, added }: StepReport): void {
  const fields = { log: name, headSize, indexedUpto, added };
  if (outcome === "contradiction") log("error", "log.contradicted", { ...fields, code, detail });
  else if (outcome === "unproven") log("warn", "log.unproven", { ...fields, code, detail });
  else log("info", "log.stepped", { ...fields, outcome });
}

function reportWatch(log: Log, { cluster, resource, outcome, kept, detail }: WatchReport): void {
  if (outcome === "failed") log("warn", "cluster.unwatched", { cluster, resource, detail });
  else log("info", "cluster.watched", { cluster, resource, outcome, kept });
}

function auditFrom({ stores: { clusters: store }, log }: WorkersWorld, cluster: string, path: string): Worker {
  const record = recordAudit({ clusters: store, clock: systemClock });
  return auditWorker({
    cluster,
    source: auditLogFile(path),
    clock: systemClock,
    log,
    record: (events) => record(cluster, events),
    store,
    resource: AUDIT_RESOURCE,
  });
}

function learnFrom({ stores, registry, trusts, names, logs, log }: WorkersWorld): Worker {
  const { events, signatures, clusters } = stores;
  const learn = learnSignatures({
    registry,
    gatherSignatures: (image, signal) => gatherSignatures(registry, image, signal),
    events,
    signatures,
    trusts,
    clock: systemClock,
  });
  const targets = async () => imageTargets((await gatherWorld({ clusters, signatures }, names)).world);
  const observe = observeCheckpoints({ store: events, clock: systemClock }, logs);
  return learnWorker({ clock: systemClock, log, targets, learn, observe });
}
