import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import type { TreeEntry } from "../../core/gate/tree/tree-entry.ts";

import type { ObjectFormat, ObjectReader } from "./objects.ts";

/** Entries of one revision, folders included. The largest public repositories have half a million. */
const ENTRIES_MAX = 1_000_000;
const DEPTH_MAX = 100;
const TREE_BYTES_MAX = 32 * 1024 * 1024;
/** PATH_MAX of Linux: no checkout could have a longer one, nor a link to it. */
const PATH_CHARACTERS_MAX = 4096;
const TARGET_BYTES_MAX = 4096;

/** Lists trees from their ids. What one list has read, the next does not read again: two sides of a change share nearly all. */
export type TreeLister = { readonly list: (treeId: string, signal: AbortSignal) => Promise<readonly TreeEntry[]> };

type Row = { readonly name: string; readonly kind: TreeEntry["kind"] | "tree"; readonly id: string };
type Folder = { readonly path: string; readonly id: string };

export function treeLister(objects: ObjectReader, format: ObjectFormat): TreeLister {
  const trees = new Map<string, readonly Row[]>();
  const targets = new Map<string, string>();

  const readTrees = async (folders: readonly Folder[], signal: AbortSignal): Promise<void> => {
    const paths = new Map(folders.map(({ id, path }) => [id, path]));
    const ids = [...paths.keys()].filter((id) => !trees.has(id));
    const nameOf = (id: string): string => paths.get(id) ?? "";
    let i = 0;
    for await (const content of objects.read(ids, { kind: "tree", bytesMax: TREE_BYTES_MAX, nameOf }, signal)) {
      const id = ids[i++] ?? "";
      if (content) trees.set(id, parseTree(content, format, nameOf(id)));
    }
  };

  /** Level by level, so that one question asks for all trees of a depth. */
  const listAll = async (treeId: string, signal: AbortSignal): Promise<TreeEntry[]> => {
    const entries: TreeEntry[] = [];
    let level: readonly Folder[] = [{ path: "", id: treeId }];
    let count = 0;
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > DEPTH_MAX) throw new Fault("git.unreadable", `${level[0]?.path}: folders deeper than ${DEPTH_MAX}`);
      // oxlint-disable-next-line no-await-in-loop -- a level is known when the one above is read
      await readTrees(level, signal);
      // Counted before they are listed: a tree that holds itself ten times, ten levels deep, is a few objects.
      count += level.reduce((sum, { id }) => sum + (trees.get(id)?.length ?? 0), 0);
      if (count > ENTRIES_MAX) throw new Fault("input.too-large", `more than ${ENTRIES_MAX} files in one revision`);
      const rows = level.flatMap(({ path, id }) =>
        (trees.get(id) ?? []).map((row) => ({ ...row, path: below(path, row.name) })),
      );
      const folders: Folder[] = [];
      for (const { path, kind, id } of rows) {
        if (kind === "tree") folders.push({ path, id });
        else entries.push({ path, kind, id });
      }
      level = folders;
    }
    return entries;
  };

  const withTargets = async (entries: readonly TreeEntry[], signal: AbortSignal): Promise<readonly TreeEntry[]> => {
    const links = new Map(entries.filter(({ kind }) => kind === "link").map(({ id, path }) => [id, path]));
    const ids = [...links.keys()].filter((id) => !targets.has(id));
    const nameOf = (id: string): string => links.get(id) ?? "";
    let i = 0;
    for await (const content of objects.read(ids, { kind: "blob", bytesMax: TARGET_BYTES_MAX, nameOf }, signal)) {
      const id = ids[i++] ?? "";
      if (content) targets.set(id, textOf(content));
    }
    return entries.map((entry) => (entry.kind === "link" ? { ...entry, target: targets.get(entry.id) ?? "" } : entry));
  };

  return { list: async (treeId, signal) => withTargets(await listAll(treeId, signal), signal) };
}

function below(folder: string, name: string): string {
  const path = folder === "" ? name : `${folder}/${name}`;
  if (path.length <= PATH_CHARACTERS_MAX) return path;
  throw new Fault("git.unreadable", `${path.slice(0, 200)}…: a path of ${path.length} characters`);
}

const KINDS: Readonly<Record<string, Row["kind"]>> = {
  "40000": "tree",
  "100644": "file",
  "100664": "file",
  "100755": "file",
  "120000": "link",
  "160000": "module",
};

/** `mode SP name NUL id`, again and again (gitformat-pack, tree objects). */
function parseTree(content: Uint8Array, format: ObjectFormat, path: string): readonly Row[] {
  const idBytes = format === "sha1" ? 20 : 32;
  const rows: Row[] = [];
  const names = new Set<string>();
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space + 1);
    const next = end + 1 + idBytes;
    if (space < 0 || end < 0 || next > content.length) throw new Fault("git.unreadable", `${path}: a tree cut short`);
    const mode = Buffer.from(content.subarray(at, space)).toString("latin1");
    const name = textOf(content.subarray(space + 1, end));
    const kind = KINDS[mode];
    if (kind === undefined) throw new Fault("git.unreadable", `${path}/${name}: mode ${mode} is none of Git's`);
    if (!isName(name) || names.has(name)) throw new Fault("git.unreadable", `${path}: a tree with the name "${name}"`);
    names.add(name);
    rows.push({ name, kind, id: Buffer.from(content.subarray(end + 1, next)).toString("hex") });
    at = next;
  }
  return rows;
}

/** A tree that names its parent, or a path, was not made by Git. */
function isName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/");
}

/** UTF-8 where it is; else each byte beyond ASCII as `\xHH`. */
function textOf(bytes: Uint8Array): string {
  return (
    parseUtf8(bytes) ??
    [...bytes]
      .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`))
      .join("")
  );
}
