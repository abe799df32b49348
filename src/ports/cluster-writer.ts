import type { ClusterObject, ClusterResource } from "./cluster.ts";

export type ObjectName = { readonly namespace: string; readonly name: string };

/** What is sent to be stored; the API server adds the rest. */
export type WrittenObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
};

/**
 * The little that is ever written into a cluster: reports and events about what runs, never what runs. Every call is safe
 * to repeat. Faults: as the Cluster.
 */
export interface ClusterWriter {
  readonly name: string;
  /** Objects of all namespaces that carry these labels; `undefined` when the API server does not serve the resource. */
  labelled(
    resource: ClusterResource,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly ClusterObject[] | undefined>;
  /** Creates an object, or replaces what we wrote of it before. `absent`: its namespace or its resource is not there. */
  apply(resource: ClusterResource, object: WrittenObject, signal: AbortSignal): Promise<"written" | "absent">;
  /** Creates an object. `exists`: there is one of that name, which stays as it is. */
  create(
    resource: ClusterResource,
    object: WrittenObject,
    signal: AbortSignal,
  ): Promise<"created" | "exists" | "absent">;
  /** Removes an object; one that is not there is removed already. */
  remove(resource: ClusterResource, object: ObjectName, signal: AbortSignal): Promise<void>;
}
