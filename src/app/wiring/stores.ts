import { sqliteClusterStore } from "../../adapters/sqlite/cluster-store.ts";
import { openDatabase } from "../../adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../adapters/sqlite/event-store.ts";
import { sqliteFactsStore } from "../../adapters/sqlite/facts-store.ts";
import { sqliteSignatureStore } from "../../adapters/sqlite/signature-store.ts";
import type { ClusterStore } from "../../ports/cluster-store.ts";
import type { EventStore } from "../../ports/event-store.ts";
import type { FactsStore } from "../../ports/facts-store.ts";
import type { SignatureStore } from "../../ports/signature-store.ts";
import type { Config } from "../config/config.ts";

/** The stores of one installation, which share one database and its one writer. */
export type OpenStores = {
  readonly events: EventStore;
  readonly clusters: ClusterStore;
  readonly signatures: SignatureStore;
  readonly facts: FactsStore;
  readonly close: () => void;
};

/** Where the embedded store lies. */
export function storePathOf({ store }: Pick<Config, "store">): string {
  return store.url.replace(/^sqlite:/, "");
}

/** Opens, or creates, the store for writing. Faults: `store.busy` when another process writes, and the store's others. */
export function openStores(
  config: Pick<Config, "store">,
  { survivesPowerCuts = true }: { readonly survivesPowerCuts?: boolean } = {},
): OpenStores {
  const database = openDatabase(storePathOf(config));
  // For a store that goes with its process: nothing of it is worth waiting for a disk.
  if (!survivesPowerCuts) database.db.exec("PRAGMA synchronous = OFF");
  return {
    events: sqliteEventStore(database),
    clusters: sqliteClusterStore(database),
    signatures: sqliteSignatureStore(database),
    facts: sqliteFactsStore(database),
    close: () => database.close(),
  };
}
