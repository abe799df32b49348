import type { JsonValue } from "../../output/json-value.ts";
import { PLACEMENT_CONFIG_MAP, TASK_NAME, type SigningOptions } from "./options.ts";

type Rule = {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly string[];
  readonly resources: readonly string[];
};
type Named = { readonly name: string; readonly expression: string };
type Validation = { readonly expression: string; readonly message: string };

type Policy = {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly conditions?: readonly Named[];
  readonly variables?: readonly Named[];
  readonly validations: readonly Validation[];
};

/**
 * The policies without which every author of pods in a namespace can be its signer (pipelines chapter §3, V1 to V4), each
 * with its binding to the namespaces that sign. All fail closed.
 */
export function renderAdmission(options: SigningOptions): readonly JsonValue[] {
  const policies = [signingPods(options), signingTokens(options), signingRuns(options), pipelineRuns(options)];
  return [...policies, sessions(options), debugContainers(options), placements()].flatMap((policy) => [
    toPolicy(policy),
    toBinding(policy, options),
  ]);
}

/** CEL writes lists of strings as JSON does. */
const list = (values: readonly string[]): string => JSON.stringify(values);
const text = (value: string): string => JSON.stringify(value);

/** Whether a pod asks for a token of Fulcio's. */
const TOKEN_VOLUMES = (audience: string): string =>
  `!has(object.spec.volumes) ? [] : object.spec.volumes.filter(v, has(v.projected) && has(v.projected.sources) && ` +
  `v.projected.sources.exists(s, has(s.serviceAccountToken) && has(s.serviceAccountToken.audience) && ` +
  `s.serviceAccountToken.audience == ${text(audience)})).map(v, v.name)`;
const CONTAINERS = "object.spec.containers + (has(object.spec.initContainers) ? object.spec.initContainers : [])";

/** V1: who makes a pod that can sign, for what, and which image gets the token; also later, for an image can be exchanged. */
function signingPods({ audience, image, serviceAccount, tektonController }: SigningOptions): Policy {
  const isSigner = `has(object.spec.serviceAccountName) && object.spec.serviceAccountName == ${text(serviceAccount)}`;
  return {
    name: `${TASK_NAME}-pods`,
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["pods"] }],
    variables: [
      { name: "tokenVolumes", expression: TOKEN_VOLUMES(audience) },
      { name: "isSigner", expression: isSigner },
      {
        name: "isNew",
        expression: "request.operation == 'CREATE' && (size(variables.tokenVolumes) > 0 || variables.isSigner)",
      },
      { name: "containers", expression: CONTAINERS },
    ],
    validations: [
      {
        expression: `!variables.isNew || request.userInfo.username == ${text(tektonController)}`,
        message: "A pod that can sign is made by Tekton's controller alone.",
      },
      {
        expression:
          "!variables.isNew || (has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(o, " +
          "has(o.controller) && o.controller && o.kind == 'TaskRun' && o.apiVersion.startsWith('tekton.dev/')))",
        message: "A pod that can sign belongs to a TaskRun.",
      },
      {
        expression: "!variables.isNew || variables.isSigner",
        message: `A token for signing is for the service account ${serviceAccount} alone.`,
      },
      {
        expression:
          "variables.containers.all(c, !has(c.volumeMounts) || !c.volumeMounts.exists(m, m.name in " +
          `variables.tokenVolumes) || c.image == ${text(image)})`,
        message: `The token for signing is mounted into ${image} alone.`,
      },
      {
        expression:
          "!variables.isNew || !(has(object.spec.hostPID) && object.spec.hostPID || has(object.spec.hostNetwork) && " +
          "object.spec.hostNetwork || has(object.spec.shareProcessNamespace) && object.spec.shareProcessNamespace)",
        message: "A pod that can sign shares neither processes nor the host's network.",
      },
      {
        expression: "!variables.isNew || variables.containers.all(c, !has(c.envFrom))",
        message: "A pod that can sign takes no variables from elsewhere.",
      },
    ],
  };
}

