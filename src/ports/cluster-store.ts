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
  /** One of a uid that is stored keeps its `firstSeen`. */
  readonly upserts: readonly StoredObject[];
};

export type ObjectFilter = {
  readonly resource: string;
  readonly cluster?: string;
  readonly live?: boolean;
  /** Leaves out what had ended and was last seen before this time. */
  readonly seenSince?: UnixMs;
  /** Only what was first seen at or before this time. */
  readonly seenUntil?: UnixMs;
};

/**
 * What was seen of clusters, with its history, and the position of each watch. Faults: as the event store.
 */
export interface ClusterStore {
  /** Objects and resource version in one transaction. */
  commit(batch: ClusterBatch): Promise<void>;
  resourceVersion(cluster: string, resource: string): Promise<string | undefined>;
  /** All of a resource in order of `firstSeen`, ended ones included unless `live`. Times are inclusive. */
  objects(filter: ObjectFilter): Promise<readonly StoredObject[]>;
  /** As `objects`, each converted as it is read: objects are far larger than what is made of them, and one is held at a time. */
  convert<T>(filter: ObjectFilter, convert: (object: StoredObject) => T): Promise<readonly T[]>;
  object(cluster: string, uid: string): Promise<StoredObject | undefined>;
  /** Does nothing while a gap of that resource is open. */
  openGap(gap: WatchGap): Promise<void>;
  /** Ends the open gap of a resource, if there is one. Ended at its own start: what was missed came later, nothing is missing. */
  closeGap(cluster: string, resource: string, until: UnixMs): Promise<void>;
  /** In order of `since`. */
  gaps(): Promise<readonly WatchGap[]>;
}
