import type { FactsStore } from "../../ports/facts-store.ts";
import type { Database } from "./database.ts";
import { text, time } from "./event-row.ts";
import { asFault } from "./fault.ts";
import { transaction } from "./transaction.ts";

/** A FactsStore on an open database. */
export function sqliteFactsStore({ db, path }: Database): FactsStore {
  const put = db.prepare(`
    INSERT INTO image_facts (key, facts, found_at) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET facts = excluded.facts, found_at = excluded.found_at`);
  const read = db.prepare("SELECT key, facts, found_at FROM image_facts WHERE key = ?");
  const drop = db.prepare("DELETE FROM image_facts WHERE found_at < ?");
  return {
    put: async (facts) =>
      asFault(path, () =>
        transaction(db, () => {
          for (const { key, facts: kept, foundAt } of facts) put.run(key, kept, foundAt);
        }),
      ),
    read: async (keys) =>
      asFault(path, () =>
        keys.flatMap((key) => {
          const row = read.get(key);
          return row ? [{ key: text(row, "key"), facts: text(row, "facts"), foundAt: time(row, "found_at") }] : [];
        }),
      ),
    dropBefore: async (before) => asFault(path, () => void drop.run(before)),
  };
}
