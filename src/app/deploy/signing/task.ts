import { API_GROUP } from "../../../core/names.ts";
import type { JsonValue } from "../../output/json-value.ts";
import { RESULTS } from "../../sign-step/options.ts";
import { PLACEMENT_CONFIG_MAP, TASK_NAME, type SigningOptions } from "./options.ts";

/** Where things lie in the step's container. */
const TOKEN_FOLDER = "/var/run/sigstore/cosign";
const PLACEMENT_FOLDER = "/etc/countersign";
const REGISTRY_FOLDER = "/var/run/countersign/registry";
const API_FOLDER = "/var/run/countersign/api";
const COMMAND = "/app/countersign-sign";

/** The kubelet takes no less; a stolen token is good until it ends, whatever becomes of its pod. */
const TOKEN_SECONDS = 600;

const PARAMS = [
  { name: "image", type: "string", description: "The repository of the image, without tag and digest." },
  { name: "digest", type: "string", description: "The image's digest: sha256 and 64 hexadecimal digits." },
  { name: "sbom", type: "string", default: "", description: "The SBOM, as repository@sha256:…; empty for none." },
  { name: "recursive", type: "string", default: "false", description: "true: sign each manifest of an index, too." },
] as const;

const RESULT_DESCRIPTIONS: Readonly<Record<(typeof RESULTS)[number], string>> = {
  IMAGE_DIGEST: "The digest that was signed.",
  BUNDLE_DIGESTS: "JSON list: the digest of each signature's bundle.",
  LOG_ENTRIES: "JSON list: log, index and leaf hash of each entry; reused where an earlier run made it.",
  CERT: "JSON object: serial and SHA-256 of the certificate; empty where all was signed before.",
  CREDENTIAL_ID: "JTI=…, by which the API server's audit log knows the token.",
};

/** The five fields that Pod Security `restricted` and OpenShift's restricted-v2 ask for, and a root that nobody writes to. */
const SECURITY_CONTEXT = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** Measured: 125 MB without an SBOM, 410 MB with one of 16 MB, 890 MB with 40 MB, which is more than the step takes. */
const RESOURCES = { requests: { cpu: "50m", memory: "160Mi" }, limits: { memory: "1Gi" } } as const;

type VolumeNames = { readonly token: string; readonly placement: string; readonly registry: string };

/** The step itself, the same in the Task and in the StepAction: a program and its arguments, no shell, no variables. */
function stepOf({ image }: Pick<SigningOptions, "image">, results: "results" | "step.results", volumes: VolumeNames) {
  return {
    image,
    command: [COMMAND],
    args: [
      ...PARAMS.map(({ name }) => `--${name}=$(params.${name})`),
      `--token-file=${TOKEN_FOLDER}/oidc-token`,
      `--placement=${PLACEMENT_FOLDER}/placement.yaml`,
      `--registry-auth=${REGISTRY_FOLDER}/config.json`,
      ...RESULTS.map((name) => `--result=${name}=$(${results}.${name}.path)`),
    ],
    securityContext: SECURITY_CONTEXT,
    volumeMounts: [
      { name: volumes.token, mountPath: TOKEN_FOLDER, readOnly: true },
      { name: volumes.placement, mountPath: PLACEMENT_FOLDER, readOnly: true },
      { name: volumes.registry, mountPath: REGISTRY_FOLDER, readOnly: true },
    ],
  };
}

const RESULT_LIST = RESULTS.map((name) => ({ name, description: RESULT_DESCRIPTIONS[name] }));

/** For Tasks of one's own: the volumes are theirs, so their names are parameters (Tekton, StepActions, `volumeMounts`). */
export function renderStepAction(options: Pick<SigningOptions, "image">): JsonValue {
  const volumes = [
    { name: "token-volume", type: "string", description: "The volume of the identity token." },
    { name: "placement-volume", type: "string", description: "The volume of the placement." },
    { name: "registry-volume", type: "string", description: "The volume of the registry's credentials." },
  ];
  const names = {
    token: "$(params.token-volume)",
    placement: "$(params.placement-volume)",
    registry: "$(params.registry-volume)",
  };
  return {
    apiVersion: "tekton.dev/v1beta1",
    kind: "StepAction",
    metadata: { name: TASK_NAME, labels: LABELS },
    spec: {
      description: "Signs an image by digest, and its SBOM, keylessly.",
      params: [...PARAMS, ...volumes],
      results: RESULT_LIST,
      ...stepOf(options, "step.results", names),
    },
  };
}

const names: VolumeNames = { token: "sigstore-token", placement: "placement", registry: "registry" };
const API_VOLUME = "api";

/** For provenance: how the step asks which run it is in, with a token that is not the one it signs with. */
const API_ARGUMENTS = [
  "--task-run=$(context.taskRun.name)",
  `--api-token-file=${API_FOLDER}/token`,
  `--api-ca-file=${API_FOLDER}/ca.crt`,
];

function apiVolume({ apiAudience }: NonNullable<SigningOptions["provenance"]>): JsonValue {
  const token = { audience: apiAudience, expirationSeconds: TOKEN_SECONDS, path: "token" };
  // Kubernetes keeps this ConfigMap in every namespace.
  const ca = { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] };
  return { name: API_VOLUME, projected: { sources: [{ serviceAccountToken: token }, { configMap: ca }] } };
}

/**
 * The Task: one step, no sidecar, no workspace. The step is written out, not referred to, so that a bundle's digest covers
 * all of it: a StepAction lies in the namespace, where others may change it.
 */
export function renderTask(
  options: Pick<SigningOptions, "image" | "audience" | "registrySecret" | "provenance">,
): JsonValue {
  const { audience, registrySecret, provenance } = options;
  const step = stepOf(options, "results", names);
  const token = { audience, expirationSeconds: TOKEN_SECONDS, path: "oidc-token" };
  const items = [{ key: ".dockerconfigjson", path: "config.json" }];
  return {
    apiVersion: "tekton.dev/v1",
    kind: "Task",
    metadata: { name: TASK_NAME, labels: { ...LABELS, [`${API_GROUP}/signing`]: "true" } },
    spec: {
      description: "Signs an image by digest, and its SBOM, keylessly, as the service account of its run.",
      params: PARAMS,
      results: RESULT_LIST,
      steps: [
        {
          name: "sign",
          ...step,
          ...(provenance && {
            args: [...step.args, ...API_ARGUMENTS],
            volumeMounts: [...step.volumeMounts, { name: API_VOLUME, mountPath: API_FOLDER, readOnly: true }],
          }),
          computeResources: RESOURCES,
          timeout: "5m",
        },
      ],
      volumes: [
        { name: names.token, projected: { sources: [{ serviceAccountToken: token }] } },
        { name: names.placement, configMap: { name: PLACEMENT_CONFIG_MAP } },
        { name: names.registry, secret: { secretName: registrySecret, items, optional: true } },
        ...(provenance ? [apiVolume(provenance)] : []),
      ],
    },
  };
}

const LABELS = { "app.kubernetes.io/name": TASK_NAME, "app.kubernetes.io/part-of": "countersign" } as const;
