import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Pool } from "undici";
import { parseAllDocuments } from "yaml";
import { patternEngine } from "../../src/app/wiring/policy-set.ts";
import { toDomainMaterial } from "../../src/core/policy/exports/domain-material.ts";
import { isLooser } from "../../src/core/policy/exports/engine.ts";
import { policyControllerExport } from "../../src/core/policy/exports/policy-controller/export.ts";
import { textAt } from "../../src/core/policy/imports/members.ts";
import type { TrustPolicySet } from "../../src/core/policy/trust-policy.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { bug } from "../../src/core/bug.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { startKubeApi, type KubeApi } from "./kube-api.ts";
import { peer } from "./peer-world.ts";
import { freePorts } from "./server-process.ts";
import { policyText, type WebhookWorld } from "../setup/webhook-world.ts";
import { waitUntil } from "../setup/wait-until.ts";

export const POLICY_CONTROLLER = "policy-controller v0.13.1";
const PROGRAM = peer("policy-controller-v0.13.1");
const DEFINITIONS = peer("policy-controller-v0.13.1-config");

/** policy-controller's webhook as it runs in a cluster: beside an API server, from which it has its policies. */
export type PeerWebhook = {
  readonly pool: Pool;
  readonly path: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

const SYSTEM = "cosign-system";
/** It takes a flag for another one, and does not heed it. */
const PORT = 8443;
const CONFIG_MAPS = [
  "config-image-policies",
  "config-leader-election",
  "config-logging",
  "config-observability",
  "config-policy-controller",
  "config-sigstore-keys",
];
const READY = { timeoutMs: 60_000, everyMs: 200 };

/** A policy that asks for what policy-controller reads: cosign's older layout, with a promise of a log that states times. */
export function olderPolicy({ sigstore }: WebhookWorld): string {
  const older =
    "formats: [legacy]\n        log: {proof: promise, reason: the older layout}\n        time: {sources: [log]}";
  return policyText(sigstore).replace("sigstore:\n", `sigstore:\n        ${older}\n`);
}

type PeerSetup = {
  readonly folder: string;
  readonly policy: TrustPolicySet;
  readonly domain: string;
  readonly trustedRoot: string;
  readonly connections: number;
};

/** Starts it with our export of a policy; `undefined` where it, Kubernetes' API server or etcd is not here. */
export async function startPolicyController(setup: PeerSetup): Promise<PeerWebhook | undefined> {
  if (PROGRAM === undefined || DEFINITIONS === undefined || !existsSync(DEFINITIONS)) return undefined;
  const api = await startKubeApi?.(setup.folder);
  if (!api) return undefined;
  try {
    await prepare(api, setup);
    const child = await startProcess(api, setup.folder);
    try {
      await readiness(api, child);
      // Its certificate has the name of the authority that signed it, which OpenSSL takes for one that signed itself.
      const connect = { rejectUnauthorized: false };
      const pool = new Pool(`https://127.0.0.1:${PORT}`, { connections: setup.connections, connect });
      await waitUntil(async () => {
        await (await pool.request({ path: "/", method: "GET" })).body.dump();
      }, READY);
      const stop = async (): Promise<void> => {
        await pool.destroy();
        await kill(child);
        await api.close();
      };
      return { pool, path: "/validations?timeout=10s", pid: child.pid ?? 0, stop };
    } catch (error) {
      await kill(child);
      throw error;
    }
  } catch (error) {
    await api.close();
    throw error;
  }
}

/** The objects that its installation makes, and our export. Its own webhooks over these objects are not installed. */
async function prepare(api: KubeApi, { policy, domain, trustedRoot }: PeerSetup): Promise<void> {
  const namespaces = "/api/v1/namespaces";
  for (const name of [SYSTEM, "payments"]) await make(api, namespaces, { kind: "Namespace", metadata: { name } }); // oxlint-disable-line no-await-in-loop -- in order
  const account = { kind: "ServiceAccount", metadata: { name: "default" } };
  await make(api, `${namespaces}/payments/serviceaccounts`, account);
  await make(api, `${namespaces}/${SYSTEM}/secrets`, { kind: "Secret", metadata: { name: "webhook-certs" } });
  for (const name of CONFIG_MAPS) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    await make(api, `${namespaces}/${SYSTEM}/configmaps`, { kind: "ConfigMap", metadata: { name } });
  }
  for (const file of ["300-clusterimagepolicy.yaml", "300-trustroot.yaml"]) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    await define(api, await readFile(join(DEFINITIONS ?? "", file), "utf8"));
  }
  const root = readTrustedRoot(toUtf8(trustedRoot));
  if (!root.ok) throw new Error(root.detail);
  const domains = { [domain]: toDomainMaterial(root.value, { isPublic: false, logs: [] }) };
  const context = { domains, repositories: [], patterns: patternEngine };
  const { losses } = policyControllerExport.export(policy, new Set(), context);
  const accepted = new Set(losses.filter((loss) => isLooser(loss)).map(({ id }) => id));
  const { documents, refused } = policyControllerExport.export(policy, accepted, context);
  if (refused.length > 0) bug(`not exported: ${refused.join(", ")}`);
  for (const { value } of documents) {
    const version = textAt(value, "apiVersion") ?? bug("an object without apiVersion");
    const plural = value["kind"] === "TrustRoot" ? "trustroots" : "clusterimagepolicies";
    // oxlint-disable-next-line no-await-in-loop -- the API learns of a definition by and by
    await waitUntil(() => make(api, `/apis/${version}/${plural}?fieldValidation=Strict`, value), READY);
  }
}

