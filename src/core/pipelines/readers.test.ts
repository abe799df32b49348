import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { imageFieldsOf } from "../image/image-fields.ts";
import { parseRfc3339 } from "../time.ts";
import { readTokenIssue } from "./audit-event.ts";
import { readPipelineRun } from "./pipeline-run.ts";
import { podEndOf, readPod } from "./pod.ts";
import { readTaskRun } from "./task-run.ts";
import { readWorkload } from "./workload.ts";

const A = "a".repeat(64);

const signingRun = {
  apiVersion: "tekton.dev/v1",
  kind: "TaskRun",
  metadata: {
    name: "api-1-sign",
    namespace: "payments",
    uid: "run-1",
    ownerReferences: [{ kind: "PipelineRun", name: "api-1", uid: "pipeline-1", controller: true }],
  },
  spec: {
    serviceAccountName: "signer",
    params: [{ name: "image", value: "registry.example/api" }],
    taskRef: { name: "sign" },
  },
  status: {
    startTime: "2026-11-23T03:06:38Z",
    completionTime: "2026-11-23T03:06:58Z",
    podName: "api-1-sign-pod-retry1",
    retriesStatus: [{ podName: "api-1-sign-pod" }],
    conditions: [{ type: "Succeeded", status: "True" }],
    results: [
      { name: "IMAGE_DIGEST", type: "string", value: `sha256:${A}\n` },
      { name: "BUNDLE_DIGESTS", type: "string", value: `["sha256:${A}"]` },
      {
        name: "LOG_ENTRIES",
        type: "string",
        value: `[{"log":"l","index":7,"leaf":"${A}"},{"log":"l","index":3,"leaf":"${A}","reused":true}]`,
      },
      { name: "CERT", type: "string", value: `{"serial":"5F","sha256":"${A}"}` },
      { name: "CREDENTIAL_ID", type: "string", value: "JTI=1" },
    ],
  },
};

describe("readTaskRun", () => {
  test("reads identity, times, pods and receipt", () => {
    expect(readTaskRun(signingRun)).toMatchObject({
      serviceAccount: "signer",
      pipelineRun: { name: "api-1", uid: "pipeline-1" },
      succeeded: "true",
      startedAt: parseRfc3339("2026-11-23T03:06:38Z"),
      podNames: ["api-1-sign-pod-retry1", "api-1-sign-pod"],
      artifacts: [`sha256:${A}`],
      references: [{ repository: "registry.example/api", digest: `sha256:${A}` }],
      receipt: {
        bundleDigests: [`sha256:${A}`],
        entries: [{ log: "l", index: 7, reused: false }, { reused: true }],
        certificate: { serialHex: "5f" },
        credentialId: "JTI=1",
      },
      notes: [],
    });
  });

  test("reads the results of v1beta1, and type hints of builds", () => {
    const run = readTaskRun({
      metadata: { name: "b", uid: "u" },
      status: {
        taskResults: [
          { name: "IMAGES", value: `registry.example/a@sha256:${A},registry.example/b@sha256:${"b".repeat(64)}` },
          { name: "x-ARTIFACT_OUTPUTS", value: { uri: "registry.example/c", digest: `sha256:${"c".repeat(64)}` } },
        ],
      },
    });
    expect(run.references.map((reference) => reference.repository)).toEqual([
      "registry.example/a",
      "registry.example/b",
      "registry.example/c",
    ]);
    expect(run.artifacts).toHaveLength(3);
    expect(run.receipt).toBeUndefined();
  });

  test.each([
    ["a time that is none", { startTime: "yesterday" }, "status.startTime", "not-a-time"],
    ["results that are no list", { results: "x" }, "status.results", "not-a-list"],
    [
      "entries that are no JSON",
      { results: [{ name: "LOG_ENTRIES", value: "[" }] },
      "status.results[LOG_ENTRIES]",
      "not-json",
    ],
    ["a certificate without serial", { results: [{ name: "CERT", value: "{}" }] }, "status.results[CERT]", "malformed"],
  ])("keeps a run with %s, and notes it", (_, status, path, problem) => {
    const run = readTaskRun({ ...signingRun, status });
    expect(run.meta.uid).toBe("run-1");
    expect(run.notes).toContainEqual({ path, problem });
  });

  test("takes no property from a prototype", () => {
    expect(
      readTaskRun(JSON.parse('{"metadata":{"name":"x","uid":"u","annotations":{"__proto__":"y"}}}')).meta.annotations,
    ).toEqual(JSON.parse('{"__proto__":"y"}'));
    expect(imageFieldsOf({ kind: "constructor", spec: {} })).toEqual([]);
  });
});

