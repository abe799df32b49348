import { setTimeout as delay } from "node:timers/promises";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { kubernetesCluster } from "../../adapters/kubernetes/cluster.ts";
import { rekor1Reader } from "../../adapters/rekor1/reader.ts";
import { rekor2Reader } from "../../adapters/rekor2/reader.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { gatherWorld, type EstateNames } from "../../capabilities/correlate/gather-world.ts";
import { learnSignatures, type Learned } from "../../capabilities/correlate/learn-signatures.ts";
import { readEstate, type EstateSettings } from "../../capabilities/correlate/read-estate.ts";
import { imageTargets, type ImageTarget } from "../../capabilities/correlate/targets.ts";
import { watchCluster } from "../../capabilities/correlate/watch-cluster.ts";
import { metadataText, WATCHED_RESOURCES } from "../../capabilities/correlate/watched-resource.ts";
import { follow, followOnce } from "../../capabilities/follow/follow.ts";
import type { FollowedLog, StepReport } from "../../capabilities/follow/followed-log.ts";
import { gatherSignatures } from "../../capabilities/verify/gather-signatures.ts";
import { Fault } from "../../core/fault.ts";
import type { Estate } from "../../core/detect/estate.ts";
import { leafJudge } from "../../core/entry/leaf-judge.ts";
import { secret } from "../../core/secret.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Registry } from "../../ports/registry.ts";
import type { OpenStores } from "../wiring/stores.ts";
import { AUDIENCE } from "./estate.ts";
import type { StandIns } from "./stand-ins.ts";
import type { StoryClock } from "./story-clock.ts";

export type ObserveWorld = {
  readonly standIns: StandIns;
  readonly trust: CompiledTrust;
  readonly stores: OpenStores;
  readonly registry: Registry;
  readonly clock: StoryClock;
};

/** The product, looking at the stand-ins as it looks at the real systems: through its adapters, over their sockets. */
export type Observer = {
  readonly names: EstateNames;
  readonly logs: readonly FollowedLog[];
  /** Watches both clusters until the signal fires. */
  readonly watch: (signal: AbortSignal) => Promise<void>;
  /** Follows both logs until the signal fires. */
  readonly followLive: (signal: AbortSignal) => Promise<void>;
  /** Reads both logs to their end. Faults: `log.missing` when one of them cannot be proven. */
  readonly follow: (signal: AbortSignal) => Promise<readonly StepReport[]>;
  /** Waits until the watches have seen what the clusters hold now. */
  readonly catchUp: (signal: AbortSignal) => Promise<void>;
  /** Learns from the registry what entries are about. */
  readonly learn: (which: "running" | "all", also: readonly ImageTarget[], signal: AbortSignal) => Promise<Learned>;
  readonly judge: (settings: EstateSettings) => Promise<Estate>;
  readonly close: () => Promise<void>;
};

const LOOK_EVERY_MS = 25;
const LOOKS_MAX = 2400;
const FOLLOW_EVERY_MS = 500;

export function openObserver(world: ObserveWorld): Observer {
  const { standIns, trust, stores, registry, clock } = world;
  const http = undiciHttpClient();
  const names: EstateNames = {
    clusters: standIns.clusters.map(({ name, issuer }) => ({
      cluster: name,
      issuers: [issuer],
      audiences: [AUDIENCE],
    })),
    logUrls: [
      { log: "rekor1", url: standIns.urls.rekor1 },
      { log: "rekor2", url: standIns.urls.rekor2 },
    ],
  };
  const clusters = standIns.clusters.map(({ name, url, readerToken }) => {
    const token = { read: async () => secret(readerToken) };
    return kubernetesCluster({ name, server: url, http, clock, random: systemRandom, token });
  });
  const logs = [
    followed("rekor1", rekor1Reader(http, { url: standIns.urls.rekor1 }), trust),
    followed("rekor2", rekor2Reader(http, { url: standIns.urls.rekor2 }), trust),
  ];
  const worldOf = async () => (await gatherWorld(stores, names)).world;
  return {
    names,
    logs,
    watch: async (signal) => {
      await Promise.all(
        clusters.map((cluster) =>
          watchCluster({ cluster, store: stores.clusters, clock, random: systemRandom })(signal),
        ),
      );
    },
    followLive: async (signal) => {
      const ports = { store: stores.events, clock, random: systemRandom };
      try {
        await follow(ports, { everyMs: FOLLOW_EVERY_MS })(logs, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    follow: async (signal) => {
      const reports = await followOnce({ store: stores.events, clock })(logs, signal);
      const failed = reports.find(({ outcome }) => outcome !== "current");
      if (failed) throw new Fault("log.missing", `${failed.log}: ${failed.code} ${failed.detail}`);
      return reports;
    },
    catchUp: (signal) => catchUp(stores, clusters, signal),
    learn: async (which, also, signal) => {
      const { runs, pods } = await worldOf();
      const targets = imageTargets(which === "all" ? { runs, pods } : { runs: [], pods });
      const inDemo = targets.filter(({ repository }) => repository.startsWith(`${standIns.registryHost}/`));
      return learnSignatures({
        registry,
        gatherSignatures: (image, until) => gatherSignatures(registry, image, until),
        events: stores.events,
        signatures: stores.signatures,
        trusts: [trust],
        clock,
      })([...inDemo, ...also], signal);
    },
    judge: (settings) => readEstate({ ...stores, clock }, settings)(),
    close: () => http.close(),
  };
}

/** A log with its keys: those of the trusted root under its name. */
function followed(name: "rekor1" | "rekor2", reader: FollowedLog["reader"], trust: CompiledTrust): FollowedLog {
  const keys = trust.logs.filter(({ baseUrl }) => new URL(baseUrl).hostname.startsWith(`${name}.`));
  return { name, reader, keys, judgeLeaf: leafJudge(trust.cas), start: "beginning" };
}

async function catchUp(stores: OpenStores, clusters: readonly Cluster[], signal: AbortSignal): Promise<void> {
  let pending: readonly Held[] = (await Promise.all(clusters.map((cluster) => heldBy(cluster, signal)))).flat();
  for (let look = 0; pending.length > 0 && look < LOOKS_MAX; look++) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    pending = await notYetSeen(stores, pending);
    // oxlint-disable-next-line no-await-in-loop -- as above
    if (pending.length > 0) await delay(LOOK_EVERY_MS, undefined, { signal });
  }
  if (pending.length > 0) throw new Fault("cluster.unreachable", `the watches missed ${pending.length} objects`);
}

type Held = { readonly cluster: string; readonly uid: string; readonly version: string };

/** Every watched object that a cluster holds, at its version. */
async function heldBy(cluster: Cluster, signal: AbortSignal): Promise<readonly Held[]> {
  const lists = await Promise.all(WATCHED_RESOURCES.map((resource) => cluster.list(resource, signal)));
  return lists.flatMap((list) =>
    (list?.items ?? []).map((object) => ({
      cluster: cluster.name,
      uid: metadataText(object, "uid"),
      version: String(object.metadata["resourceVersion"]),
    })),
  );
}

async function notYetSeen({ clusters }: OpenStores, held: readonly Held[]): Promise<readonly Held[]> {
  const seen = await Promise.all(
    held.map(async ({ cluster, uid, version }) => {
      const stored = await clusters.object(cluster, uid);
      return stored?.object.metadata["resourceVersion"] === version;
    }),
  );
  return held.filter((_, i) => !seen[i]);
}
