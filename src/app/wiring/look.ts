import { sqliteClusterStore } from "../../adapters/sqlite/cluster-store.ts";
import { openDatabaseToRead } from "../../adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../adapters/sqlite/event-store.ts";
import { sqliteSignatureStore } from "../../adapters/sqlite/signature-store.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import type { EstateNames } from "../../capabilities/correlate/gather-world.ts";
import { readEstate } from "../../capabilities/correlate/read-estate.ts";
import { investigate } from "../../capabilities/investigate/investigate.ts";
import { toServiceAccountSan } from "../../core/identity/identity.ts";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { cachedEstate, estateQueries } from "../http/estate-queries.ts";
import { proofFromStore } from "../http/proof.ts";
import type { Look } from "../look/look.ts";
import { packageVersion } from "../package-version.ts";
import { openPolicy } from "./policy.ts";
import { storePathOf } from "./stores.ts";

/** What a person says of where to look. */
export type LookSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  /** An embedded store, instead of the configured one. */
  readonly store?: string | undefined;
  /** A policy file, instead of the configured one. */
  readonly policy?: string | undefined;
};

/** One command asks once; what it is told is from one moment. */
const FRESH_FOR_EVER_MS: number = Number.MAX_SAFE_INTEGER;

/** Opens the store of an installation beside its writer. Faults: those of the configuration, the policy and the store. */
export async function openLook(setup: LookSetup): Promise<Look> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const policy = await openPolicy(setup.policy === undefined ? config : { ...config, policy: { file: setup.policy } });
  const database = openDatabaseToRead(setup.store ?? storePathOf(config));
  const stores = {
    events: sqliteEventStore(database),
    clusters: sqliteClusterStore(database),
    signatures: sqliteSignatureStore(database),
  };
  const names = estateNames(config);
  const read = readEstate({ ...stores, clock: systemClock }, { ...names, ...(policy && { policy }) });
  const estate = cachedEstate(() => read(), systemClock, FRESH_FOR_EVER_MS);
  return {
    queries: estateQueries({
      clock: systemClock,
      version: packageVersion(),
      events: stores.events,
      clusters: stores.clusters,
      estate,
      proofOf: (log, logIndex) => proofFromStore(stores.events, log, logIndex),
      bundleOf: async () => undefined,
      storyOf: async () => undefined,
      health: async () => [],
    }),
    estate,
    tell: investigate({ readEstate: read, ...stores, names }),
    clusters: names.clusters,
    close: async () => database.close(),
  };
}

/** What the configuration says of clusters and logs, as correlation needs it. */
export function estateNames({ clusters, logs }: Pick<Config, "clusters" | "logs">): EstateNames {
  return {
    clusters: clusters.map(({ name, issuer, formerIssuers, audience, chains }) => ({
      cluster: name,
      issuers: [...(issuer === undefined ? [] : [issuer]), ...formerIssuers],
      audiences: [audience],
      ...(chains && issuer !== undefined && { chains: { issuer, san: toServiceAccountSan(chains), sanType: "uri" } }),
    })),
    logUrls: logs.map(({ name, url }) => ({ log: name, url })),
  };
}
