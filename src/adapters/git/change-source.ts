import { Fault } from "../../core/fault.ts";
import type { TreeEntry } from "../../core/gate/tree/tree-entry.ts";
import type { Change, ChangeSource, ReadLimits, Revision } from "../../ports/change-source.ts";
import { mergeOf } from "./merge.ts";
import { openObjects, type ObjectReader } from "./objects.ts";
import { borrowObjects, findRepository, type PrivateRepository, type Repository } from "./repository.ts";
import { resolveCommit } from "./resolve.ts";
import { treeLister } from "./tree.ts";

export type GitChange = {
  /** A folder in the repository. */
  readonly repository: string;
  /** Revisions as people write them: branches, tags, ids. */
  readonly base: string;
  readonly head: string;
  /** Where `git` is looked for. */
  readonly path: string | undefined;
};

/** A commit is some lines; what it says beyond them is nothing to us. */
const COMMIT_BYTES_MAX = 1024 * 1024;

/**
 * Reads a change from Git (change-gate chapter §7): plumbing alone, no work tree, no index, no hooks. Of the repository only
 * its references are asked; everything else is read through a private repository that borrows its objects, and is checked
 * from the commit's id down to each file.
 */
export function gitChangeSource(of: GitChange): ChangeSource {
  return {
    open: async (signal) => {
      const repository = await findRepository(of.repository, of.path, signal);
      const base = await resolveCommit(repository, of.base, signal);
      const head = await resolveCommit(repository, of.head, signal);
      const borrowed = await borrowObjects(repository, of.path);
      const objects = openObjects(borrowed.git, repository.format);
      try {
        return await openChange({ repository, borrowed, objects, base, head }, signal);
      } catch (error) {
        await objects.close();
        await borrowed.remove();
        throw error;
      }
    },
  };
}

type Opened = {
  readonly repository: Repository;
  readonly borrowed: PrivateRepository;
  readonly objects: ObjectReader;
  /** Full ids of commits. */
  readonly base: string;
  readonly head: string;
};

async function openChange(opened: Opened, signal: AbortSignal): Promise<Change> {
  const { repository, borrowed, objects, base, head } = opened;
  const merged = await mergeOf({ repository, git: borrowed.git, base, head }, signal);
  const trees = treeLister(objects, repository.format);
  const revision = async (oid: string, treeId: string): Promise<Revision> => ({
    oid,
    entries: await trees.list(treeId, signal),
    read: (entries, limits, during) => readBlobs(objects, entries, limits, during),
  });
  const baseRevision = await revision(base, await treeOf(objects, base, signal));
  return {
    base: baseRevision,
    head: await revision(head, merged ?? (await treeOf(objects, head, signal))),
    isBaseOn: async (reference, during) => {
      const tip = await resolveCommit(repository, reference, during);
      const { code, complaint } = await borrowed.git.run(["merge-base", "--is-ancestor", base, tip], during);
      if (code === 0 || code === 1) return code === 0;
      throw new Fault("git.unreadable", `${reference}: ${complaint}`);
    },
    close: async () => {
      await objects.close();
      await borrowed.remove();
    },
  };
}

async function treeOf(objects: ObjectReader, commit: string, signal: AbortSignal): Promise<string> {
  const expected = { kind: "commit", bytesMax: COMMIT_BYTES_MAX, nameOf: (id: string) => id } as const;
  for await (const content of objects.read([commit], expected, signal)) {
    if (!content) continue;
    const [, id] = /^tree ([0-9a-f]{40,64})\n/.exec(Buffer.from(content.subarray(0, 100)).toString("latin1")) ?? [];
    if (id !== undefined) return id;
  }
  throw new Fault("git.unreadable", `commit ${commit} has no tree`);
}

async function readBlobs(
  objects: ObjectReader,
  entries: readonly TreeEntry[],
  { fileBytesMax, totalBytesMax, beyond }: ReadLimits,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const paths = new Map(entries.map(({ id, path }) => [id, path]));
  const ids = [...paths.keys()];
  const contents = new Map<string, Uint8Array>();
  const nameOf = (id: string): string => paths.get(id) ?? id;
  const expected = { kind: "blob", bytesMax: fileBytesMax, nameOf, ...(beyond && { beyond }) } as const;
  let total = 0;
  let i = 0;
  for await (const content of objects.read(ids, expected, signal)) {
    const id = ids[i++] ?? "";
    if (!content) continue;
    total += content.length;
    if (total <= totalBytesMax) contents.set(id, content);
    else if (beyond !== "skip")
      throw new Fault("input.too-large", `the files together: more than ${totalBytesMax} bytes`);
  }
  return contents;
}
