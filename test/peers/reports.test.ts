import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { kubernetesOperator } from "../../src/adapters/kubernetes/operator.ts";
import { kubernetesWriter } from "../../src/adapters/kubernetes/writer.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { publishReports } from "../../src/capabilities/admit/publish-reports.ts";
import { REPORT_KINDS } from "../../src/core/admission/policy-report.ts";
import type { ReverifiedImage } from "../../src/core/admission/reverified.ts";
import { secret } from "../../src/core/secret.ts";
import type { ClusterOperator } from "../../src/ports/cluster-operator.ts";
import { clusterOperatorContract } from "../../src/ports/cluster-operator.contract.ts";
import type { ClusterWriter } from "../../src/ports/cluster-writer.ts";
import { clusterWriterContract } from "../../src/ports/cluster-writer.contract.ts";
import type { HttpClient } from "../../src/ports/http-client.ts";
import { AT, DIGEST } from "../setup/admit-world.ts";
import { startKubeApi, type KubeApi } from "./kube-api.ts";

const never = new AbortController().signal;

/** Reports and events over Kubernetes' own API server, which validates what it stores. */
describe.skipIf(startKubeApi === undefined)("kube-apiserver v1.37.2", () => {
  let api: KubeApi;
  let folder: string;
  let http: HttpClient & { readonly close: () => Promise<void> };
  let writer: ClusterWriter;
  let operator: ClusterOperator;

  const isServed = async (): Promise<void> => {
    if (!(await writer.labelled(REPORT_KINDS["openreports.io"], {}, never))) throw new Error("not yet");
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "countersign-reports-"));
    if (!startKubeApi) return;
    api = await startKubeApi(folder);
    http = undiciHttpClient({ ca: [api.ca] });
    const token = { read: async () => secret(api.adminToken) };
    const session = { name: "kube", server: api.server, http, clock: systemClock, random: systemRandom, token };
    writer = kubernetesWriter(session);
    operator = kubernetesOperator(session);
    await api.ask("POST", "/api/v1/namespaces", named("v1", "Namespace", "payments"));
    const { status, body } = await api.ask("POST", CRDS, DEFINITION);
    if (status !== 201) throw new Error(JSON.stringify(body));
    // A resource is served a moment after it is defined.
    await vi.waitFor(isServed, { timeout: 30_000, interval: 100 });
  });
  afterAll(async () => {
    await http.close();
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  clusterWriterContract("kube-apiserver", async () => {
    await api.ask("DELETE", "/api/v1/namespaces/payments/configmaps");
    return writer;
  });

  clusterOperatorContract("kube-apiserver", async () => ({ operator, writer, user: "admin" }));

  test("takes reports and events as they are rendered, and gives them back", async () => {
    const publish = publishReports({ writer, clock: systemClock });
    const published = await publish.namespace("payments", [JUDGED], never);
    expect(published).toEqual({ kind: "openreports.io", written: 1, removed: 0, events: 1, failed: [] });
    const stored = await api.ask(
      "GET",
      "/apis/openreports.io/v1alpha1/namespaces/payments/reports/countersign-running-images",
    );
    expect(stored.body).toMatchObject({
      source: "countersign",
      summary: { fail: 1, pass: 0 },
      results: [{ result: "fail", properties: { digest: DIGEST } }],
    });
    const events = await api.ask("GET", "/api/v1/namespaces/payments/events");
    expect(events.body["items"]).toMatchObject([
      { reason: "CountersignWouldDeny", involvedObject: { kind: "Deployment", name: "api" } },
    ]);
    const satisfied: ReverifiedImage = {
      ...JUDGED,
      verdict: { ...JUDGED.verdict, outcome: "satisfied", code: "satisfied" },
    };
    expect(await publish.namespace("payments", [satisfied], never)).toMatchObject({ written: 1, events: 0 });
    expect(await publish.others(new Set(), never)).toMatchObject({ removed: 1, failed: [] });
  });
});

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const text = { type: "string" };
const count = { type: "integer" };
const labels = { type: "object", additionalProperties: text };
/** What `openreports.io/v1alpha1` demands of a report, and nothing else is stored. */
const DEFINITION = {
  ...named("apiextensions.k8s.io/v1", "CustomResourceDefinition", "reports.openreports.io"),
  spec: {
    group: "openreports.io",
    scope: "Namespaced",
    names: { kind: "Report", listKind: "ReportList", plural: "reports", singular: "report" },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: object({
            source: text,
            summary: object({ pass: count, fail: count, warn: count, error: count, skip: count }),
            results: {
              type: "array",
              items: {
                ...object({
                  source: text,
                  policy: text,
                  rule: text,
                  category: text,
                  severity: { ...text, enum: ["critical", "high", "low", "medium", "info"] },
                  result: { ...text, enum: ["pass", "fail", "warn", "error", "skip"] },
                  scored: { type: "boolean" },
                  message: text,
                  timestamp: {
                    ...object({ seconds: { ...count, format: "int64" }, nanos: { ...count, format: "int32" } }),
                    required: ["nanos", "seconds"],
                  },
                  resources: {
                    type: "array",
                    items: object({ apiVersion: text, kind: text, name: text, namespace: text, uid: text }),
                  },
                  properties: labels,
                }),
                required: ["policy"],
              },
            },
          }),
        },
      },
    ],
  },
};

function object(properties: object): object {
  return { type: "object", properties };
}

function named(apiVersion: string, kind: string, name: string): object {
  return { apiVersion, kind, metadata: { name } };
}

const GIVEN = "registry.example/payments/api:1";
const JUDGED: ReverifiedImage = {
  running: {
    cluster: "kube",
    namespace: "payments",
    given: GIVEN,
    repository: "registry.example/payments/api",
    digests: [DIGEST],
    workloads: [{ apiVersion: "apps/v1", kind: "Deployment", name: "api", uid: "u-1", containers: ["app"] }],
  },
  verdict: {
    path: "spec.containers[0].image",
    container: "app",
    given: GIVEN,
    canonical: GIVEN,
    digest: DIGEST,
    family: "payments",
    outcome: "denied",
    code: "no-signature",
    trust: [],
  },
  mode: "enforce",
  at: AT,
  policy: "production r17",
  needs: "signature by builder",
};
