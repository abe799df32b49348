import type { ClusterObject, ClusterResource } from "../../ports/cluster.ts";
import { isFields } from "../../core/pipelines/field-reader.ts";

/** `v1`, `tekton.dev/v1`. */
export function apiVersionOf({ group, version }: ClusterResource): string {
  return group === "" ? version : `${group}/${version}`;
}

/** The path of a collection, over all namespaces unless one is given (Kubernetes API concepts, "Resource URIs"). */
export function collectionPath(resource: ClusterResource, namespace: string = resource.only?.namespace ?? ""): string {
  const { group, version, plural } = resource;
  const within = namespace === "" ? plural : `namespaces/${encodeURIComponent(namespace)}/${plural}`;
  return group === "" ? `/api/${version}/${within}` : `/apis/${group}/${version}/${within}`;
}

/** What leaves one object of a collection (Kubernetes, "Field Selectors"); RBAC by `resourceNames` lets no more be asked. */
export function selectorOf({ only }: ClusterResource): { readonly fieldSelector?: string } {
  return only ? { fieldSelector: `metadata.name=${only.name}` } : {};
}

/** An object, with the type filled in that lists leave out of their items; `undefined` when it has no metadata. */
export function toClusterObject(
  value: unknown,
  type: { readonly apiVersion: string; readonly kind: string },
): ClusterObject | undefined {
  if (!isFields(value) || !isFields(value["metadata"])) return undefined;
  const { apiVersion, kind, metadata } = value;
  return {
    ...value,
    apiVersion: typeof apiVersion === "string" ? apiVersion : type.apiVersion,
    kind: typeof kind === "string" ? kind : type.kind,
    metadata,
  };
}

/** The version of an object or a list; empty when it has none. Opaque: only ever compared and sent back. */
export function resourceVersionOf(value: unknown): string {
  const metadata = isFields(value) ? value["metadata"] : undefined;
  const version = isFields(metadata) ? metadata["resourceVersion"] : undefined;
  return typeof version === "string" ? version : "";
}