/** V2: nobody but a kubelet, for a pod, is given a token of Fulcio's. */
function signingTokens({ audience }: SigningOptions): Policy {
  const concerns = `has(object.spec.audiences) && ${text(audience)} in object.spec.audiences`;
  return {
    name: `${TASK_NAME}-tokens`,
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["serviceaccounts/token"] }],
    conditions: [{ name: "for-signing", expression: concerns }],
    validations: [
      {
        expression: `has(request.userInfo.groups) && "system:nodes" in request.userInfo.groups`,
        message: "A token for signing is asked for by a node's kubelet alone.",
      },
      {
        expression:
          "has(object.spec.boundObjectRef) && has(object.spec.boundObjectRef.kind) && " +
          "object.spec.boundObjectRef.kind == 'Pod'",
        message: "A token for signing is bound to a pod.",
      },
    ],
  };
}

const TEKTON = { apiGroups: ["tekton.dev"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"] } as const;

/** What a podTemplate may say of a pod that signs: where it runs, and nothing of what runs in it. */
const POD_TEMPLATE_FIELDS = [
  "nodeSelector",
  "tolerations",
  "affinity",
  "topologySpreadConstraints",
  "priorityClassName",
];
const harmless = (template: string): string =>
  `!has(${template}) || ${template}.all(field, field in ${list(POD_TEMPLATE_FIELDS)})`;

/** V3: what runs as the signer is our Task, from its bundle, and with nothing beside it. */
function signingRuns({ serviceAccount, taskBundle }: SigningOptions): Policy {
  const wanted = new Map([
    ["bundle", taskBundle],
    ["name", TASK_NAME],
    ["kind", "task"],
  ]);
  // All of them, since a name that is given twice could be read either way.
  const params = [...wanted]
    .map(([name, value]) => `p.name == ${text(name)} && p.value == ${text(value)}`)
    .join(" || ");
  const given = ["bundle", "name"].map((name) => `object.spec.taskRef.params.exists(p, p.name == ${text(name)})`);
  return {
    name: `${TASK_NAME}-taskruns`,
    rules: [{ ...TEKTON, resources: ["taskruns"] }],
    conditions: [
      {
        name: "by-the-signer",
        expression: `has(object.spec.serviceAccountName) && object.spec.serviceAccountName == ${text(serviceAccount)}`,
      },
    ],
    validations: [
      {
        expression:
          "has(object.spec.taskRef) && has(object.spec.taskRef.resolver) && object.spec.taskRef.resolver == 'bundles' && " +
          `has(object.spec.taskRef.params) && object.spec.taskRef.params.all(p, ${params}) && ${given.join(" && ")}`,
        message: `What runs as ${serviceAccount} is ${TASK_NAME} of ${taskBundle}.`,
      },
      {
        expression: harmless("object.spec.podTemplate"),
        message: `The podTemplate of a signing run has at most ${POD_TEMPLATE_FIELDS.join(", ")}.`,
      },
      { expression: "!has(object.spec.debug)", message: "A signing run has no breakpoints." },
      {
        expression: "!has(object.spec.workspaces) || object.spec.workspaces.size() == 0",
        message: "A signing run has no workspaces.",
      },
      {
        expression: "!has(object.spec.managedBy) || object.spec.managedBy == 'tekton.dev/pipeline'",
        message: "A signing run is managed by Tekton.",
      },
    ],
  };
}

/** V3 again, where its author is told at once: the signer is given to single tasks, not to a whole run. */
function pipelineRuns({ serviceAccount }: SigningOptions): Policy {
  const isSigner = (at: string): string =>
    `has(${at}.serviceAccountName) && ${at}.serviceAccountName == ${text(serviceAccount)}`;
  return {
    name: `${TASK_NAME}-pipelineruns`,
    rules: [{ ...TEKTON, resources: ["pipelineruns"] }],
    validations: [
      {
        expression: `!has(object.spec.taskRunTemplate) || !(${isSigner("object.spec.taskRunTemplate")})`,
        message: `${serviceAccount} is for the signing task alone; name it in taskRunSpecs.`,
      },
      {
        expression:
          `!has(object.spec.taskRunSpecs) || object.spec.taskRunSpecs.all(s, !(${isSigner("s")}) || ` +
          `${harmless("s.podTemplate")})`,
        message: `The podTemplate of a signing task has at most ${POD_TEMPLATE_FIELDS.join(", ")}.`,
      },
      {
        expression:
          `!has(object.spec.taskRunSpecs) || !object.spec.taskRunSpecs.exists(s, ${isSigner("s")}) || ` +
          `!has(object.spec.taskRunTemplate) || ${harmless("object.spec.taskRunTemplate.podTemplate")}`,
        message: "A podTemplate for all tasks is one for the signing task, too.",
      },
    ],
  };
}

/**
 * V4: nobody opens a session in a pod beside which something signs. Which pod is asked for is not in the request, but its
 * name, so it is the namespace that is closed.
 */
function sessions({ sessionGroups }: SigningOptions): Policy {
  const resources = ["pods/exec", "pods/attach", "pods/portforward"];
  return {
    name: `${TASK_NAME}-sessions`,
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CONNECT"], resources }],
    validations: [
      {
        expression: `has(request.userInfo.groups) && request.userInfo.groups.exists(g, g in ${list(sessionGroups)})`,
        message: "Pods are signed in this namespace; nobody opens a session in one.",
      },
    ],
  };
}

/** V4, for containers that are added to a pod: these show the pod. */
function debugContainers({ audience }: SigningOptions): Policy {
  return {
    name: `${TASK_NAME}-debug-containers`,
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["pods/ephemeralcontainers"] }],
    variables: [{ name: "tokenVolumes", expression: TOKEN_VOLUMES(audience) }],
    validations: [
      { expression: "size(variables.tokenVolumes) == 0", message: "No container is added to a pod that can sign." },
    ],
  };
}