async function make(api: KubeApi, path: string, object: object): Promise<void> {
  const { status, body } = await api.ask("POST", path, { apiVersion: "v1", ...object });
  if (status !== 201 && status !== 409) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
}

/** Both versions have the same members; the one that converts them is not asked, since nobody can reach it here. */
async function define(api: KubeApi, text: string): Promise<void> {
  for (const document of parseAllDocuments(text)) {
    const definition = document.toJS() as { readonly spec?: object } | null;
    if (!definition?.spec) continue;
    const spec = { ...definition.spec, conversion: { strategy: "None" } };
    // oxlint-disable-next-line no-await-in-loop -- in order
    await make(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { ...definition, spec });
  }
}

async function startProcess(api: KubeApi, folder: string): Promise<ChildProcess> {
  const home = join(folder, "policy-controller");
  await mkdir(home, { recursive: true });
  const kubeconfig = join(home, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigOf(api));
  const [metrics = 0] = await freePorts(1);
  const env = {
    HOME: home,
    KUBECONFIG: kubeconfig,
    SYSTEM_NAMESPACE: SYSTEM,
    CONFIG_LOGGING_NAME: "config-logging",
    METRICS_DOMAIN: "sigstore.dev/policy",
    METRICS_PROMETHEUS_PORT: String(metrics),
    WEBHOOK_NAME: "webhook",
    KUBERNETES_MIN_VERSION: "1.21.0",
  };
  return spawn(PROGRAM ?? "", ["-disable-tuf"], { cwd: home, env, stdio: "ignore" });
}

function kubeconfigOf({ server, ca, adminToken }: KubeApi): string {
  const cluster = { server, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "peer", cluster }],
    users: [{ name: "admin", user: { token: adminToken } }],
    contexts: [{ name: "peer", context: { cluster: "peer", user: "admin" } }],
    "current-context": "peer",
  });
}

/** It has read the policy and the trust root. */
async function readiness(api: KubeApi, child: ChildProcess): Promise<void> {
  await waitUntil(async () => {
    if (child.exitCode !== null) bug(`policy-controller ended with ${child.exitCode}`);
    const at = `/api/v1/namespaces/${SYSTEM}`;
    const data = async (path: string): Promise<Readonly<Record<string, string>>> =>
      ((await api.ask("GET", `${at}/${path}`)).body["data"] ?? {}) as Readonly<Record<string, string>>;
    for (const name of ["config-image-policies", "config-sigstore-keys"]) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      if (Object.keys(await data(`configmaps/${name}`)).length === 0) throw new Error(`${name} is still empty`);
    }
  }, READY);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise<void>((done) => void child.once("exit", () => done()));
  child.kill("SIGKILL");
  await ended;
}
