import { API_VERSION } from "../../../core/names.ts";
import type { JsonValue } from "../../output/json-value.ts";
import { PLACEMENT_KIND } from "../../sign-step/placement.ts";
import { PLACEMENT_CONFIG_MAP, TASK_NAME, type SigningOptions } from "./options.ts";

/** The service account that signs and does nothing else: no API token, no secrets that every step would be given. */
export function renderServiceAccount({ serviceAccount }: SigningOptions, namespace: string): JsonValue {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: serviceAccount, namespace, labels: LABELS },
    automountServiceAccountToken: false,
  };
}

/** What the account may do where it attests how images were built: read runs by name, in its own namespace. */
export function renderRunReader({ serviceAccount }: SigningOptions, namespace: string): readonly JsonValue[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const metadata = { name: "countersign-run-reader", namespace, labels: LABELS };
  const rule = { apiGroups: ["tekton.dev"], resources: ["taskruns", "pipelineruns"], verbs: ["get"] };
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name };
  return [
    { apiVersion, kind: "Role", metadata, rules: [rule] },
    {
      apiVersion,
      kind: "RoleBinding",
      metadata,
      roleRef,
      subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
    },
  ];
}

/** Where and what is signed. Whoever may write this ConfigMap decides it. `stringify` writes YAML. */
export function renderPlacement(
  options: SigningOptions,
  namespace: string,
  stringify: (value: JsonValue) => string,
): JsonValue {
  const { audience, repositories, layout, trustedRoot, signingConfig, caCertificates, provenance } = options;
  const placement = {
    apiVersion: API_VERSION,
    kind: PLACEMENT_KIND,
    spec: {
      audience,
      repositories,
      layout,
      trustedRoot: { file: "trusted_root.json" },
      ...(signingConfig !== undefined && { signingConfig: { file: "signing_config.json" } }),
      ...(caCertificates !== undefined && { caFile: "ca.pem" }),
      ...(provenance && { provenance: { builderId: provenance.builderId } }),
    },
  };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: PLACEMENT_CONFIG_MAP, namespace, labels: LABELS },
    data: {
      "placement.yaml": stringify(placement),
      "trusted_root.json": trustedRoot,
      ...(signingConfig !== undefined && { "signing_config.json": signingConfig }),
      ...(caCertificates !== undefined && { "ca.pem": caCertificates }),
    },
  };
}

/** A Pipeline that signs what it is told of. Its one task is what to copy into a Pipeline that builds. */
export function renderPipeline({ taskBundle }: SigningOptions, namespace: string): JsonValue {
  const bundle = [
    { name: "bundle", value: taskBundle },
    { name: "name", value: TASK_NAME },
    { name: "kind", value: "task" },
  ];
  return {
    apiVersion: "tekton.dev/v1",
    kind: "Pipeline",
    metadata: { name: PIPELINE_NAME, namespace, labels: LABELS },
    spec: {
      description: "Signs an image and its SBOM. Copy its task behind the one that builds.",
      params: PARAMS,
      results: [{ name: "IMAGE_DIGEST", value: "$(tasks.sign.results.IMAGE_DIGEST)", description: "What was signed." }],
      tasks: [
        {
          name: "sign",
          retries: 2,
          taskRef: { resolver: "bundles", params: bundle },
          params: PARAMS.map(({ name }) => ({ name, value: `$(params.${name})` })),
        },
      ],
    },
  };
}

/** A run of that Pipeline: only here can be said as whom a task runs. */
export function renderPipelineRun({ serviceAccount, repositories }: SigningOptions, namespace: string): JsonValue {
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { generateName: `${PIPELINE_NAME}-`, namespace, labels: LABELS },
    spec: {
      pipelineRef: { name: PIPELINE_NAME },
      params: [
        { name: "image", value: `${repositories[0]}/app` },
        { name: "digest", value: `sha256:${"0".repeat(64)}` },
      ],
      taskRunSpecs: [{ pipelineTaskName: "sign", serviceAccountName: serviceAccount }],
    },
  };
}

const PIPELINE_NAME = "countersign-sign-image";
const PARAMS = [
  { name: "image", type: "string" },
  { name: "digest", type: "string" },
  { name: "sbom", type: "string", default: "" },
] as const;

const LABELS = { "app.kubernetes.io/part-of": "countersign" } as const;
