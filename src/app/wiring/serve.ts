import { fileURLToPath } from "node:url";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { readEstate } from "../../capabilities/correlate/read-estate.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import { addMs } from "../../core/time.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { Config } from "../config/config.ts";
import { readAssets } from "../http/assets.ts";
import { cachedEstate } from "../http/estate-queries.ts";
import type { Queries } from "../http/queries.ts";
import type { ServerDeps } from "../http/server.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { readInput } from "../read-input.ts";
import { driftMetrics } from "../telemetry/drift-metrics.ts";
import type { MetricFamily } from "../telemetry/exposition.ts";
import type { Log } from "../telemetry/log.ts";
import { reverifyMetrics } from "../telemetry/reverify-metrics.ts";
import { failOpenMetrics } from "../workers/failure-policy.ts";
import type { Worker } from "../workers/supervise.ts";
import { openAuthenticator } from "./authenticator.ts";
import { followedLogs } from "./followed-logs.ts";
import { failurePolicyWorkers } from "./operate.ts";
import { openPolicy } from "./policy.ts";
import { driftWorkers } from "./policy-drift.ts";
import { openQueries } from "./queries.ts";
import { openRegistry } from "./registry.ts";
import { reverifyWorkers } from "./reverify.ts";
import { openStores } from "./stores.ts";
import { estateNames } from "./look.ts";
import { openDomain, thresholdsOf } from "./trust-domain.ts";
import { cacheFolderOf, trustSourceOf } from "./trust-source.ts";
import { openWorkers } from "./workers.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Everything that `serve` runs: the server's parts, and the workers that fill the store under it. */
export type OpenServe = {
  readonly server: ServerDeps;
  readonly queries: Queries;
  readonly workers: readonly Worker[];
  /** What the workers count, beside what the stores say. */
  readonly metrics: () => readonly MetricFamily[];
  readonly close: () => Promise<void>;
};

/** How old the judgement may be that answers a question. */
const ESTATE_FRESH_MS = 15_000;
/** Of the events that are judged for incidents; older ones are judged when they are asked for. */
const ESTATE_PERIOD_MS = 28 * 86_400_000;
const PEM_BYTES_MAX = 1024 * 1024;

/** Opens an installation. Roots are read once, here. Faults: those of the configuration, the store and the trust roots. */
export async function openServe(config: Config, env: Env, log: Log): Promise<OpenServe> {
  const http = undiciHttpClient();
  const trusts = await openTrusts(config, env, http);
  const logs = followedLogs(config, trusts, http);
  const policy = await openPolicy(config);
  const authenticator = await openAuthenticator(config.auth, { http, clock: systemClock });
  const tls = await readTls(config);
  const { registry, close: closeRegistry } = await openRegistry(config, env);
  // Last, and at once closed when what follows fails: it holds the writer's lock.
  const stores = openStores(config);
  const names = estateNames(config);
  const settings = { ...names, ...(policy && { policy }) };
  const estate = cachedEstate(
    () =>
      readEstate({ ...stores, clock: systemClock }, settings)({ since: addMs(systemClock.now(), -ESTATE_PERIOD_MS) }),
    systemClock,
    ESTATE_FRESH_MS,
  );
  const queries = openQueries({ stores, registry, estate, names, clock: systemClock });
  const { publicUrl } = config.server;
  const reverified = reverifyMetrics();
  const drifted = driftMetrics();
  const failOpen = failOpenMetrics();
  return {
    queries,
    server: {
      queries,
      authenticator,
      assets: await readAssets(fileURLToPath(new URL("../../../web/dist", import.meta.url))),
      random: systemRandom,
      requestsPerMinute: config.limits.requestsPerMinute,
      ...(tls && { tls }),
      ...(publicUrl !== undefined && { publicUrl }),
    },
    workers: [
      ...openWorkers({ config, env, stores, registry, logs, trusts: [...trusts.values()], names, log }),
      ...failurePolicyWorkers({ config, env, log, metrics: failOpen }),
      ...driftWorkers({ config, stores, log, metrics: drifted }),
      ...reverifyWorkers({ config, env, stores, log, metrics: reverified }),
    ],
    metrics: () => [...reverified.families(), ...drifted.families(), ...failOpen.families()],
    close: async () => {
      stores.close();
      await Promise.all([closeRegistry(), http.close()]);
    },
  };
}

async function openTrusts(config: Config, env: Env, http: HttpClient): Promise<ReadonlyMap<string, CompiledTrust>> {
  const world = { http, clock: systemClock, cacheFolder: cacheFolderOf(env) };
  const opened = await Promise.all(
    config.trust.domains.map(async (domain) => {
      const source = await trustSourceOf(domain, world);
      const { trust } = await openDomain(source, thresholdsOf(domain), AbortSignal.timeout(30_000));
      return [domain.name, trust] as const;
    }),
  );
  return new Map(opened);
}

async function readTls({ server }: Config): Promise<ServerDeps["tls"]> {
  if (!server.tls) return undefined;
  const [cert, key] = await Promise.all(
    [server.tls.certFile, server.tls.keyFile].map((file) => readInput(file, PEM_BYTES_MAX)),
  );
  return { cert: parseUtf8(cert ?? new Uint8Array()) ?? "", key: parseUtf8(key ?? new Uint8Array()) ?? "" };
}
