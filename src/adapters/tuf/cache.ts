import { statSync } from "node:fs";
import { cp, mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { basename, join } from "node:path";
import { Fault } from "../../core/fault.ts";
import { isJsonObject } from "../../core/json/json.ts";
import { readJson } from "../../core/json/read-json.ts";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";

/**
 * The sets of metadata and targets that were fetched, each a folder of its own below `sets/`; `current.json` names the one
 * in use. A set is complete and on the disk before it is named, so a reader never sees half of one.
 */
export type CurrentSet = { readonly folder: string; readonly refreshedAt: UnixMs };

const CURRENT = "current.json";
const CURRENT_BYTES_MAX = 4096;
/** Longer than any refresh takes. */
const LEFTOVER_MS = 3_600_000;
const FILE_BYTES_MAX = 5 * 1024 * 1024;

/** The set in use; `undefined` when there is none, or its name is not one. */
export async function readCurrent(cache: string): Promise<CurrentSet | undefined> {
  const bytes = await readIfThere(join(cache, CURRENT));
  const json = bytes && readJson(bytes, { bytesMax: CURRENT_BYTES_MAX, depthMax: 2 });
  if (!json?.ok || !isJsonObject(json.value)) return undefined;
  const { set, refreshedAt } = json.value;
  const at = typeof refreshedAt === "number" ? parseUnixMs(refreshedAt) : undefined;
  if (typeof set !== "string" || !SET_NAME.test(set) || at === undefined) return undefined;
  return { folder: join(cache, "sets", set), refreshedAt: at };
}

const SET_NAME = /^set-[A-Za-z0-9]{6}$/;

/** A new folder with a copy of the set in use, or with nothing. */
export async function newSet(cache: string, current: CurrentSet | undefined): Promise<string> {
  return translated(cache, async () => {
    await mkdir(join(cache, "sets"), { recursive: true });
    const folder = await mkdtemp(join(cache, "sets", "set-"));
    if (current) await cp(current.folder, folder, { recursive: true });
    await mkdir(join(folder, "targets"), { recursive: true });
    return folder;
  });
}

/** Puts a file into a set that is not in use yet. */
export async function writeToSet(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  await translated(folder, async () => writeFile(join(folder, name), bytes));
}

export async function dropSet(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** Makes a set the one in use: its files reach the disk, then the name is exchanged; old ones go. */
export async function useSet(cache: string, folder: string, refreshedAt: UnixMs): Promise<void> {
  await translated(cache, async () => {
    await syncAll(folder);
    const temporary = join(cache, `${randomUUID()}.tmp`);
    await writeFile(temporary, JSON.stringify({ set: basename(folder), refreshedAt }));
    await sync(temporary);
    await rename(temporary, join(cache, CURRENT));
    await dropLeftovers(cache, basename(folder), refreshedAt);
  });
}

async function syncAll(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  await Promise.all(files.map(async (entry) => sync(join(entry.parentPath, entry.name))));
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Sets that are neither in use nor being fetched: another process may be at work on a young one. */
async function dropLeftovers(cache: string, used: string, now: UnixMs): Promise<void> {
  const sets = await readdir(join(cache, "sets"));
  const others = sets.filter((name) => name !== used).map((name) => join(cache, "sets", name));
  await Promise.all(
    others.map(async (folder) => {
      // Another process may have dropped it in the meantime.
      const found = statSync(folder, { throwIfNoEntry: false });
      if (found && now - found.mtimeMs > LEFTOVER_MS) await dropSet(folder);
    }),
  );
}

/** A file's bytes; `undefined` when there is none, or it is larger than any that is written here. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return byteLength > FILE_BYTES_MAX ? undefined : new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR") return undefined;
    throw new Fault("store.unreadable", path, { cause });
  }
}

async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const readOnly = ["EROFS", "EACCES", "EPERM", "ENOSPC", "ENOTDIR", "EEXIST"].includes(codeOf(cause) ?? "");
    throw new Fault(readOnly ? "store.read-only" : "store.unreadable", path, { cause });
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}
