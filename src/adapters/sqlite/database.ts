import { closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Fault } from "../../core/fault.ts";
import { asFault } from "./fault.ts";
import { judgeSchema, migrate, MIGRATIONS, type Migration } from "./migrations.ts";

/** How long a reader waits for the moment in which a writer holds the file. */
const BUSY_WAIT_MS = 5_000;

/** An open embedded store. All stores of one process share it. */
export type Database = { readonly db: DatabaseSync; readonly path: string; readonly close: () => void };

/**
 * Opens, or creates, the embedded store for its one writer. What has been confirmed survives a power cut: WAL with FULL
 * syncs on every commit. The writer holds `<path>.lock` as long as it lives; the lock goes with the process, however
 * that ends. Faults: `store.busy` when another process writes, `store.read-only`, `store.unreadable`, `store.corrupt`,
 * `store.newer-schema`, `store.foreign`.
 */
export function openDatabase(path: string, migrations: readonly Migration[] = MIGRATIONS): Database {
  assertWritable(path);
  return asFault(path, () => {
    const lock = takeLock(`${path}.lock`);
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(path, { timeout: BUSY_WAIT_MS, enableForeignKeyConstraints: true });
      // Before anything is written, so that another program's file stays as it was.
      judgeSchema(db, path, migrations);
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      // 16 MiB of pages, ten times what a bucket of digests takes; 64 MiB of log, so that pages written again are copied once.
      db.exec("PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 134217728");
      migrate(db, path, migrations);
      return opened(db, path, lock);
    } catch (error) {
      db?.close();
      lock.close();
      throw error;
    }
  });
}

/** Opens an existing store to read, beside its writer if there is one. Faults: as `openDatabase`, and `store.missing`. */
export function openDatabaseToRead(path: string, migrations: readonly Migration[] = MIGRATIONS): Database {
  if (!existsSync(path)) throw new Fault("store.missing", path);
  return asFault(path, () => {
    const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_WAIT_MS });
    try {
      if (judgeSchema(db, path, migrations) < migrations.length) {
        throw new Fault("store.older-schema", path);
      }
      return opened(db, path);
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function opened(db: DatabaseSync, path: string, lock?: DatabaseSync): Database {
  // A lock that nothing refers to is collected, and released: it must live as long as the connection that it guards.
  if (lock) Object.defineProperty(db, "lock", { value: lock });
  return {
    db,
    path,
    close: () => {
      db.close();
      lock?.close();
    },
  };
}

/**
 * A database of its own that is never written, held in exclusive mode: SQLite's locks are the operating system's, so
 * they end with the process, where a file with a process id in it outlives a kill.
 */
function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** SQLite says only "unable to open" for a folder that is missing and for one that is read-only; people need to know which. */
function assertWritable(path: string): void {
  try {
    closeSync(openSync(path, "a"));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const refused = code === "EROFS" || code === "EACCES" || code === "EPERM" || code === "ENOSPC";
    throw new Fault(refused ? "store.read-only" : "store.unreadable", path, { cause });
  }
}
