import { systemClock } from "../../adapters/system/clock.ts";
import { gatherRunning } from "../../capabilities/admit/gather-running.ts";
import { heldFacts } from "../../capabilities/admit/held-facts.ts";
import { publishReports } from "../../capabilities/admit/publish-reports.ts";
import { questionsOf, reverify } from "../../capabilities/admit/reverify.ts";
import type { Config, ClusterConfig } from "../config/config.ts";
import { parseDurationMs } from "../config/units.ts";
import { packageVersion } from "../package-version.ts";
import type { Log } from "../telemetry/log.ts";
import type { ReverifyMetrics } from "../telemetry/reverify-metrics.ts";
import { openWebhook } from "../webhook/open-webhook.ts";
import { reverifyWorker } from "../workers/reverify.ts";
import type { Worker } from "../workers/supervise.ts";
import { openCluster } from "./open-cluster.ts";
import type { OpenStores } from "./stores.ts";

export type ReverifyWorld = {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stores: Pick<OpenStores, "clusters" | "signatures" | "facts">;
  readonly log: Log;
  readonly metrics: ReverifyMetrics;
};

const INTERVAL_MS = 6 * 3_600_000;

/** One worker a cluster that judges again what runs there; none where there is no policy to judge by. */
export function reverifyWorkers(world: ReverifyWorld): readonly Worker[] {
  const { config } = world;
  if (config.policy.file === undefined || config.verify.imagesPerSecond === 0) return [];
  return config.clusters.map((cluster): Worker => ({
    name: `reverify ${cluster.name}`,
    run: async (signal) => {
      const { run, close } = await openReverify(world, cluster);
      try {
        await run(signal);
      } finally {
        await close();
      }
    },
  }));
}

async function openReverify(
  { config, env, stores, log, metrics }: ReverifyWorld,
  cluster: ClusterConfig,
): Promise<{ readonly run: Worker["run"]; readonly close: () => Promise<void> }> {
  const { writer, close: closeCluster } = await openCluster(cluster, env);
  const options = { cluster: cluster.name, ownNamespace: "countersign", pinTemplates: false };
  const { ports, find, policy, close: closeWebhook } = await openWebhook(config, env, options, log);
  const facts = heldFacts({
    find,
    store: stores.facts,
    clock: systemClock,
    engine: packageVersion(),
    intervalMs: parseDurationMs(config.verify.interval) ?? INTERVAL_MS,
    perSecond: config.verify.imagesPerSecond,
  });
  const { run } = reverifyWorker({
    cluster: cluster.name,
    clock: systemClock,
    log,
    refreshPolicy: () => policy.refresh(systemClock.now()),
    running: () => gatherRunning(stores, cluster.name),
    reverify: reverify({ ...ports, facts }),
    publish: publishReports({ writer, clock: systemClock }),
    keepOnly: (images) => facts.keepOnly(questionsOf(images, policy.current())),
    metrics,
  });
  const close = async (): Promise<void> => {
    await Promise.all([closeCluster(), closeWebhook()]);
  };
  return { run, close };
}
