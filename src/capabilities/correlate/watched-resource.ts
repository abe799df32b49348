import type { ClusterObject, ClusterResource } from "../../ports/cluster.ts";

/** What of a cluster is watched: all that runs and signs, and the owners of what runs (pipelines chapter §9). Never Secrets. */
export const WATCHED_RESOURCES: readonly ClusterResource[] = [
  { group: "tekton.dev", version: "v1", plural: "taskruns" },
  { group: "tekton.dev", version: "v1", plural: "pipelineruns" },
  { group: "", version: "v1", plural: "pods" },
  { group: "apps", version: "v1", plural: "replicasets" },
  { group: "apps", version: "v1", plural: "deployments" },
  { group: "apps", version: "v1", plural: "statefulsets" },
  { group: "apps", version: "v1", plural: "daemonsets" },
  { group: "batch", version: "v1", plural: "jobs" },
  { group: "batch", version: "v1", plural: "cronjobs" },
  { group: "", version: "v1", plural: "serviceaccounts" },
  { group: "", version: "v1", plural: "namespaces" },
];

/** The configuration of Tekton Chains, in the namespace of its controller (tektoncd/chains `docs/config.md`). */
export function chainsConfigIn(namespace: string): ClusterResource {
  return { group: "", version: "v1", plural: "configmaps", only: { namespace, name: "chains-config" } };
}

/** The name of a resource in the store: `tekton.dev/taskruns`, `pods`, `configmaps/tekton-chains/chains-config`. */
export function resourceName({ group, plural, only }: Pick<ClusterResource, "group" | "plural" | "only">): string {
  const name = group === "" ? plural : `${group}/${plural}`;
  return only ? `${name}/${only.namespace}/${only.name}` : name;
}

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** The object without what only doubles it: who manages which field, and the copy that kubectl keeps. */
export function withoutCopies(object: ClusterObject): ClusterObject {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  if (typeof annotations !== "object" || annotations === null) return { ...object, metadata };
  const kept = Object.entries(annotations).filter(([name]) => name !== LAST_APPLIED);
  return { ...object, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}

/** A text field of an object's metadata; empty when it is none. */
export function metadataText(object: ClusterObject, field: "uid" | "name" | "namespace"): string {
  const value = object.metadata[field];
  return typeof value === "string" ? value : "";
}
