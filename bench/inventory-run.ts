import { systemClock } from "../src/adapters/system/clock.ts";
import { openDatabaseToRead } from "../src/adapters/sqlite/database.ts";
import { sqliteClusterStore } from "../src/adapters/sqlite/cluster-store.ts";
import { sqliteEventStore } from "../src/adapters/sqlite/event-store.ts";
import { sqliteSignatureStore } from "../src/adapters/sqlite/signature-store.ts";
import { readEstate } from "../src/capabilities/correlate/read-estate.ts";

/** Reads an estate from a store, in a process of its own, and prints what that took as one line of JSON. */
export type InventoryRun = {
  readonly containers: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
};

const [path = ""] = process.argv.slice(2);
const database = openDatabaseToRead(path);
const before = process.cpuUsage();
const read = readEstate(
  {
    clusters: sqliteClusterStore(database),
    events: sqliteEventStore(database),
    signatures: sqliteSignatureStore(database),
    clock: systemClock,
  },
  {
    clusters: [{ cluster: "prod-eu", issuers: ["https://oidc.prod-eu.example"], audiences: ["sigstore"] }],
    logUrls: [],
  },
);
const { containers } = await read();
const { user, system } = process.cpuUsage(before);
const run: InventoryRun = {
  containers: containers.length,
  cpuSeconds: (user + system) / 1e6,
  // Kilobytes on Linux: the highest there was.
  rssMiB: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(run)}\n`);
database.close();
