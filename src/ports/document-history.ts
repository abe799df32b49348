import type { UnixMs } from "../core/time.ts";

/** Some documents as they stood at one commit. Who made it is what the commit says: nobody has proven it. */
export type DocumentVersion = {
  readonly commit: string;
  /** Of the committer's clock. */
  readonly at: UnixMs;
  readonly author: string;
  readonly committer: string;
  /** The first line of its message. */
  readonly subject: string;
  /** Whether it carries a signature; it is not verified here. */
  readonly isSigned: boolean;
  /** By name; empty where the documents had been taken away. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
};

export type DocumentVersions = {
  /** The newest first; only commits that changed the documents. */
  readonly versions: readonly DocumentVersion[];
  /** There are older ones that were not asked for, or that this clone does not have. */
  readonly isCut: boolean;
};

/**
 * The history of a file, or of the documents of one folder. Faults: `input.missing`, `input.too-large`, and of Git
 * `git.missing`, `git.no-repository`, `git.unknown-revision`, `git.unreadable`, `git.tampered`, `git.timeout`.
 */
export interface DocumentHistory {
  read(versionsMax: number, signal: AbortSignal): Promise<DocumentVersions>;
}
