import type { UnixMs } from "../core/time.ts";
import type { ClusterObject } from "./cluster.ts";

/** The last seen state of one object, kept after it has gone. */
export type StoredObject = {
  readonly cluster: string;
  /** `tekton.dev/taskruns`, `pods`, … : group and plural. */
  readonly resource: string;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: ClusterObject;
  readonly firstSeen: UnixMs;
  readonly lastSeen: UnixMs;
  /** `gone-between`: it vanished while nobody watched, some time in `[lastSeen, goneBy]`. */
  readonly end?: { readonly kind: "deleted" | "gone-between"; readonly goneBy: UnixMs };
};

/** A time in which a cluster was not watched. `until` is absent while it lasts. */
export type WatchGap = {
  readonly cluster: string;
  readonly resource: string;
  readonly since: UnixMs;
  readonly until?: UnixMs;
  readonly reason: string;
};

export type ClusterBatch = {
  readonly cluster: string;
  readonly resource: string;
  readonly resourceVersion: string;
  readonly upserts: readonly StoredObject[];
};

/**
 * What was seen of clusters, with its history, and the position of each watch. Faults: as the event store.
 */
export interface ClusterStore {
  /** Objects and resource version in one transaction. */
  commit(batch: ClusterBatch): Promise<void>;
  resourceVersion(cluster: string, resource: string): Promise<string | undefined>;
  /** All of a resource, ended ones included unless `live`. */
  objects(filter: {
    readonly resource: string;
    readonly cluster?: string;
    readonly live?: boolean;
  }): Promise<readonly StoredObject[]>;
  object(cluster: string, uid: string): Promise<StoredObject | undefined>;
  openGap(gap: WatchGap): Promise<void>;
  closeGap(cluster: string, resource: string, until: UnixMs): Promise<void>;
  gaps(): Promise<readonly WatchGap[]>;
}