/**
 * The placement says where tokens are sent and what is signed, and whoever may edit in a namespace may edit ConfigMaps. It
 * is written by those who may change these policies. It may be deleted by all who could: a namespace must be able to end.
 */
function placements(): Policy {
  const mayChangePolicies =
    "authorizer.group('admissionregistration.k8s.io').resource('validatingadmissionpolicies').check('update').allowed()";
  return {
    name: `${TASK_NAME}-placements`,
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["configmaps"] }],
    conditions: [{ name: "the-placement", expression: `object.metadata.name == ${text(PLACEMENT_CONFIG_MAP)}` }],
    validations: [
      {
        expression: mayChangePolicies,
        message: "The placement is written by those who may change admission policies.",
      },
    ],
  };
}

const API = "admissionregistration.k8s.io/v1";

function toPolicy({ name, rules, conditions, variables, validations }: Policy): JsonValue {
  return {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name, labels: LABELS },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: { matchPolicy: "Equivalent", resourceRules: rules },
      ...(conditions && { matchConditions: conditions }),
      ...(variables && { variables }),
      validations: validations.map((validation) => ({ ...validation, reason: "Forbidden" })),
    },
  };
}

/** By the label that the API server itself sets: a namespace cannot leave by taking it off. */
function toBinding({ name }: Policy, { namespaces }: SigningOptions): JsonValue {
  const own = { key: "kubernetes.io/metadata.name", operator: "In", values: namespaces };
  return {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name, labels: LABELS },
    spec: {
      policyName: name,
      validationActions: ["Deny"],
      matchResources: { namespaceSelector: { matchExpressions: [own] } },
    },
  };
}

const LABELS = { "app.kubernetes.io/part-of": "countersign" } as const;
