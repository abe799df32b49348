import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { writeTaskBundle } from "../../src/app/deploy/signing/bundle.ts";
import { openStepWorld, type StepWorld } from "../setup/step-world.ts";
import type { Schema } from "../setup/structural-schema.ts";
import { startKubeApi, type KubeApi } from "./kube-api.ts";
import { CRDS, DEPLOY, documents, pathOf } from "./signing-objects.ts";
import { create, startResolvers, tektonDefinitions } from "./tekton-controller.ts";

const HAVE = startKubeApi !== undefined && startResolvers !== undefined && existsSync(CRDS);
const [task] = documents(join(DEPLOY, "task.yaml"));
const never = new AbortController().signal;

describe.skipIf(!HAVE)("the bundle of the signing Task and Tekton v1.12.0's resolver", () => {
  let folder: string;
  let api: KubeApi;
  let stop: () => Promise<void>;
  let world: StepWorld;

  beforeAll(async () => {
    if (!startKubeApi || !startResolvers) return;
    world = await openStepWorld();
    folder = await mkdtemp(join(tmpdir(), "countersign-bundle-"));
    api = await startKubeApi(folder);
    for (const definition of tektonDefinitions()) {
      // oxlint-disable-next-line no-await-in-loop -- eight
      await create(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    }
    await create(api, "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "payments" } });
    stop = await startResolvers(api, folder);
  });
  afterAll(async () => {
    await stop?.();
    await api?.close();
    await world?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  test("the resolver finds the Task in it, as it was rendered, under the digest that was printed", async () => {
    const digest = writeTaskBundle(join(folder, "bundle"), task);
    const repository = `${world.team}/sign-task`;
    await push(repository, digest);
    const request = requestFor(`${repository}@${digest}`);
    const asked = async (): Promise<void> => create(api, pathOf(request), request);
    await vi.waitFor(asked, { timeout: 60_000, interval: 500 });
    const resolved = await vi.waitFor(() => statusOf(request), { timeout: 60_000, interval: 500 });
    expect(JSON.parse(Buffer.from(resolved.data, "base64").toString("utf8"))).toEqual(task);
    expect(resolved.refSource).toMatchObject({
      digest: { sha256: digest.slice("sha256:".length) },
      entryPoint: "countersign-sign",
    });
  });

  const blob = (name: string): Buffer => readFileSync(join(folder, "bundle/blobs", ...name.split(":")));

  /** As any client does it that reads OCI layouts. */
  async function push(repository: string, digest: string): Promise<void> {
    const manifest = JSON.parse(blob(digest).toString("utf8"));
    for (const part of [manifest.config, ...manifest.layers]) {
      await world.registry.pushBlob(repository, blob(part.digest), never); // oxlint-disable-line no-await-in-loop -- two
    }
    await world.registry.pushManifest(repository, { mediaType: manifest.mediaType, bytes: blob(digest) }, never);
  }

  async function statusOf({ metadata }: Schema): Promise<Schema> {
    const { body } = await api.ask(
      "GET",
      `/apis/resolution.tekton.dev/v1beta1/namespaces/payments/resolutionrequests/${metadata.name}`,
    );
    const status = body["status"] as Schema;
    if (!status?.data) throw new Error(JSON.stringify(status?.conditions));
    return status;
  }
});

/** What Tekton's controller asks of its resolvers for our Pipeline's task. */
function requestFor(bundle: string): Schema {
  return {
    apiVersion: "resolution.tekton.dev/v1beta1",
    kind: "ResolutionRequest",
    metadata: { name: "sign", namespace: "payments", labels: { "resolution.tekton.dev/type": "bundles" } },
    spec: {
      params: [
        { name: "bundle", value: bundle },
        { name: "name", value: "countersign-sign" },
        { name: "kind", value: "task" },
      ],
    },
  };
}
