import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { undiciHttpClient, type ClosableHttpClient } from "../../src/adapters/http/client.ts";
import { kubernetesCluster } from "../../src/adapters/kubernetes/cluster.ts";
import { kubernetesIssuer } from "../../src/adapters/kubernetes/issuer.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { virtualClusterStore } from "../../src/adapters/virtual/cluster-store.ts";
import { watchResource } from "../../src/capabilities/correlate/watch-cluster.ts";
import { chainsConfigIn, WATCHED_RESOURCES } from "../../src/capabilities/correlate/watched-resource.ts";
import { secret, type Secret } from "../../src/core/secret.ts";
import { clusterIssuerContract, type IssuerWorld } from "../../src/ports/cluster-issuer.contract.ts";
import { documentedObjects } from "../setup/documented-objects.ts";
import { KUBE_ISSUER, startKubeApi, type KubeApi } from "./kube-api.ts";

const never = new AbortController().signal;
let folder: string;
let api: KubeApi;
let http: ClosableHttpClient;

/** What an account of Kubernetes' own API server may do, with exactly the roles that the documents tell to give it. */
describe.skipIf(startKubeApi === undefined)("under kube-apiserver with RBAC", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "countersign-kube-"));
    if (!startKubeApi) throw new Error("skipped");
    api = await startKubeApi(folder);
    http = undiciHttpClient({ ca: [api.ca] });
    for (const name of ["countersign", "ci", "openshift-pipelines"])
      await create("/api/v1/namespaces", { metadata: { name } }); // oxlint-disable-line no-await-in-loop -- three
    await Promise.all(["taskruns", "pipelineruns"].map(installKind));
    await Promise.all(
      ["countersign-server", "countersign-doctor", "doctor-runner"].map((name) => account("countersign", name)),
    );
    await Promise.all(["signer", "idle"].map((name) => account("ci", name)));
    await create("/api/v1/namespaces/ci/pods", podOf("sign-pod", "signer"));
    await create("/api/v1/namespaces/countersign/pods", podOf("doctor", "countersign-doctor"));
    await Promise.all(
      [...documentedObjects("watch-a-cluster.md"), ...documentedObjects("check-the-issuer.md")].map(applyRbac),
    );
    await create("/apis/rbac.authorization.k8s.io/v1/namespaces/countersign/rolebindings", {
      metadata: { name: "doctor" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "countersign-doctor" },
      subjects: [{ kind: "ServiceAccount", namespace: "countersign", name: "doctor-runner" }],
    });
  });
  afterAll(async () => {
    await http.close();
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  clusterIssuerContract("kubernetes over kube-apiserver", async (): Promise<IssuerWorld> => {
    const { body } = await api.ask("GET", "/api/v1/namespaces/ci/pods/sign-pod");
    const { uid } = body["metadata"] as { readonly uid: string };
    const issuer = kubernetesIssuer(sessionOf(secret(api.adminToken)));
    return { issuer, pod: { name: "sign-pod", uid }, name: KUBE_ISSUER, apiAudience: KUBE_ISSUER };
  });

  test("the reader reads the configuration of Chains, and no other", async () => {
    await create("/api/v1/namespaces/openshift-pipelines/configmaps", {
      metadata: { name: "chains-config" },
      data: { a: "b" },
    });
    await create("/api/v1/namespaces/openshift-pipelines/configmaps", { metadata: { name: "another" } });
    const session = sessionOf(await tokenOf("countersign-server"));
    const list = await kubernetesCluster(session).list(chainsConfigIn("openshift-pipelines"), never);
    expect(list?.items).toMatchObject([{ kind: "ConfigMap", metadata: { name: "chains-config" }, data: { a: "b" } }]);
    const path = "/api/v1/namespaces/openshift-pipelines/configmaps";
    expect(await statusOf("countersign-server", "GET", path)).toBe(403);
    expect(await statusOf("countersign-server", "GET", `${path}/another`)).toBe(403);
  });

  test("the reader lists and watches all that is watched", async () => {
    const store = virtualClusterStore();
    const session = sessionOf(await tokenOf("countersign-server"));
    const ports = { cluster: kubernetesCluster(session), store, clock: systemClock, random: systemRandom };
    const watch = watchResource(ports);
    const listed = await Promise.all(WATCHED_RESOURCES.map((resource) => watch(resource, never)));
    expect(listed.filter(({ outcome }) => outcome !== "listed")).toEqual([]);
    expect((await store.objects({ resource: "pods" })).map(({ name }) => name).toSorted()).toEqual([
      "doctor",
      "sign-pod",
    ]);
    // A watch that is refused fails at once; one that is allowed waits until it is told to stop.
    const stop = new AbortController();
    const watching = WATCHED_RESOURCES.map((resource) =>
      watch(resource, stop.signal).then(
        ({ outcome }) => outcome,
        () => "stopped",
      ),
    );
    const refused = await Promise.race([Promise.all(watching), systemClock.sleep(1000, never).then(() => [])]);
    stop.abort();
    expect([refused, new Set(await Promise.all(watching))]).toEqual([[], new Set(["stopped"])]);
  });

  test.each([
    ["GET", "/api/v1/secrets"],
    ["GET", "/api/v1/configmaps"],
    ["GET", "/api/v1/namespaces/ci/pods/sign-pod/log"],
    ["GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles"],
    ["POST", "/api/v1/namespaces/ci/pods"],
    ["POST", "/api/v1/namespaces/ci/pods/sign-pod/exec"],
    ["POST", "/api/v1/namespaces/ci/serviceaccounts/signer/token"],
    ["DELETE", "/api/v1/namespaces/ci/pods/sign-pod"],
    ["DELETE", "/apis/tekton.dev/v1/namespaces/ci/taskruns/x"],
  ])("the reader may not %s %s", async (method, path) => {
    expect(await statusOf("countersign-server", method, path)).toBe(403);
  });

  test("the doctor gets tokens of the one account, and of no other", async () => {
    const issuer = kubernetesIssuer(sessionOf(await tokenOf("doctor-runner")));
    const own = { namespace: "countersign", serviceAccount: "countersign-doctor" };
    const pod = await issuer.podOf(own, never);
    expect(pod).toMatchObject({ name: "doctor" });
    const asked = { audience: "sigstore", expirationSeconds: 600 };
    const token = await issuer.requestToken({ ...own, ...asked, ...(pod && { pod }) }, never);
    expect(await issuer.takes(token, never)).toBe(false);
    await expect(issuer.discovery(never)).resolves.toMatchObject({ issuer: KUBE_ISSUER });
    await Promise.all(
      [
        { namespace: "ci", serviceAccount: "signer" },
        { ...own, serviceAccount: "countersign-server" },
      ].map((other) =>
        expect(issuer.requestToken({ ...other, ...asked }, never)).rejects.toMatchObject({ id: "cluster.forbidden" }),
      ),
    );
    expect(await statusOf("doctor-runner", "GET", "/api/v1/secrets")).toBe(403);
  });
});

