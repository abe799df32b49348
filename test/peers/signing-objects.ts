import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Schema } from "../setup/structural-schema.ts";
import type { User } from "./kube-api.ts";

export const DEPLOY = join(import.meta.dirname, "../../deploy/tekton");
export const CRDS = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "pipelines/schemas");

/** All of them may do anything, as far as RBAC goes: what stops them are the policies. */
const MASTERS = "system:masters";
export const TEKTON: User = {
  name: "system:serviceaccount:tekton-pipelines:tekton-pipelines-controller",
  groups: [MASTERS, "system:serviceaccounts"],
};
export const TENANT: User = { name: "tenant", groups: [MASTERS] };
export const KUBELET: User = { name: "system:node:worker-1", groups: [MASTERS, "system:nodes"] };

export const documents = (path: string): readonly Schema[] =>
  parseAllDocuments(readFileSync(path, "utf8")).map((document) => document.toJS());
const [task] = documents(join(DEPLOY, "task.yaml"));
export const objects = [...documents(join(DEPLOY, "namespace.yaml")), ...documents(join(DEPLOY, "admission.yaml"))];
const pipeline = objects.find(({ kind }) => kind === "Pipeline");
export const TASK_REF = pipeline?.spec.tasks[0].taskRef;
export const SIGNER = "signer";

/** What Tekton's controller makes of the Task: its container, and its own init containers beside it. */
export function podOf(change: object = {}, containerChange: object = {}): Schema {
  const [{ image, volumeMounts, securityContext }] = task.spec.steps;
  const step = { name: "step-sign", image, volumeMounts, securityContext, ...containerChange };
  const ownerReferences = [{ apiVersion: "tekton.dev/v1", kind: "TaskRun", name: "sign", uid: "1", controller: true }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "sign-", ownerReferences },
    spec: {
      serviceAccountName: SIGNER,
      restartPolicy: "Never",
      initContainers: [{ name: "prepare", image: "registry.example/tekton/entrypoint:1" }],
      containers: [step],
      volumes: task.spec.volumes,
      ...change,
    },
  };
}

export function taskRunOf(change: object = {}): Schema {
  const params = [{ name: "image", value: "registry.example.com/payments/app" }];
  const spec = { serviceAccountName: SIGNER, taskRef: TASK_REF, params, ...change };
  return { apiVersion: "tekton.dev/v1", kind: "TaskRun", metadata: { generateName: "sign-" }, spec };
}

export function tokenRequest(spec: object): Schema {
  return { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
}

export const inPayments = (rest: string): string => `/api/v1/namespaces/payments/${rest}`;
export const runs = (plural: string, namespace = "payments"): string =>
  `/apis/tekton.dev/v1/namespaces/${namespace}/${plural}`;

/** The plural of a kind, as its path has it. */
export function pathOf({ apiVersion, kind, metadata }: Schema): string {
  const plural = kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : `${kind}s`;
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${base}${metadata.namespace ? `/namespaces/${metadata.namespace}` : ""}/${plural.toLowerCase()}`;
}

export function pipelineRunOf(change: object): Schema {
  const spec = { pipelineRef: { name: "p" }, ...change };
  return { apiVersion: "tekton.dev/v1", kind: "PipelineRun", metadata: { generateName: "p-" }, spec };
}

export function configMapOf(name: string): Schema {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: {} };
}

/** Whoever may write ConfigMaps in a namespace, as those may whom Kubernetes' role `edit` is bound to. */
export function editorRole(group: string): readonly Schema[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const metadata = { name: "editors", namespace: "payments" };
  const apiGroup = "rbac.authorization.k8s.io";
  return [
    { apiVersion, kind: "Role", metadata, rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["*"] }] },
    {
      apiVersion,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup, kind: "Role", name: "editors" },
      subjects: [{ apiGroup, kind: "Group", name: group }],
    },
  ];
}