describe("readPipelineRun", () => {
  test("reads the account of both versions and its children", () => {
    const v1 = readPipelineRun({
      spec: { taskRunTemplate: { serviceAccountName: "builder" } },
      status: { childReferences: [{ name: "a" }] },
    });
    const v1beta1 = readPipelineRun({ spec: { serviceAccountName: "builder" }, status: { taskRuns: { a: {} } } });
    expect([v1.serviceAccount, v1beta1.serviceAccount]).toEqual(["builder", "builder"]);
    expect([v1.children, v1beta1.children]).toEqual([["a"], ["a"]]);
  });
});

describe("readPod", () => {
  const pod = {
    metadata: { name: "p", namespace: "n", uid: "u" },
    spec: {
      serviceAccountName: "signer",
      nodeName: "worker-1",
      initContainers: [{ name: "init", image: "registry.example/init:1" }],
      containers: [{ name: "api", image: "registry.example/api:1" }],
      volumes: [
        {
          name: "token",
          projected: { sources: [{ serviceAccountToken: { audience: "sigstore" } }, { configMap: {} }] },
        },
        { name: "model", image: { reference: "registry.example/model:7" } },
      ],
    },
    status: {
      phase: "Running",
      containerStatuses: [
        {
          name: "api",
          image: "registry.example/api:1",
          imageID: `sha256:${A}`,
          restartCount: 2,
          state: { running: { startedAt: "2026-11-23T03:00:00Z" } },
        },
      ],
      initContainerStatuses: [
        {
          name: "init",
          imageID: "",
          state: { terminated: { startedAt: "2026-11-23T02:00:00Z", finishedAt: "2026-11-23T02:01:00Z" } },
        },
      ],
    },
  };

  test("reads every container, image volumes included, and audiences", () => {
    const read = readPod(pod);
    expect(read.containers.map(({ kind, name, imageId, restarts }) => [kind, name, imageId, restarts])).toEqual([
      ["init", "init", "", 0],
      ["container", "api", `sha256:${A}`, 2],
      ["image-volume", "model", "", 0],
    ]);
    expect(read.audiences).toEqual(["sigstore"]);
    expect(podEndOf(read)).toBeUndefined();
  });

  test("a pod has ended when its last container has", () => {
    const ended = { state: { terminated: { finishedAt: "2026-11-23T04:00:00Z" } } };
    const statuses = {
      containerStatuses: [{ name: "api", ...ended }],
      initContainerStatuses: pod.status.initContainerStatuses,
    };
    expect(podEndOf(readPod({ ...pod, status: statuses }))).toBe(parseRfc3339("2026-11-23T04:00:00Z"));
  });
});

describe("readTokenIssue", () => {
  const event = {
    verb: "create",
    stage: "ResponseComplete",
    auditID: "x",
    user: { username: "system:node:worker-1" },
    objectRef: { resource: "serviceaccounts", subresource: "token", namespace: "n", name: "signer" },
    requestObject: {
      spec: { audiences: ["sigstore"], expirationSeconds: 600, boundObjectRef: { kind: "Pod", name: "p", uid: "u" } },
    },
    responseStatus: { code: 201 },
    requestReceivedTimestamp: "2026-11-23T03:06:40.001000Z",
    annotations: { "authentication.kubernetes.io/issued-credential-id": "JTI=1" },
  };

  test("reads what both levels say", () => {
    expect(readTokenIssue(event)).toMatchObject({
      credentialId: "JTI=1",
      bound: { uid: "u" },
      audiences: ["sigstore"],
    });
    const { requestObject: _, ...metadata } = event;
    expect(readTokenIssue(metadata)).not.toHaveProperty("audiences");
  });

  test.each([
    ["another verb", { verb: "get" }],
    ["another resource", { objectRef: { resource: "pods", subresource: "token" } }],
    ["a refused request", { responseStatus: { code: 403 } }],
    ["a request without time", { requestReceivedTimestamp: "x" }],
  ])("is no token with %s", (_, change) => {
    expect(readTokenIssue({ ...event, ...change })).toBeUndefined();
  });
});

test("no reader throws on any JSON", () => {
  const nasty = fc.oneof(fc.jsonValue(), fc.jsonValue().map(mutateInto));
  const readers = [readTaskRun, readPipelineRun, readPod, readWorkload, readTokenIssue, imageFieldsOf];
  const readAll = fc.property(nasty, (value) => readers.every((read) => read(value) !== null));
  expect(fc.check(readAll)).toMatchObject({ failed: false });
});

/** Puts any JSON where a field of a run would be. */
function mutateInto(value: unknown): unknown {
  return {
    kind: "Pod",
    metadata: value,
    spec: { containers: [value], volumes: value, params: [value] },
    status: { results: [value, { name: "LOG_ENTRIES", value }], steps: value },
  };
}
