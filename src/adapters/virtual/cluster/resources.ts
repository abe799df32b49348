/** One resource of an API server. `group` is empty for the core group. */
export type ApiResource = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
};

/** What the stand-in serves unless told otherwise: all that runs, signs, and owns what runs. */
export const API_RESOURCES: readonly ApiResource[] = [
  resource("v1", "namespaces", "Namespace", false),
  resource("v1", "pods", "Pod"),
  resource("v1", "serviceaccounts", "ServiceAccount"),
  resource("v1", "configmaps", "ConfigMap"),
  resource("v1", "events", "Event"),
  resource("apps/v1", "replicasets", "ReplicaSet"),
  resource("apps/v1", "deployments", "Deployment"),
  resource("apps/v1", "statefulsets", "StatefulSet"),
  resource("apps/v1", "daemonsets", "DaemonSet"),
  resource("batch/v1", "jobs", "Job"),
  resource("batch/v1", "cronjobs", "CronJob"),
  resource("tekton.dev/v1", "taskruns", "TaskRun"),
  resource("tekton.dev/v1", "pipelineruns", "PipelineRun"),
  resource(
    "admissionregistration.k8s.io/v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
    false,
  ),
  resource("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false),
  resource("wgpolicyk8s.io/v1alpha2", "policyreports", "PolicyReport"),
];

/** What OpenShift serves beside it. */
export const OPENSHIFT_RESOURCES: readonly ApiResource[] = [
  resource("config.openshift.io/v1", "authentications", "Authentication", false),
];

function resource(apiVersion: string, plural: string, kind: string, namespaced = true): ApiResource {
  const [version = "", group = ""] = apiVersion.split("/").toReversed();
  return { group, version, plural, kind, namespaced };
}

/** `v1`, `tekton.dev/v1`. */
export function apiVersionOf({ group, version }: Pick<ApiResource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

/** What a path names: a collection, an object, or a subresource of one. */
export type Target = {
  readonly resource: ApiResource;
  /** Empty for all namespaces and for resources without. */
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
};

const PATH =
  /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<subresource>[^/]+))?)?$/;

/** Reads a path of the API (Kubernetes API concepts, "Resource URIs"); `undefined` for what is not served. */
export function parseTarget(path: string, resources: readonly ApiResource[]): Target | undefined {
  const parts = PATH.exec(path)?.groups;
  if (!parts) return undefined;
  const { group = "", version, plural, namespace = "", name, subresource } = parts;
  // `/namespaces/x` is an object, `/namespaces/x/pods` a collection in it, `/namespaces/x/status` neither of ours.
  const found = resources.find(
    (known) => known.group === group && known.version === version && known.plural === plural,
  );
  if (!found || (namespace !== "" && !found.namespaced)) return undefined;
  return {
    resource: found,
    namespace,
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
  };
}
