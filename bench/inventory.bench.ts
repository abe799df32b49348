import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../src/adapters/sqlite/database.ts";
import { sqliteClusterStore } from "../src/adapters/sqlite/cluster-store.ts";
import { sqliteSignatureStore } from "../src/adapters/sqlite/signature-store.ts";
import { digestRefOf, type DigestRef } from "../src/core/digest.ts";
import type { UnixMs } from "../src/core/time.ts";
import type { StoredObject } from "../src/ports/cluster-store.ts";
import type { Bench, BenchRow } from "./bench.ts";
import budgets from "./budgets.json" with { type: "json" };
import type { InventoryRun } from "./inventory-run.ts";

const PODS = 100_000;
const CONTAINERS_PER_POD = 2;
const PODS_PER_OWNER = 20;
const IMAGES = 5_000;
const BATCH = 5_000;
const SECONDS_MAX = 30;
const MIB_MAX = 1_000;
const NOW = 1_764_000_000_000 as UnixMs;
/** As the server is started. */
const NODE_FLAGS = ["--max-semi-space-size=16", "--disable-warning=ExperimentalWarning"];

/**
 * An estate of 200,000 containers read from its store and joined to images and owners, in a process of its own, as each
 * refresh of the inventory does. Objects are of the size that pods of Deployments have.
 */
export const inventoryBench: Bench = {
  name: "inventory",
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), "inventory-"));
    try {
      const path = join(folder, "store.db");
      await fill(path);
      return rowsOf(refresh(path));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function refresh(path: string): InventoryRun {
  const program = join(import.meta.dirname, "inventory-run.ts");
  const { stdout, stderr, status } = spawnSync(process.execPath, [...NODE_FLAGS, program, path], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as InventoryRun;
}

function rowsOf({ containers, cpuSeconds, rssMiB }: InventoryRun): readonly BenchRow[] {
  const base = { floor: null, peer: null, peerName: null };
  const isWhole = containers === PODS * CONTAINERS_PER_POD;
  return [
    {
      ...base,
      case: "200,000 containers refreshed",
      unit: "s of CPU",
      ours: cpuSeconds,
      goal: budgets.inventory.refresh,
      met: isWhole && cpuSeconds < SECONDS_MAX,
    },
    {
      ...base,
      case: "200,000 containers, highest memory",
      unit: "MiB RSS",
      ours: rssMiB,
      goal: budgets.inventory.memory,
      met: isWhole && rssMiB < MIB_MAX,
    },
  ];
}

async function fill(path: string): Promise<void> {
  const database = openDatabase(path);
  const clusters = sqliteClusterStore(database);
  const commit = async (resource: string, upserts: readonly StoredObject[]): Promise<void> =>
    clusters.commit({ cluster: "prod-eu", resource, resourceVersion: "1", upserts });
  await commit(
    "apps/replicasets",
    Array.from({ length: PODS / PODS_PER_OWNER }, (_, i) => replicaSet(i)),
  );
  for (let i = 0; i < PODS; i += BATCH) {
    // oxlint-disable-next-line no-await-in-loop -- one transaction after the other
    await commit(
      "pods",
      Array.from({ length: BATCH }, (_, j) => pod(i + j)),
    );
  }
  const imageSets = Array.from({ length: IMAGES }, (_, i) => ({
    repository: repositoryOf(i),
    subject: digestOf(i),
    isIndex: false,
    children: [{ manifest: digestOf(i), platform: "", config: digestOf(i + IMAGES) }],
  }));
  await sqliteSignatureStore(database).saveImageSets(imageSets);
  database.close();
}

function stored(resource: string, object: StoredObject["object"], name: string, namespace: string): StoredObject {
  return {
    cluster: "prod-eu",
    resource,
    uid: `${resource}-${name}`,
    namespace,
    name,
    object,
    firstSeen: NOW,
    lastSeen: NOW,
  };
}

function replicaSet(i: number): StoredObject {
  const [name, namespace] = [`app-${i}`, `team-${i % 200}`];
  const metadata = {
    uid: `rs-${i}`,
    name,
    namespace,
    ownerReferences: [{ kind: "Deployment", name, uid: `d-${i}`, controller: true }],
  };
  return stored("apps/replicasets", { apiVersion: "apps/v1", kind: "ReplicaSet", metadata, spec: {} }, name, namespace);
}

function pod(i: number): StoredObject {
  const owner = Math.floor(i / PODS_PER_OWNER);
  const [name, namespace] = [`app-${owner}-${i}`, `team-${owner % 200}`];
  const ownerReferences = [
    {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: `app-${owner}`,
      uid: `rs-${owner}`,
      controller: true,
      blockOwnerDeletion: true,
    },
  ];
  const labels = { app: `app-${owner}`, "pod-template-hash": "7d9f6c5b4", "app.kubernetes.io/name": `app-${owner}` };
  const images = Array.from({ length: CONTAINERS_PER_POD }, (_, k) => (owner * CONTAINERS_PER_POD + k) % IMAGES);
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      uid: `pod-${i}`,
      name,
      namespace,
      labels,
      ownerReferences,
      creationTimestamp: "2026-11-20T08:00:00Z",
      resourceVersion: String(i),
    },
    spec: {
      serviceAccountName: "default",
      nodeName: `worker-${i % 500}`,
      containers: images.map((image, k) => ({ ...CONTAINER, name: `c${k}`, image: `${repositoryOf(image)}:v1` })),
      volumes: [
        {
          name: "kube-api-access",
          projected: {
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
              { configMap: { name: "kube-root-ca.crt" } },
            ],
          },
        },
      ],
    },
    status: {
      phase: "Running",
      startTime: "2026-11-20T08:00:00Z",
      conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
        type,
        status: "True",
        lastTransitionTime: "2026-11-20T08:00:01Z",
      })),
      containerStatuses: images.map((image, k) => ({
        name: `c${k}`,
        image: `${repositoryOf(image)}:v1`,
        imageID: `${repositoryOf(image)}@${digestOf(image)}`,
        containerID: `cri-o://${String(i).padStart(64, "0")}`,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: "2026-11-20T08:00:02Z" } },
      })),
    },
  };
  return stored("pods", object, name, namespace);
}

/** What a container of the field has beside its image. */
const CONTAINER = {
  imagePullPolicy: "IfNotPresent",
  env: Array.from({ length: 8 }, (_, i) => ({ name: `SETTING_${i}`, value: `value-of-setting-${i}` })),
  ports: [{ containerPort: 8080, protocol: "TCP" }],
  resources: { limits: { cpu: "1", memory: "512Mi" }, requests: { cpu: "100m", memory: "256Mi" } },
  livenessProbe: { httpGet: { path: "/healthz", port: 8080, scheme: "HTTP" }, periodSeconds: 10, failureThreshold: 3 },
  readinessProbe: { httpGet: { path: "/ready", port: 8080, scheme: "HTTP" }, periodSeconds: 5, failureThreshold: 3 },
  volumeMounts: [
    { name: "kube-api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
  ],
  securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ["ALL"] } },
};

function repositoryOf(image: number): string {
  return `registry.example/team-${image % 200}/app-${image}`;
}

function digestOf(image: number): DigestRef {
  return digestRefOf(Uint8Array.of(image >> 16, image >> 8, image % 256));
}
