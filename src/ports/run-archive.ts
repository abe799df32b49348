import type { UnixMs } from "../core/time.ts";
import type { ClusterObject } from "./cluster.ts";

/** A run as an archive keeps it, and when it was last written there. */
export type ArchivedRun = { readonly object: ClusterObject; readonly updatedAt: UnixMs };

/**
 * Runs that a cluster may have forgotten already: Tekton deletes completed ones within minutes where a pruner says so.
 * Faults: `cluster.unreachable`, `cluster.unauthorized`, `cluster.forbidden`, `cluster.malformed`.
 */
export interface RunArchive {
  /** TaskRuns and PipelineRuns of a namespace that were begun at a time or after it, newest first, each once. */
  runs(asked: { readonly namespace: string; readonly since: UnixMs }, signal: AbortSignal): AsyncIterable<ArchivedRun>;
}
