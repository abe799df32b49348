/** A Kubernetes object as the API server gave it: JSON, nothing checked but that it is an object with a kind and metadata. */
export type ClusterObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly [field: string]: unknown };
  readonly [field: string]: unknown;
};

/** `group` is empty for the core group; `plural` as in the URL. */
export type ClusterResource = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** One object alone: the others of its kind are not ours to read. */
  readonly only?: { readonly namespace: string; readonly name: string };
};

export type ClusterList = { readonly items: readonly ClusterObject[]; readonly resourceVersion: string };

export type ClusterEvent =
  | {
      readonly kind: "added" | "modified" | "deleted";
      readonly object: ClusterObject;
      readonly resourceVersion: string;
    }
  | { readonly kind: "bookmark"; readonly resourceVersion: string }
  /** The version asked for is gone (410): list again; what vanished in between is not "deleted at". */
  | { readonly kind: "gone" };

/**
 * One Kubernetes cluster, read only.
 * Faults: `cluster.unreachable`, `cluster.unauthorized`, `cluster.forbidden`, `cluster.malformed`.
 */
export interface Cluster {
  readonly name: string;
  /** All objects, over all pages; `undefined` when the API server does not know the resource. */
  list(resource: ClusterResource, signal: AbortSignal): Promise<ClusterList | undefined>;
  /** Changes after `resourceVersion`; ends when the server closes the watch. */
  watch(resource: ClusterResource, resourceVersion: string, signal: AbortSignal): AsyncIterable<ClusterEvent>;
}
