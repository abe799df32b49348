import type { ClusterObject, ClusterResource } from "./cluster.ts";
import type { ObjectName } from "./cluster-writer.ts";

/** Single objects of one cluster, by name: for whoever may not list. Faults: as the Cluster. */
export interface ObjectReader {
  /** `undefined` when there is none of that name. */
  read(resource: ClusterResource, object: ObjectName, signal: AbortSignal): Promise<ClusterObject | undefined>;
}