async function create(path: string, object: object): Promise<void> {
  const { status, body } = await api.ask("POST", path, object);
  if (status !== 201) throw new Error(`${path}: ${JSON.stringify(body)}`);
}

async function account(namespace: string, name: string): Promise<void> {
  await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
}

async function applyRbac(object: ReturnType<typeof documentedObjects>[number]): Promise<void> {
  const { namespace } = object.metadata;
  const within = namespace === undefined ? "" : `namespaces/${namespace}/`;
  await create(`/apis/rbac.authorization.k8s.io/v1/${within}${object.kind.toLowerCase()}s`, object);
}

/** A kind as Tekton's, without its schema: what is asked here is who may read it. */
async function installKind(plural: string): Promise<void> {
  const kind = plural === "taskruns" ? "TaskRun" : "PipelineRun";
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  await create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    metadata: { name: `${plural}.tekton.dev` },
    spec: {
      group: "tekton.dev",
      scope: "Namespaced",
      names: { plural, kind, singular: kind.toLowerCase() },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  });
  const served = async (): Promise<void> => {
    const { status } = await api.ask("GET", `/apis/tekton.dev/v1/${plural}`);
    if (status !== 200) throw new Error(`${plural}: ${status}`);
  };
  await vi.waitFor(served, { timeout: 20_000, interval: 100 });
}

function podOf(name: string, serviceAccountName: string): object {
  return {
    metadata: { name },
    spec: { serviceAccountName, containers: [{ name: "sign", image: "registry.example/sign" }] },
  };
}

/** A token of an account for the API, as its pod would have it. */
async function tokenOf(name: string): Promise<Secret<string>> {
  const admin = kubernetesIssuer(sessionOf(secret(api.adminToken)));
  const asked = { namespace: "countersign", serviceAccount: name, audience: KUBE_ISSUER, expirationSeconds: 3600 };
  return admin.requestToken(asked, never);
}

async function statusOf(name: string, method: string, path: string): Promise<number> {
  const token = await tokenOf(name);
  const headers = { authorization: token.use((text) => `Bearer ${text}`), "content-type": "application/json" };
  const request = {
    method: method as "GET",
    url: `${api.server}${path}`,
    headers,
    bytesMax: 1_000_000,
    timeoutMs: 10_000,
  };
  return (await http.send({ ...request, ...(method === "POST" && { body: new TextEncoder().encode("{}") }) }, never))
    .status;
}

function sessionOf(token: Secret<string>) {
  return {
    name: "kube",
    server: api.server,
    http,
    clock: systemClock,
    random: systemRandom,
    token: { read: async () => token },
  };
}
