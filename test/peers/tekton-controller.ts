import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Schema } from "../setup/structural-schema.ts";
import type { KubeApi } from "./kube-api.ts";
import { peer } from "./peer-world.ts";
import { freePorts } from "./server-process.ts";
import { CRDS, documents, TEKTON } from "./signing-objects.ts";

const CONTROLLER = peer("tekton-controller-v1.12.0");
const RESOLVERS = peer("tekton-resolvers-v1.12.0");
/** The configuration that they ask for; what is absent in each has Tekton's default. */
const CONFIG_MAPS = [
  "config-defaults",
  "config-events",
  "config-leader-election-controller",
  "config-leader-election-resolvers",
  "config-logging",
  "config-observability",
  "config-registry-cert",
  "config-spire",
  "config-tracing",
  "config-wait-exponential-backoff",
  "feature-flags",
  "bundleresolver-config",
  "cluster-resolver-config",
  "git-resolver-config",
  "http-resolver-config",
  "hubresolver-config",
  "resolver-cache-config",
  "resolvers-feature-flags",
];

/** As Tekton's own manifests have it; these have no default. */
const SETTINGS: ReadonlyMap<string, object> = new Map([
  ["bundleresolver-config", { "default-service-account": "default", "default-kind": "task" }],
  ["resolvers-feature-flags", { "enable-bundles-resolver": "true" }],
]);

/** Of which it makes its own containers; none of them runs. */
const IMAGES = ["entrypoint", "nop", "sidecarlogresults", "workingdirinit", "shell"]
  .map((name) => `${name}-image`)
  .concat("shell-image-win")
  .map((name) => `-${name}=registry.example/tekton/${name}@sha256:${"0".repeat(64)}`);

/** Starts a process of Tekton's, which gives what ends it. */
type StartTekton = (api: KubeApi, folder: string) => Promise<() => Promise<void>>;

/**
 * Tekton's own controller, without its webhook; `undefined` where it could not be had. It listens on 8080, whatever it is
 * told: where that is taken, it ends. So the resolvers do not run beside it.
 */
export const startTekton: StartTekton | undefined =
  CONTROLLER === undefined
    ? undefined
    : (api, folder) =>
        start(CONTROLLER, { api, folder, role: "controller", args: ["-namespace=payments", "-disable-ha", ...IMAGES] });

/** Tekton's own resolvers of bundles, git and others. */
export const startResolvers: StartTekton | undefined =
  RESOLVERS === undefined ? undefined : (api, folder) => start(RESOLVERS, { api, folder, role: "resolvers", args: [] });

type Setup = {
  readonly api: KubeApi;
  readonly folder: string;
  readonly role: string;
  readonly args: readonly string[];
};

async function start(program: string, { api, folder, role, args }: Setup): Promise<() => Promise<void>> {
  const system = `tekton-${role}`;
  await create(api, "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: system } });
  for (const name of CONFIG_MAPS) {
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: SETTINGS.get(name) ?? {} };
    await create(api, `/api/v1/namespaces/${system}/configmaps`, object); // oxlint-disable-line no-await-in-loop -- a score
  }
  const kubeconfig = join(folder, `${role}.kubeconfig`);
  await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(api)));
  const [probes = 0, metrics = 0] = await freePorts(2);
  const env = {
    SYSTEM_NAMESPACE: system,
    METRICS_DOMAIN: "tekton.dev/pipeline",
    PROBES_PORT: String(probes),
    METRICS_PROMETHEUS_PORT: String(metrics),
    CONFIG_LEADERELECTION_NAME: `config-leader-election-${role}`,
    CONFIG_FEATURE_FLAGS_NAME: "feature-flags",
    HOME: folder,
  };
  const child = spawn(program, ["-kubeconfig", kubeconfig, ...args], { cwd: folder, env, stdio: "ignore" });
  return async () => {
    const ended = new Promise<void>((done) => void child.once("exit", () => done()));
    if (child.exitCode === null && child.kill("SIGKILL")) await ended;
  };
}

/** The administrator, acting as the controller's own account. */
function kubeconfigOf({ server, ca, adminToken }: KubeApi): object {
  const cluster = { server, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  const user = { token: adminToken, as: TEKTON.name, "as-groups": TEKTON.groups };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
}

/** Tekton's definitions: five as its project publishes them, and three that the controller wants to watch, open. */
export function tektonDefinitions(): readonly Schema[] {
  const published = ["taskrun", "pipelinerun", "pipeline", "task", "stepaction"].map((name) => {
    // Without Tekton's webhook, which converts between its versions: what is stored is what is asked for.
    const [{ spec, ...definition }] = documents(join(CRDS, `${name}.crd.yaml`));
    const { conversion: _, ...rest } = spec;
    return { ...definition, spec: rest };
  });
  return [
    ...published,
    openDefinition("tekton.dev", "v1beta1", "CustomRun"),
    openDefinition("tekton.dev", "v1alpha1", "VerificationPolicy"),
    openDefinition("resolution.tekton.dev", "v1beta1", "ResolutionRequest"),
  ];
}

function openDefinition(group: string, version: string, kind: string): Schema {
  const singular = kind.toLowerCase();
  const plural = singular.replace(/y$/, "ie") + "s";
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const versions = [{ name: version, served: true, storage: true, schema, subresources: { status: {} } }];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: { group, names: { kind, plural, singular, listKind: `${kind}List` }, scope: "Namespaced", versions },
  };
}

export async function create(api: KubeApi, path: string, object: Schema): Promise<void> {
  const { status, body } = await api.ask("POST", path, object);
  if (status !== 201) throw new Error(`${path}: ${status} ${body.message}`);
}
