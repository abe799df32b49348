import type { JsonObject } from "../core/json/json.ts";
import type { ClusterObject, ClusterResource } from "./cluster.ts";

/** An object by its name; `namespace` is empty for those of no namespace. */
export type OperatedObject = {
  readonly resource: ClusterResource;
  readonly namespace: string;
  readonly name: string;
};

/** `refused`: an admission webhook or RBAC said no, in these words. `conflict`: it is not what was read any more. */
export type Operated =
  | { readonly kind: "done" }
  | { readonly kind: "absent" | "conflict" }
  | { readonly kind: "refused"; readonly message: string };

/**
 * A cluster as a person operates it, in their own name and with their own rights.
 * Faults: `cluster.unreachable`, `cluster.unauthorized`, `cluster.forbidden`, `cluster.malformed`.
 */
export interface ClusterOperator {
  readonly name: string;
  /** Whom the API server takes us for. */
  whoAmI(signal: AbortSignal): Promise<string>;
  /** `undefined` when there is none. */
  read(object: OperatedObject, signal: AbortSignal): Promise<ClusterObject | undefined>;
  /** JSON Merge Patch (RFC 7386); with `metadata.resourceVersion` in it only what was read is changed. */
  merge(object: OperatedObject, patch: JsonObject, signal: AbortSignal): Promise<Operated>;
}
