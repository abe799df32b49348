import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { bug } from "../../core/bug.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import { isStorePath } from "../../core/merkle/store-path.ts";
import type { TileStore } from "../../ports/tile-store.ts";

/** A tile store that is open; closing it lets another process open it. */
export type FileTileStore = TileStore & { close(): void };

/** Both begin with a dot, as no path of a log does. */
const LOCK = ".lock";
const TEMPORARY = ".tmp-";

/**
 * Opens a directory, made when it is missing, as the store of one log. Every write is `write, fsync, rename, fsync of
 * the directory`, so that a power cut leaves the old file or the new one. Faults: `store.busy` when another process,
 * or another store of this one, has it open; `store.read-only`; `store.unreadable`.
 */
export async function openFileTileStore(root: string): Promise<FileTileStore> {
  const lock = await asStoreFault(root, async () => {
    await mkdir(root, { recursive: true });
    return takeLock(join(root, LOCK));
  });
  await asStoreFault(root, () => removeLeftovers(root));
  /** Directories that are there and whose own entries are on disk. */
  const made = new Set([root]);
  let serial = 0;

  return {
    read: (path) => asStoreFault(path, () => readIfThere(join(root, checked(path)))),
    write: (path, bytes) =>
      asStoreFault(path, async () => {
        const target = join(root, checked(path));
        await makeDirectory(dirname(target), made);
        const temporary = join(root, `${TEMPORARY}${serial++}`);
        await writeDurably(temporary, bytes);
        await rename(temporary, target);
        await syncDirectory(dirname(target));
      }),
    remove: (path) => asStoreFault(path, () => rm(join(root, checked(path)), { force: true })),
    close: () => {
      lock.close();
    },
  };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a directory and its parents, each durable before its child. */
async function makeDirectory(path: string, made: Set<string>): Promise<void> {
  if (made.has(path)) return;
  await makeDirectory(dirname(path), made);
  await mkdir(path, { recursive: true });
  await syncDirectory(dirname(path));
  made.add(path);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Files of writes that a crash cut short: never renamed, so never read. */
async function removeLeftovers(root: string): Promise<void> {
  const names = (await readdir(root)).filter((name) => name.startsWith(TEMPORARY));
  await Promise.all(names.map((name) => rm(join(root, name), { force: true })));
}

/** A lock of the operating system, by way of SQLite: it goes with the process, however that ends. */
function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (cause) {
    lock.close();
    throw new Fault(lockFaultOf(cause), path, { cause });
  }
}

/** The primary result codes of SQLite: 5 is BUSY, 8 READONLY, 14 CANTOPEN. */
function lockFaultOf(cause: unknown): FaultId {
  const code = cause instanceof Error && "errcode" in cause ? cause.errcode : undefined;
  if (code === 5) return "store.busy";
  return code === 8 || code === 14 ? "store.read-only" : "store.unreadable";
}

async function asStoreFault<T>(subject: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const code = codeOf(cause);
    if (cause instanceof Fault || code === undefined) throw cause;
    const refused = code === "EROFS" || code === "EACCES" || code === "EPERM" || code === "ENOSPC";
    throw new Fault(refused ? "store.read-only" : "store.unreadable", subject, { cause });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function checked(path: string): string {
  return isStorePath(path) ? path : bug(`the path ${path} is not a log's`);
}
