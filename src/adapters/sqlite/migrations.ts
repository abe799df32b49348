import type { DatabaseSync } from "node:sqlite";
import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { CLUSTER_STORE_SQL } from "./cluster-schema.ts";
import { EVENT_STORE_SQL } from "./event-schema.ts";
import { FACTS_STORE_SQL } from "./facts-schema.ts";

/** One step of the schema. Once released it is never edited: its SHA-256 is kept in every database it was applied to. */
export type Migration = { readonly version: number; readonly name: string; readonly sql: string };

/** All steps, by version from 1 without gaps. Forward only. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: "event store", sql: EVENT_STORE_SQL },
  { version: 2, name: "cluster and signature stores", sql: CLUSTER_STORE_SQL },
  { version: 3, name: "facts store", sql: FACTS_STORE_SQL },
];

/** `CSGN`: marks the file as ours, so that another program's database is refused and not written to. */
const APPLICATION_ID = 0x43_53_47_4e;

const SCHEMA_TABLE = `
CREATE TABLE IF NOT EXISTS schema_migration (
  version INTEGER PRIMARY KEY,
  name    TEXT NOT NULL,
  sha256  TEXT NOT NULL
) STRICT`;

/** Brings the schema up to the newest step, all in one transaction. Faults: those of `judgeSchema`. */
export function migrate(db: DatabaseSync, path: string, migrations: readonly Migration[] = MIGRATIONS): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    const applied = judgeSchema(db, path, migrations);
    if (applied === 0) db.exec(`PRAGMA application_id = ${APPLICATION_ID}; ${SCHEMA_TABLE}`);
    const record = db.prepare("INSERT INTO schema_migration (version, name, sha256) VALUES (?, ?, ?)");
    for (const migration of migrations.slice(applied)) {
      db.exec(migration.sql);
      record.run(migration.version, migration.name, checksum(migration));
    }
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/**
 * Says how many steps are applied, and refuses a database that is not ours to read: another program's
 * (`store.foreign`), one with steps that this version does not know (`store.newer-schema`), or with other steps under
 * the same numbers (`store.foreign`).
 */
export function judgeSchema(db: DatabaseSync, path: string, migrations: readonly Migration[] = MIGRATIONS): number {
  const applicationId = numberOf(db.prepare("PRAGMA application_id").get(), "application_id");
  const tables = numberOf(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get(), "n");
  if (applicationId === 0 && tables === 0) return 0;
  if (applicationId !== APPLICATION_ID) throw new Fault("store.foreign", path);

  const rows = db.prepare("SELECT version, name, sha256 FROM schema_migration ORDER BY version").all();
  for (const [at, row] of rows.entries()) {
    const known = migrations[at];
    if (!known) throw new Fault("store.newer-schema", `${path}: ${rows.length} steps, ${migrations.length} are known`);
    if (row["version"] !== known.version || row["sha256"] !== checksum(known)) {
      throw new Fault("store.foreign", `${path}: step ${String(row["version"])} ${String(row["name"])} is another`);
    }
  }
  return rows.length;
}

function checksum(migration: Migration): string {
  return toHex(sha256(toUtf8(`${migration.version}\n${migration.name}\n${migration.sql}`)));
}

function numberOf(row: Record<string, unknown> | undefined, column: string): number {
  const value = row?.[column];
  return typeof value === "number" ? value : 0;
}
