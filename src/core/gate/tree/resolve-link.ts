import type { TreeEntry } from "./tree-entry.ts";

/** What a tree says of a path: the part of a listing that links are followed by. */
export type TreeIndex = {
  /** Entries by path. */
  readonly entries: ReadonlyMap<string, TreeEntry>;
  /** Every folder that something is in. */
  readonly folders: ReadonlySet<string>;
};
export type Resolved =
  | { readonly kind: "file"; readonly entry: TreeEntry }
  | { readonly kind: "folder"; readonly path: string }
  /** Why it leads to nothing that may be read. */
  | { readonly kind: "nowhere"; readonly why: string };

/** change-gate chapter §7. */
const HOPS_MAX = 8;

/** Makes the index of a listing. */
export function indexTree(entries: readonly TreeEntry[]): TreeIndex {
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return { entries: new Map(entries.map((entry) => [entry.path, entry])), folders };
}

/** Follows links from a path, inside the tree only: at most eight, and none that is absolute or climbs out. */
export function resolveLink(tree: TreeIndex, path: string): Resolved {
  const ahead = path.split("/").toReversed();
  let at: readonly string[] = [];
  let hops = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (at.length === 0) return nowhere("leads out of the tree");
      at = at.slice(0, -1);
      continue;
    }
    const next = [...at, part];
    const entry = tree.entries.get(next.join("/"));
    if (entry?.kind !== "link") {
      at = next;
      continue;
    }
    hops += 1;
    const { target = "" } = entry;
    if (hops > HOPS_MAX) return nowhere(`leads through more than ${HOPS_MAX} links`);
    if (target.startsWith("/") || target === "") return nowhere("leads out of the tree");
    ahead.push(...target.split("/").toReversed());
  }
  return endOf(tree, at.join("/"));
}

function endOf(tree: TreeIndex, path: string): Resolved {
  const entry = tree.entries.get(path);
  if (entry?.kind === "file") return { kind: "file", entry };
  if (entry) return nowhere("leads to what is no file");
  return path === "" || tree.folders.has(path) ? { kind: "folder", path } : nowhere("leads to nothing");
}

function nowhere(why: string): Resolved {
  return { kind: "nowhere", why };
}
