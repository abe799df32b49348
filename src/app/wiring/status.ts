import { openDatabaseToRead } from "../../adapters/sqlite/database.ts";
import { sqliteClusterStore } from "../../adapters/sqlite/cluster-store.ts";
import { sqliteEventStore } from "../../adapters/sqlite/event-store.ts";
import type { StatusInput } from "../doctor/status.ts";

/** Reads what `status` shows out of an embedded store, beside its writer. Faults: those of the store. */
export async function readStatus(path: string): Promise<StatusInput> {
  const database = openDatabaseToRead(path);
  try {
    const events = sqliteEventStore(database);
    const [positions, misbehaviours, count, gaps] = await Promise.all([
      events.positions(),
      events.misbehaviours(),
      events.count(),
      sqliteClusterStore(database).gaps(),
    ]);
    return { positions, misbehaviours, count, gaps };
  } finally {
    database.close();
  }
}
