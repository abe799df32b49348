import type { Cluster } from "../../ports/cluster.ts";
import { listAll } from "./list.ts";
import type { ApiSession } from "./requests.ts";
import { watchFrom } from "./watch.ts";

/** One cluster over its API server. Reads only: lists, and watches. */
export function kubernetesCluster(session: ApiSession): Cluster {
  return {
    name: session.name,
    list: (resource, signal) => listAll(session, resource, signal),
    watch: (resource, resourceVersion, signal) => watchFrom(session, resource, resourceVersion, signal),
  };
}
