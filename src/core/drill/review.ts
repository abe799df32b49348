import type { JsonObject, JsonValue } from "../json/json.ts";

/** Where the drill's objects would be made; dry runs make none. */
export const NAMESPACE = "countersign-drill";

/** One container. */
export function container(image: string, name = "app"): JsonObject {
  return { name, image };
}

/** An object of a kind with one PodSpec at the place where the kind has it. */
export function workload(kind: WorkloadKind, spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  const [apiVersion, ...path] = WORKLOADS[kind];
  const nested = path.toReversed().reduce<JsonObject>((inner, member) => ({ [member]: inner }), spec);
  return { apiVersion, kind, metadata: { name: "drill", namespace: NAMESPACE, ...metadata }, ...nested };
}

/** `apiVersion`, then the path to the PodSpec (trust-policy chapter §5.2). */
const WORKLOADS = {
  Pod: ["v1", "spec"],
  Deployment: ["apps/v1", "spec", "template", "spec"],
  StatefulSet: ["apps/v1", "spec", "template", "spec"],
  DaemonSet: ["apps/v1", "spec", "template", "spec"],
  ReplicaSet: ["apps/v1", "spec", "template", "spec"],
  ReplicationController: ["v1", "spec", "template", "spec"],
  DeploymentConfig: ["apps.openshift.io/v1", "spec", "template", "spec"],
  PodTemplate: ["v1", "template", "spec"],
  Job: ["batch/v1", "spec", "template", "spec"],
  CronJob: ["batch/v1", "spec", "jobTemplate", "spec", "template", "spec"],
} as const;
export type WorkloadKind = keyof typeof WORKLOADS;

const RESOURCES: Readonly<Record<WorkloadKind, string>> = {
  Pod: "pods",
  Deployment: "deployments",
  StatefulSet: "statefulsets",
  DaemonSet: "daemonsets",
  ReplicaSet: "replicasets",
  ReplicationController: "replicationcontrollers",
  DeploymentConfig: "deploymentconfigs",
  PodTemplate: "podtemplates",
  Job: "jobs",
  CronJob: "cronjobs",
};

/** What an AdmissionReview says beside its object. */
export type ReviewRequest = {
  readonly kind: WorkloadKind;
  readonly object?: JsonValue;
  readonly oldObject?: JsonValue;
  readonly operation?: "CREATE" | "UPDATE";
  readonly subResource?: string;
  readonly dryRun?: boolean;
};

/** The body of a request of the API server (`k8s.io/api/admission/v1`), with members of the request changed. */
export function renderReviewRequest(
  { kind, operation = "CREATE", subResource, dryRun = false, ...objects }: ReviewRequest,
  change: JsonObject = {},
): string {
  const [apiVersion] = WORKLOADS[kind];
  const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const resource = { group, version, resource: RESOURCES[kind] };
  const request = {
    uid: "00000000-0000-4000-8000-00000000d811",
    kind: { group, version, kind },
    resource,
    requestKind: { group, version, kind },
    requestResource: resource,
    ...(subResource !== undefined && { subResource, requestSubResource: subResource }),
    name: "drill",
    namespace: NAMESPACE,
    operation,
    userInfo: { username: "drill" },
    dryRun,
    ...objects,
    ...change,
  };
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request });
}

/** The creation of the ConfigMap that holds a policy, as an API server asks about it. */
export function policyReview(name: string, documents: readonly JsonObject[]): string {
  const files = documents.map((document, i) => [`${i}.yaml`, JSON.stringify(document)] as const);
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: Object.fromEntries(files) };
  const kind = { group: "", version: "v1", kind: "ConfigMap" };
  const resource = { group: "", version: "v1", resource: "configmaps" };
  const kinds = { kind, resource, requestKind: kind, requestResource: resource };
  return renderReviewRequest({ kind: "Pod", object }, { ...kinds, name, namespace: "countersign" });
}

/** The creation of a pod. */
export function podReview(spec: JsonObject, metadata: JsonObject = {}): string {
  return renderReviewRequest({ kind: "Pod", object: workload("Pod", spec, metadata) });
}

/** The change of a pod from one PodSpec to another. */
export function podUpdate(
  before: JsonObject,
  after: JsonObject,
  change: Partial<ReviewRequest> & { readonly metadata?: JsonObject } = {},
): string {
  const { metadata = {}, ...request } = change;
  return renderReviewRequest({
    kind: "Pod",
    operation: "UPDATE",
    oldObject: workload("Pod", before),
    object: workload("Pod", after, metadata),
    ...request,
  });
}
