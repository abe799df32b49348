import { afterEach, describe, expect, test } from "vitest";
import { toBase64Url } from "../../../core/bytes/base64.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { readTokenIssue } from "../../../core/pipelines/audit-event.ts";
import { readPod } from "../../../core/pipelines/pod.ts";
import type { UnixMs } from "../../../core/time.ts";
import { startApiServer, type ApiServer, type ApiServerOptions } from "./api-server.ts";

const NOW = 1_790_000_000_000 as UnixMs;
const open: ApiServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (server) => server.close()));
});

describe("the stand-in API server", () => {
  test("creates, replaces, reads and deletes, and owns uid, version and time", async () => {
    const call = await start();
    const path = "/api/v1/namespaces/payments/configmaps";
    const created = await call("POST", path, { metadata: { name: "a" }, data: { x: "1" } });
    expect(created).toMatchObject({
      status: 201,
      body: {
        kind: "ConfigMap",
        metadata: { namespace: "payments", resourceVersion: "1", creationTimestamp: "2026-09-21T14:13:20Z" },
      },
    });
    expect((await call("POST", path, { metadata: { name: "a" } })).status).toBe(409);
    const replaced = await call("PUT", `${path}/a`, { ...created.body, data: { x: "2" } });
    expect(replaced.body).toMatchObject({
      data: { x: "2" },
      metadata: { uid: created.body.metadata.uid, resourceVersion: "2" },
    });
    expect((await call("PUT", `${path}/a`, created.body)).status).toBe(409);
    expect((await call("GET", `${path}/a`)).body.data).toEqual({ x: "2" });
    expect((await call("DELETE", `${path}/a`)).status).toBe(200);
    expect((await call("GET", `${path}/a`)).status).toBe(404);
  });

  test("a status is written by itself", async () => {
    const call = await start();
    await call("POST", "/apis/tekton.dev/v1/namespaces/payments/taskruns", { metadata: { name: "a" }, spec: { x: 1 } });
    const patched = await call("PATCH", "/apis/tekton.dev/v1/namespaces/payments/taskruns/a/status", {
      status: { podName: "p" },
      spec: { x: 2 },
    });
    expect(patched.body).toMatchObject({ spec: { x: 1 }, status: { podName: "p" } });
  });

  test.each([
    ["POST", "/api/v1/namespaces/payments/configmaps", { metadata: { name: "Not A Name" } }, 422],
    ["POST", "/api/v1/namespaces/payments/configmaps", "text", 400],
    ["GET", "/apis/absent.example/v1/things", undefined, 404],
    ["GET", "/apis/apps/v1beta1/deployments", undefined, 404],
    ["PATCH", "/api/v1/namespaces/payments/configmaps/a", {}, 405],
    ["PUT", "/api/v1/namespaces/payments/configmaps/a", {}, 404],
  ])("%s %s answers with a status", async (method, path, body, status) => {
    const call = await start();
    expect(await call(method, path, body)).toMatchObject({ status, body: { kind: "Status", code: status } });
  });

  test("nobody in without a token, nobody writes with a reader's", async () => {
    const call = await start();
    expect((await call("GET", "/api/v1/pods", undefined, "")).status).toBe(401);
    const reader = open[0]?.readerToken;
    expect((await call("GET", "/api/v1/pods", undefined, reader)).status).toBe(200);
    expect((await call("POST", "/api/v1/namespaces/n/pods", { metadata: { name: "p" } }, reader)).status).toBe(403);
  });

  test("names its groups and resources", async () => {
    const call = await start();
    const groups = (await call("GET", "/apis")).body.groups.map(({ name }: { name: string }) => name);
    expect(groups).toEqual(["apps", "batch", "tekton.dev", "admissionregistration.k8s.io", "wgpolicyk8s.io"]);
    const resources = (await call("GET", "/apis/tekton.dev/v1")).body.resources.map(
      ({ name }: { name: string }) => name,
    );
    expect(resources).toEqual(["taskruns", "pipelineruns"]);
  });
});

describe("TokenRequest", () => {
  const token = "/api/v1/namespaces/payments/serviceaccounts/builder/token";

  test.each(["Metadata", "Request"] as const)(
    "issues a token of a pod and audits it at level %s",
    async (auditLevel) => {
      const audit: unknown[] = [];
      const call = await withPod({ onAudit: (event) => audit.push(event), auditLevel });
      const reply = await call("POST", token, ask());
      expect(reply).toMatchObject({
        status: 201,
        body: { kind: "TokenRequest", status: { expirationTimestamp: "2026-09-21T14:23:20Z" } },
      });
      const [issue] = audit.map((event) => readTokenIssue(event));
      expect(issue).toMatchObject({
        credentialId: "JTI=j-1",
        namespace: "payments",
        serviceAccount: "builder",
        requester: "system:admin",
      });
      expect(issue?.bound?.name).toBe(auditLevel === "Request" ? "p" : undefined);
    },
  );

  test.each([
    ["a life under ten minutes", ask({ expirationSeconds: 599 }), 422],
    ["no audience", ask({ audiences: [] }), 400],
    ["a pod that is not there", ask({ boundObjectRef: { kind: "Pod", name: "q" } }), 403],
    ["a pod with another uid", ask({ boundObjectRef: { kind: "Pod", name: "p", uid: "x" } }), 409],
    ["a pod of another account", ask({ boundObjectRef: { kind: "Pod", name: "foreign" } }), 403],
    ["a secret to bind to", ask({ boundObjectRef: { kind: "Secret", name: "s" } }), 422],
  ])("refuses %s", async (_, body, status) => {
    expect((await (await withPod({}))("POST", token, body)).status).toBe(status);
  });

  test("an account that is not there has no tokens", async () => {
    const call = await withPod({});
    expect((await call("POST", "/api/v1/namespaces/payments/serviceaccounts/nobody/token", ask())).status).toBe(404);
  });
});

// oxlint-disable-next-line typescript/no-explicit-any -- a test looks into the answer wherever it likes
type Call = (method: string, path: string, body?: unknown, token?: string) => Promise<{ status: number; body: any }>;

async function start(options: Partial<ApiServerOptions> = {}): Promise<Call> {
  const server = await startApiServer({ now: () => NOW, ...options });
  open.push(server);
  return async (method, path, body, token = server.adminToken) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
}

function ask(change: object = {}): object {
  return {
    spec: { audiences: ["sigstore"], expirationSeconds: 600, boundObjectRef: { kind: "Pod", name: "p" }, ...change },
  };
}

function issueToken(): string {
  return `h.${toBase64Url(toUtf8('{"jti":"j-1"}'))}.s`;
}

async function withPod(options: Partial<ApiServerOptions>): Promise<Call> {
  const call = await start({ issueToken, ...options });
  const namespaced = "/api/v1/namespaces/payments";
  await call("POST", `${namespaced}/serviceaccounts`, { metadata: { name: "builder" } });
  const pod = await call("POST", `${namespaced}/pods`, {
    metadata: { name: "p" },
    spec: { serviceAccountName: "builder", nodeName: "worker-1" },
  });
  expect(readPod(pod.body).serviceAccount).toBe("builder");
  await call("POST", `${namespaced}/pods`, {
    metadata: { name: "foreign" },
    spec: { serviceAccountName: "default" },
  });
  return call;
}
