import { undiciHttpClient } from "../../adapters/http/client.ts";
import { openDatabaseToRead } from "../../adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../adapters/sqlite/event-store.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { followOnce } from "../../capabilities/follow/follow.ts";
import type { StepReport } from "../../capabilities/follow/followed-log.ts";
import { Fault } from "../../core/fault.ts";
import type { EventStore } from "../../ports/event-store.ts";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { followedLogs } from "./followed-logs.ts";
import { openStores, storePathOf } from "./stores.ts";
import { openTrusts } from "./trusts.ts";

/** What a person says of an installation's logs. */
export type LogsSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  /** An embedded store, instead of the configured one. */
  readonly store?: string | undefined;
};

/** The store of an installation, to read beside its writer. */
export type StoredLogs = { readonly events: EventStore; readonly close: () => void };

/** Opens what is stored of logs. Faults: those of the configuration and the store. */
export async function openStoredLogs(setup: LogsSetup): Promise<StoredLogs> {
  const path = setup.store ?? storePathOf(await readConfig({ env: setup.env, file: setup.config }));
  const database = openDatabaseToRead(path);
  return { events: sqliteEventStore(database), close: () => database.close() };
}

/**
 * Follows logs once to where they are now, all that are configured or those named. Faults: those of the configuration, the
 * trust roots and the store; what the logs do is reported.
 */
export async function followConfigured(
  setup: LogsSetup & { readonly names: readonly string[] },
  signal: AbortSignal,
): Promise<readonly StepReport[]> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const http = undiciHttpClient();
  const stores = openStores(
    setup.store === undefined ? config : { store: { ...config.store, url: `sqlite:${setup.store}` } },
  );
  try {
    const trusts = await openTrusts(config, setup.env, http);
    const logs = chosen(config, setup.names, followedLogs(config, trusts.compiled, http));
    return await followOnce({ store: stores.events, clock: systemClock })(logs, signal);
  } finally {
    stores.close();
    await http.close();
  }
}

function chosen<L extends { readonly name: string }>(
  config: Config,
  names: readonly string[],
  logs: readonly L[],
): readonly L[] {
  const unknown = names.find((name) => !logs.some((log) => log.name === name));
  if (unknown !== undefined) {
    const known = config.logs.map(({ name }) => name).join(", ");
    throw new Fault("input.unknown", `no log ${unknown} is followed; configured: ${known === "" ? "none" : known}`);
  }
  return names.length === 0 ? logs : logs.filter(({ name }) => names.includes(name));
}
