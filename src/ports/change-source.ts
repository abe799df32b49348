import type { TreeEntry } from "../core/gate/tree/tree-entry.ts";

/** One side of a change, at rest: what is listed is what is read. */
export interface Revision {
  /** The full object id of the commit; a folder has none. */
  readonly oid?: string;
  readonly entries: readonly TreeEntry[];
  /**
   * The contents of some files of `entries`, by id. Faults: `input.too-large` beyond the limits, `git.tampered` when the
   * bytes are not those of the id, `git.unreadable` and `input.unreadable` when they cannot be had.
   */
  read(
    entries: readonly TreeEntry[],
    limits: ReadLimits,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Uint8Array>>;
}

export type ReadLimits = {
  readonly fileBytesMax: number;
  readonly totalBytesMax: number;
  /** What becomes of what is beyond them: refused unless it is to be passed over. */
  readonly beyond?: "refuse" | "skip";
};

/** The two sides of a change, found once: no name is looked up again. */
export interface Change {
  readonly base: Revision;
  /** What the target would be after the change: the merge, where the two have grown apart. */
  readonly head: Revision;
  /** Whether the base is in the history of a reference; `undefined` where there is no history. Faults: those of opening. */
  isBaseOn(reference: string, signal: AbortSignal): Promise<boolean | undefined>;
  close(): Promise<void>;
}

/** Where a change comes from. Reading runs nothing of the repository and changes nothing in it. */
export interface ChangeSource {
  /**
   * Finds both sides and lists them. Faults: `input.missing`, `input.unreadable`, `input.too-large`, and of Git
   * `git.missing`, `git.no-repository`, `git.unknown-revision`, `git.shallow`, `git.conflict`, `git.unreadable`,
   * `git.tampered`, `git.timeout`.
   */
  open(signal: AbortSignal): Promise<Change>;
}
