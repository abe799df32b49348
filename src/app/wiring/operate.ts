import { breakGlassDesk, type BreakGlassDesk } from "../../capabilities/admit/break-glass.ts";
import { denyDesk, type DenyDesk } from "../../capabilities/admit/deny-desk.ts";
import { failurePolicyDesk, type FailurePolicyDesk } from "../../capabilities/admit/failure-policy.ts";
import { readDocuments } from "../../adapters/manifests/documents.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import type { Log } from "../telemetry/log.ts";
import { failurePolicyWorker, type FailOpenMetrics } from "../workers/failure-policy.ts";
import type { Worker } from "../workers/supervise.ts";
import { breakGlassOf } from "../webhook/load-policy.ts";
import { readDenyText } from "../webhook/read-deny-rules.ts";
import { openCluster } from "./open-cluster.ts";

/** Which cluster a person means, and where the webhook runs in it. */
export type OperateSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  readonly cluster?: string | undefined;
  readonly namespace: string;
};

export type OpenFailurePolicy = {
  readonly cluster: string;
  readonly desk: FailurePolicyDesk;
  /** Resolves at a time, or when told to stop. */
  readonly sleepUntil: (until: UnixMs, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type OpenDesk = { readonly cluster: string; readonly desk: BreakGlassDesk; readonly close: () => Promise<void> };

/** Opens the emergencies of one cluster, in the name of its kubeconfig's user. Faults: those of the configuration. */
export async function openBreakGlass(setup: OperateSetup): Promise<OpenDesk> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const cluster = clusterOf(config, setup.cluster);
  const { operator, close } = await openCluster(cluster, setup.env);
  const read = (path: string, text: string) => {
    const { documents } = readDocuments([{ path, bytes: toUtf8(text) }]);
    return breakGlassOf(documents, config, systemClock.now());
  };
  const desk = breakGlassDesk({ operator, now: () => systemClock.now(), read }, setup.namespace);
  return { cluster: cluster.name, desk, close };
}

export type OpenDenyDesk = { readonly cluster: string; readonly desk: DenyDesk; readonly close: () => Promise<void> };

/** Opens the register of deny rules of one cluster, in the name of its kubeconfig's user. Faults: those of the configuration. */
export async function openDenyDesk(setup: OperateSetup): Promise<OpenDenyDesk> {
  const cluster = clusterOf(await readConfig({ env: setup.env, file: setup.config }), setup.cluster);
  const { operator, close } = await openCluster(cluster, setup.env);
  const desk = denyDesk({ operator, now: () => systemClock.now(), read: readDenyText }, setup.namespace);
  return { cluster: cluster.name, desk, close };
}

/** Opens the registrations of one cluster, in the name of its kubeconfig's user. Faults: those of the configuration. */
export async function openFailurePolicy(setup: OperateSetup): Promise<OpenFailurePolicy> {
  const cluster = clusterOf(await readConfig({ env: setup.env, file: setup.config }), setup.cluster);
  const { operator, close } = await openCluster(cluster, setup.env);
  const desk = failurePolicyDesk({ operator, now: () => systemClock.now() });
  return { cluster: cluster.name, desk, sleepUntil, close };
}

async function sleepUntil(until: UnixMs, signal: AbortSignal): Promise<void> {
  await systemClock.sleep(Math.max(0, until - systemClock.now()), signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

export type FailurePolicyWorld = {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly metrics: FailOpenMetrics;
};

/** One worker a cluster that watches whether its API server would admit without the webhook, and closes what is over. */
export function failurePolicyWorkers({ config, env, log, metrics }: FailurePolicyWorld): readonly Worker[] {
  return config.clusters.map((cluster): Worker => ({
    name: `failure policy ${cluster.name}`,
    run: async (signal) => {
      const { operator, close } = await openCluster(cluster, env);
      const desk = failurePolicyDesk({ operator, now: () => systemClock.now() });
      try {
        await failurePolicyWorker({ cluster: cluster.name, clock: systemClock, log, desk, metrics }).run(signal);
      } finally {
        await close();
      }
    },
  }));
}

function clusterOf({ clusters }: Config, name: string | undefined): Config["clusters"][number] {
  const found = name === undefined && clusters.length === 1 ? clusters[0] : clusters.find((one) => one.name === name);
  if (found) return found;
  const known = clusters.map((one) => one.name).join(", ") || "none is configured";
  throw new Fault(
    "config.invalid",
    name === undefined ? `clusters: --cluster, one of: ${known}` : `clusters: no "${name}"`,
  );
}
