import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import type { TreeEntry } from "../../src/core/gate/tree/tree-entry.ts";
import type { Planted } from "../../src/ports/change-source.contract.ts";
import type { ChangeSource, Revision } from "../../src/ports/change-source.ts";

/** A change that is two lists of files, as a test writes it. `closed` counts how often it was put away. */
export function memoryChange(
  base: Planted,
  head: Planted,
  change: { readonly isBaseOn?: boolean; readonly modules?: readonly TreeEntry[] } = {},
): ChangeSource & { readonly closed: () => number } {
  let closed = 0;
  return {
    closed: () => closed,
    open: async () => ({
      base: revisionOf("b".repeat(40), base, []),
      head: revisionOf("c".repeat(40), head, change.modules ?? []),
      isBaseOn: async () => change.isBaseOn,
      close: async () => void (closed += 1),
    }),
  };
}

function revisionOf(oid: string, files: Planted, modules: readonly TreeEntry[]): Revision {
  const entries = Object.entries(files).map(([path, content]): TreeEntry =>
    typeof content === "string"
      ? { path, kind: "file", id: content }
      : { path, kind: "link", id: content.link, target: content.link },
  );
  return {
    oid,
    entries: [...entries, ...modules],
    read: async (wanted) => new Map(wanted.map(({ id }) => [id, toUtf8(id)])),
  };
}
