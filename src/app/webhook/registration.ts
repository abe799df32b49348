import { DENY_CONFIG_MAP } from "../../capabilities/admit/deny-desk.ts";
import { API_GROUP } from "../../core/names.ts";
import { toBase64 } from "../../core/bytes/base64.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { TrustPolicySet } from "../../core/policy/trust-policy.ts";
import type { JsonValue } from "../output/json-value.ts";
import { POLICY_CONFIG_MAP } from "./check-documents.ts";

export type RegistrationOptions = {
  /** Where the webhook runs; excluded, since it cannot admit itself. */
  readonly namespace: string;
  readonly service: string;
  /** PEM; absent where the service CA or cert-manager writes it. */
  readonly caBundle?: string;
  /** An address instead of the Service: for an API server outside the cluster. Without a path. */
  readonly url?: string;
  readonly failurePolicy: "Fail" | "Ignore";
  readonly timeoutSeconds: number;
  /** Exemptions of the policy; names go into the selector, prefixes where the platform comes up before us. */
  readonly exempt: readonly string[];
  readonly platform: "kubernetes" | "openshift";
};

/** What the API server waits; we answer within four fifths of it (trust-policy chapter §5.1). */
export const TIMEOUT_SECONDS = 5;

type Rule = {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
};

/** Every place of an image that Kubernetes has (trust-policy chapter §5.2). */
const WORKLOADS: readonly Rule[] = [
  { apiGroups: [""], apiVersions: ["v1"], resources: ["pods", "replicationcontrollers", "podtemplates"] },
  { apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments", "statefulsets", "daemonsets", "replicasets"] },
  { apiGroups: ["batch"], apiVersions: ["v1"], resources: ["jobs", "cronjobs"] },
];
const OPENSHIFT: Rule = { apiGroups: ["apps.openshift.io"], apiVersions: ["v1"], resources: ["deploymentconfigs"] };
/** A debug container is added to a pod that runs; forgotten once by Kubernetes itself (CVE-2023-2727). */
const DEBUG: Rule = { apiGroups: [""], apiVersions: ["v1"], resources: ["pods/ephemeralcontainers"] };

/** Of all ConfigMaps beside the webhook those that it reads. */
const OURS: string = [POLICY_CONFIG_MAP, DENY_CONFIG_MAP].map((name) => `request.name == "${name}"`).join(" || ");
const CONFIG_MAPS: Rule = { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] };

/** The two registrations, as the API server takes them (admissionregistration.k8s.io/v1). */
export function renderRegistrations(options: RegistrationOptions): readonly JsonValue[] {
  const workloads = [...WORKLOADS, ...(options.platform === "openshift" ? [OPENSHIFT] : [])];
  const judged = [...workloads.map((rule) => toRule(rule, ["CREATE", "UPDATE"])), toRule(DEBUG, ["UPDATE"])];
  const common = {
    namespaceSelector: selector("NotIn", [options.namespace, ...exactNames(options.exempt)]),
    ...(options.platform === "openshift" && { matchConditions: platformConditions(options.exempt) }),
  };
  return [
    configuration("MutatingWebhookConfiguration", options, [
      {
        ...toWebhook("resolve.images", "/resolve", options),
        ...common,
        rules: judged,
        reinvocationPolicy: "IfNeeded",
      },
    ]),
    configuration("ValidatingWebhookConfiguration", options, [
      { ...toWebhook("images", "/admit", options), ...common, rules: judged },
      {
        ...toWebhook("policy", "/policy", options),
        namespaceSelector: selector("In", [options.namespace]),
        matchConditions: [{ name: "ours-alone", expression: OURS }],
        // A register that is deleted is one in which every rule was removed.
        rules: [toRule(CONFIG_MAPS, ["CREATE", "UPDATE", "DELETE"])],
      },
    ]),
  ];
}

/** Nothing that enforces may be skipped because we are down; where nothing enforces yet, an outage should stop nobody. */
export function failurePolicyFor({ enforcement }: Pick<TrustPolicySet, "enforcement">): "Fail" | "Ignore" {
  const modes = [enforcement.byDefault, ...enforcement.namespaces.map(({ mode }) => mode)];
  return modes.every(({ kind }) => kind === "audit") ? "Ignore" : "Fail";
}

function configuration(
  kind: string,
  { namespace, caBundle, platform }: RegistrationOptions,
  webhooks: JsonValue,
): JsonValue {
  const inject = caBundle === undefined && platform === "openshift";
  const annotations = inject ? { annotations: { "service.beta.openshift.io/inject-cabundle": "true" } } : {};
  const labels = { "app.kubernetes.io/name": "countersign", "app.kubernetes.io/part-of": namespace };
  const metadata = { name: "countersign", labels, ...annotations };
  return { apiVersion: "admissionregistration.k8s.io/v1", kind, metadata, webhooks };
}

function toWebhook(name: string, path: string, options: RegistrationOptions): { readonly [key: string]: JsonValue } {
  const { namespace, service, url, caBundle } = options;
  const target = url === undefined ? { service: { name: service, namespace, path, port: 443 } } : { url: url + path };
  return {
    name: `${name}.${API_GROUP}`,
    admissionReviewVersions: ["v1"],
    clientConfig: { ...target, ...(caBundle !== undefined && { caBundle: toBase64(toUtf8(caBundle)) }) },
    failurePolicy: options.failurePolicy,
    matchPolicy: "Equivalent",
    sideEffects: "NoneOnDryRun",
    timeoutSeconds: options.timeoutSeconds,
  };
}

function toRule(rule: Rule, operations: readonly string[]): JsonValue {
  return { ...rule, operations, scope: "Namespaced" };
}

/** The label that the API server itself sets: whoever may label a namespace cannot leave by it. */
function selector(operator: "In" | "NotIn", values: readonly string[]): JsonValue {
  return { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator, values: [...new Set(values)] }] };
}

function exactNames(exempt: readonly string[]): readonly string[] {
  return exempt.filter((glob) => !glob.includes("*"));
}

/** The platform has to come up while we are down: its namespaces are left out before we are called. */
function platformConditions(exempt: readonly string[]): JsonValue {
  const prefixes = exempt.flatMap((glob) => (/^[a-z0-9-]+\*$/.test(glob) ? [glob.slice(0, -1)] : []));
  return prefixes.map((prefix, i) => ({
    name: `not-the-platform-${i + 1}`,
    expression: `!request.namespace.startsWith("${prefix}")`,
  }));
}
