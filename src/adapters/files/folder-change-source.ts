import { constants } from "node:fs";
import { open, readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../core/fault.ts";
import type { TreeEntry } from "../../core/gate/tree/tree-entry.ts";
import type { ChangeSource, ReadLimits, Revision } from "../../ports/change-source.ts";

const ENTRIES_MAX = 1_000_000;
const DEPTH_MAX = 100;
/** Files read at a time. */
const BATCH = 32;

/** Reads a change from two folders: what was rendered, or checked out, of each revision. Links are told, not followed. */
export function folderChangeSource(of: { readonly base: string; readonly head: string }): ChangeSource {
  return {
    open: async (signal) => ({
      base: await openFolder(of.base, "base", signal),
      head: await openFolder(of.head, "head", signal),
      isBaseOn: async () => undefined,
      close: async () => undefined,
    }),
  };
}

async function openFolder(root: string, side: "base" | "head", signal: AbortSignal): Promise<Revision> {
  const { isFolder } = await stat(root)
    .then((found) => ({ isFolder: found.isDirectory() }))
    .catch((cause: unknown) => refuse(root, cause));
  if (!isFolder) throw new Fault("input.unreadable", `${root} is not a folder`);
  const entries: TreeEntry[] = [];
  await list({ root, side, entries, signal }, "", 0);
  return { entries, read: (wanted, limits, during) => readFiles(root, wanted, limits, during) };
}

type Listing = {
  readonly root: string;
  readonly side: string;
  readonly entries: TreeEntry[];
  readonly signal: AbortSignal;
};

async function list(listing: Listing, path: string, depth: number): Promise<void> {
  const { root, side, entries, signal } = listing;
  signal.throwIfAborted();
  if (depth > DEPTH_MAX) throw new Fault("input.unreadable", `${join(root, path)}: folders deeper than ${DEPTH_MAX}`);
  const found = await readdir(join(root, path), { withFileTypes: true }).catch((cause: unknown) =>
    refuse(join(root, path), cause),
  );
  for (const one of found.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (one.name === ".git") continue;
    const child = path === "" ? one.name : `${path}/${one.name}`;
    const entry = { path: child, id: `${side}:${child}` };
    if (entries.length > ENTRIES_MAX) throw new Fault("input.too-large", `${root}: more than ${ENTRIES_MAX} files`);
    // oxlint-disable-next-line no-await-in-loop -- one folder open at a time
    if (one.isDirectory()) await list(listing, child, depth + 1);
    else if (one.isFile()) entries.push({ ...entry, kind: "file" });
    // oxlint-disable-next-line no-await-in-loop -- links are few
    else if (one.isSymbolicLink()) entries.push({ ...entry, kind: "link", target: await targetOf(join(root, child)) });
    else entries.push({ ...entry, kind: "other" });
  }
}

async function targetOf(path: string): Promise<string> {
  return readlink(path).catch((cause: unknown) => refuse(path, cause));
}

async function readFiles(
  root: string,
  entries: readonly TreeEntry[],
  { fileBytesMax, totalBytesMax, beyond }: ReadLimits,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  let total = 0;
  for (let at = 0; at < entries.length; at += BATCH) {
    signal.throwIfAborted();
    const batch = entries.slice(at, at + BATCH);
    // oxlint-disable-next-line no-await-in-loop -- a bounded number of files is open at a time
    const read = await Promise.all(batch.map(({ path }) => readOne(join(root, path), fileBytesMax, beyond)));
    for (const [i, content] of read.entries()) {
      if (!content) continue;
      total += content.length;
      if (total <= totalBytesMax) contents.set(batch[i]?.id ?? "", content);
      else if (beyond === "skip") return contents;
      else throw new Fault("input.too-large", `the files together: more than ${totalBytesMax} bytes`);
    }
  }
  return contents;
}

/** A link that took the place of a file since it was listed is refused by the system. */
async function readOne(path: string, bytesMax: number, beyond: ReadLimits["beyond"]): Promise<Uint8Array | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (cause: unknown) => refuse(path, cause),
  );
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Fault("input.unreadable", `${path} is not a regular file`);
    if (found.size > bytesMax && beyond === "skip") return undefined;
    if (found.size > bytesMax)
      throw new Fault("input.too-large", `${path}: ${found.size} bytes, ${bytesMax} are allowed`);
    const { buffer, byteOffset, byteLength } = await file.readFile();
    return new Uint8Array(buffer, byteOffset, byteLength);
  } finally {
    await file.close();
  }
}

function refuse(path: string, cause: unknown): never {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === undefined) throw cause;
  throw new Fault(code === "ENOENT" ? "input.missing" : "input.unreadable", path, { cause });
}
