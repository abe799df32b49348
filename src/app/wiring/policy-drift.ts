import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import { sqliteClusterStore } from "../../adapters/sqlite/cluster-store.ts";
import { openDatabaseToRead } from "../../adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../adapters/sqlite/event-store.ts";
import { sqliteSignatureStore } from "../../adapters/sqlite/signature-store.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { policyDrift, type DriftNames } from "../../capabilities/monitor/policy-drift.ts";
import { Fault } from "../../core/fault.ts";
import { withOwners, type OwnedDrift } from "../../core/policy/drift/owner.ts";
import type { PolicyDocuments } from "../../core/policy/read/read-set.ts";
import { toSignerPolicy } from "../../core/policy/to-signer-policy.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import type { DriftMetrics } from "../telemetry/drift-metrics.ts";
import type { Log } from "../telemetry/log.ts";
import { driftWorker } from "../workers/drift.ts";
import type { Worker } from "../workers/supervise.ts";
import { readConfiguredPolicy } from "./policy.ts";
import { patternEngine } from "./policy-set.ts";
import { storePathOf, type OpenStores } from "./stores.ts";

/** What a person says of the installation to look at. */
export type DriftSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  /** An embedded store, instead of the configured one. */
  readonly store?: string | undefined;
  /** Policy files or folders, instead of the configured one. */
  readonly policy?: readonly string[] | undefined;
  readonly now: UnixMs;
};

/**
 * Holds the policy of an installation against its store, beside its writer. Faults: those of the configuration, the policy
 * (by `read`) and the store.
 */
export async function findDrift(
  setup: DriftSetup,
  read: (paths: readonly string[]) => Promise<PolicyDocuments>,
): Promise<OwnedDrift> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const paths = setup.policy ?? (config.policy.file === undefined ? [] : [config.policy.file]);
  if (paths.length === 0) throw new Fault("input.missing", "--policy, or policy.file in the configuration");
  const documents = await read(paths);
  const database = openDatabaseToRead(setup.store ?? storePathOf(config));
  try {
    const ports = {
      events: sqliteEventStore(database),
      clusters: sqliteClusterStore(database),
      signatures: sqliteSignatureStore(database),
      clock: { now: () => setup.now },
      matches,
    };
    const expected = toSignerPolicy(documents, patternEngine);
    const drift = await policyDrift(ports, driftNames(config))({ policy: documents.policy, expected });
    return withOwners(drift, config.teams);
  } finally {
    database.close();
  }
}

function matches(pattern: string, text: string): boolean {
  return re2jsCompiler.matchesWhole(pattern, text);
}

export type DriftWorld = {
  readonly config: Config;
  readonly stores: Pick<OpenStores, "events" | "clusters" | "signatures">;
  readonly log: Log;
  readonly metrics: DriftMetrics;
};

/** The worker that holds the configured policy against the store again and again; none where there is no policy. */
export function driftWorkers({ config, stores, log, metrics }: DriftWorld): readonly Worker[] {
  if (config.policy.file === undefined) return [];
  const { events, clusters, signatures } = stores;
  const judge = policyDrift({ events, clusters, signatures, clock: systemClock, matches }, driftNames(config));
  const find = async (): Promise<OwnedDrift | undefined> => {
    const documents = await readConfiguredPolicy(config);
    if (!documents) return undefined;
    const expected = toSignerPolicy(documents, patternEngine);
    return withOwners(await judge({ policy: documents.policy, expected }), config.teams);
  };
  return [driftWorker({ clock: systemClock, log, metrics, find })];
}

function driftNames({ clusters, trust }: Config): DriftNames {
  return {
    clusters: clusters.flatMap(({ name, issuer, issuerType, audience }) =>
      issuer === undefined ? [] : [{ cluster: name, issuer, issuerType, audience }],
    ),
    logs: trust.domains.flatMap((domain) => domain.logs.map((log) => ({ root: domain.name, log }))),
  };
}
