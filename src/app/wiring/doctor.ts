import { existsSync } from "node:fs";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { openDatabaseToRead } from "../../adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../adapters/sqlite/event-store.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { Fault } from "../../core/fault.ts";
import { judgeClock } from "../../core/health/judge-clock.ts";
import { parseCheckpoint } from "../../core/note/checkpoint.ts";
import { parseNote } from "../../core/note/note.ts";
import type { AccountRef } from "../../ports/cluster-issuer.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { LogReader } from "../../ports/transparency-log.ts";
import type { ClusterConfig, Config, LogConfig, RegistryConfig, TrustDomainConfig } from "../config/config.ts";
import { judgePosition } from "../doctor/judge-position.ts";
import type { Probe, ProbeResult } from "../doctor/probe.ts";
import { logReaderOf } from "./log-reader.ts";
import { issuerProbes, readClockOf } from "./issuer-probes.ts";
import { openCluster } from "./open-cluster.ts";
import { openDomain, thresholdsOf } from "./trust-domain.ts";
import { cacheFolderOf, trustSourceOf } from "./trust-source.ts";

type Env = Readonly<Record<string, string | undefined>>;
export type Doctor = { readonly probes: readonly Probe[]; readonly close: () => Promise<void> };

/** A probe for each link that the configuration names. Nothing is asked before a probe runs. */
export async function openDoctor(config: Config, env: Env, account: AccountRef): Promise<Doctor> {
  const http = undiciHttpClient();
  const probes = [
    ...clockProbes(config, http),
    ...storeProbes(config),
    ...config.logs.map((log) => logProbe(log, http)),
    ...config.trust.domains.map((domain) => trustProbe(domain, http, env)),
    ...config.registries.map((registry) => registryProbe(registry, http)),
    ...config.clusters.map((cluster) => clusterProbe(cluster, env)),
    ...config.clusters.flatMap((cluster) => issuerProbes(cluster, { config, env, http, account })),
  ];
  return { probes, close: () => http.close() };
}

const ANSWER_BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS = 10_000;

/** Whichever service comes first tells the time; its answer's status does not matter. */
function clockProbes({ logs, trust }: Config, http: HttpClient): readonly Probe[] {
  const [url] = [...trust.domains.flatMap(({ fulcio }) => fulcio ?? []), ...logs.map((log) => log.url)];
  if (url === undefined) return [];
  const run = async (signal: AbortSignal): Promise<ProbeResult> => {
    const read = await readClockOf(http, url, signal);
    return judgeClock(read.host, read.dateMs, read);
  };
  return [{ group: "clock", name: "clock", run }];
}

/** The store by itself, and each log that it says it follows. */
function storeProbes({ store, logs }: Config): readonly Probe[] {
  const path = store.url.replace(/^sqlite:/, "");
  const counted = async (): Promise<ProbeResult> => {
    if (!existsSync(path)) {
      const fix = "countersign serve creates it; or name another with store.url.";
      return { state: "warn", detail: `${path} does not exist yet`, fix };
    }
    return reading(path, async (events) => {
      const [count, found] = await Promise.all([events.count(), events.misbehaviours()]);
      const [first] = found;
      if (first) return { state: "finding", detail: `${first.log}: ${first.code}, ${first.detail}`, exit: 5 };
      return { state: "ok", detail: `${count} events in ${path}` };
    });
  };
  const followed = (name: string): Probe => ({
    group: "store",
    name: `follower of ${name}`,
    run: async () => {
      if (!existsSync(path))
        return { state: "undecided", detail: "nothing is stored yet", fix: "Start countersign serve." };
      return reading(path, async (events) => {
        const position = await events.position(name);
        if (position) return judgePosition(position, systemClock.now());
        return { state: "undecided", detail: "not followed yet", fix: "Start countersign serve." };
      });
    },
  });
  const following = logs.filter(({ follow }) => follow === "all");
  return [{ group: "store", name: "store", run: counted }, ...following.map(({ name }) => followed(name))];
}

async function reading(
  path: string,
  look: (events: ReturnType<typeof sqliteEventStore>) => Promise<ProbeResult>,
): Promise<ProbeResult> {
  const database = openDatabaseToRead(path);
  try {
    return await look(sqliteEventStore(database));
  } finally {
    database.close();
  }
}

function logProbe(log: LogConfig, http: HttpClient): Probe {
  return { group: "logs", name: log.name, run: async (signal) => lookAtLog(logReaderOf(http, log), log, signal) };
}

/** Whether the log serves a checkpoint. Its signature is the follower's business, which has the keys. */
async function lookAtLog(reader: LogReader, { url }: LogConfig, signal: AbortSignal): Promise<ProbeResult> {
  if (reader.type === "rekor1") {
    const [active] = await reader.shards(signal);
    if (!active) throw new Fault("log.malformed", url);
    return { state: "ok", detail: `serves tree ${active.treeId} of ${active.treeSize} entries` };
  }
  const note = parseNote(await reader.checkpoint(signal));
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!checkpoint.ok) throw new Fault("log.malformed", `${url}: ${checkpoint.detail}`);
  return { state: "ok", detail: `serves a checkpoint of ${checkpoint.value.size} entries` };
}

function trustProbe(domain: TrustDomainConfig, http: HttpClient, env: Env): Probe {
  const run = async (signal: AbortSignal): Promise<ProbeResult> => {
    const source = await trustSourceOf(domain, { http, clock: systemClock, cacheFolder: cacheFolderOf(env) });
    const { freshness } = await openDomain(source, thresholdsOf(domain), signal);
    if (freshness.state === "fresh") return { state: "ok", detail: "the root is valid and fresh" };
    return { state: "warn", detail: `the root is ${freshness.state}: ${freshness.reason}` };
  };
  return { group: "trust", name: domain.name, run };
}

/** OCI distribution-spec v1.1, "Determining Support": 200, or 401 where one has to log in, which is support too. */
function registryProbe({ host, plainHttp }: RegistryConfig, http: HttpClient): Probe {
  const url = `${plainHttp ? "http" : "https"}://${host}/v2/`;
  const run = async (signal: AbortSignal): Promise<ProbeResult> => {
    const { status } = await http.send(
      { method: "GET", url, bytesMax: ANSWER_BYTES_MAX, timeoutMs: TIMEOUT_MS },
      signal,
    );
    if (status === 200 || status === 401)
      return { state: "ok", detail: status === 200 ? "answers" : "answers, and asks to log in" };
    throw new Fault("registry.malformed", `${url}: ${status}`);
  };
  return { group: "registries", name: host, run };
}

const TASK_RUNS = { group: "tekton.dev", version: "v1", plural: "taskruns" };

function clusterProbe(config: ClusterConfig, env: Env): Probe {
  const run = async (signal: AbortSignal): Promise<ProbeResult> => {
    const { cluster, server, close } = await openCluster(config, env);
    try {
      const runs = await cluster.list(TASK_RUNS, signal);
      if (runs) return { state: "ok", detail: `${server}: ${runs.items.length} TaskRuns can be read` };
      return {
        state: "warn",
        detail: `${server} does not know tekton.dev/v1 taskruns`,
        fix: "Install Tekton Pipelines, or remove the cluster.",
      };
    } finally {
      await close();
    }
  };
  return { group: "clusters", name: config.name, run };
}
