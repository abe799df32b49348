import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { correlate } from "../../src/core/correlate/correlate.ts";
import { indexWorld } from "../../src/core/correlate/index-world.ts";
import type { SigningEvent } from "../../src/core/entry/signing-event.ts";
import { readPipelineRun } from "../../src/core/pipelines/pipeline-run.ts";
import { readPod } from "../../src/core/pipelines/pod.ts";
import { readTaskRun } from "../../src/core/pipelines/task-run.ts";
import { buildSignStep } from "../../tools/build-sign-step.ts";
import { eventsOf } from "../setup/image-events.ts";
import { BUILDER } from "../setup/signer-world.ts";
import { openStepWorld, type Image, type StepWorld } from "../setup/step-world.ts";
import type { Schema } from "../setup/structural-schema.ts";
import { startKubeApi, type KubeApi } from "./kube-api.ts";
import { CRDS, DEPLOY, documents, inPayments, objects, pathOf, runs, TENANT } from "./signing-objects.ts";
import { create, startTekton, tektonDefinitions } from "./tekton-controller.ts";

const HAVE = startKubeApi !== undefined && startTekton !== undefined && existsSync(CRDS);
const [task] = documents(join(DEPLOY, "task.yaml"));
const RESOLUTIONS = "/apis/resolution.tekton.dev/v1beta1/namespaces/payments/resolutionrequests";

/** Tekton's controller makes what it makes of our manifests, under our policies; a kubelet, resolvers and registry are played. */
describe.skipIf(!HAVE)("the signing Task under Tekton v1.12.0 and kube-apiserver v1.37.2", () => {
  let folder: string;
  let api: KubeApi;
  let stop: () => Promise<void>;
  let world: StepWorld;
  let image: Image;

  beforeAll(async () => {
    if (!startKubeApi || !startTekton) return;
    world = await openStepWorld(2);
    image = await world.newImage();
    await buildSignStep(world.at("countersign-sign"));
    folder = await mkdtemp(join(tmpdir(), "countersign-tekton-"));
    api = await startKubeApi(folder);
    for (const definition of tektonDefinitions()) {
      // oxlint-disable-next-line no-await-in-loop -- eight
      await create(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    }
    await create(api, "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "payments" } });
    await vi.waitFor(served, { timeout: 60_000, interval: 200 });
    // What is applied is what is committed, and the policies first.
    for (const object of objects.toReversed().filter(({ kind }) => kind !== "PipelineRun")) {
      await create(api, pathOf(object), object); // oxlint-disable-line no-await-in-loop -- a dozen
    }
    stop = await startTekton(api, folder);
  });
  afterAll(async () => {
    await stop?.();
    await api?.close();
    await world?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  const served = async (): Promise<void> => {
    const { status } = await api.ask("GET", RESOLUTIONS);
    if (status !== 200) throw new Error(`${RESOLUTIONS}: ${status}`);
  };
  const firstOf = async (path: string): Promise<Schema> => {
    const { body } = await api.ask("GET", path);
    const [first] = body["items"] as readonly Schema[];
    if (!first) throw new Error(`${path}: none`);
    return first;
  };
  /** The first object at a path, once there is one. */
  const appears = (path: string): Promise<Schema> =>
    vi.waitFor(() => firstOf(path), { timeout: 60_000, interval: 200 });
  const setStatus = async (path: string, object: Schema, status: object): Promise<void> => {
    const answer = await api.ask("PUT", `${path}/${object.metadata.name}/status`, { ...object, status });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body.message}`);
  };

  test("a run becomes a pod that the policies let through, and its results a receipt", async () => {
    const run = objects.find(({ kind }) => kind === "PipelineRun");
    const params = [
      { name: "image", value: image.repository },
      { name: "digest", value: image.digest },
    ];
    const asked = { ...run, spec: { ...run.spec, params } };
    expect((await api.askAs(TENANT, "POST", runs("pipelineruns"), asked)).status).toBe(201);

    // The resolver's part: the Task, out of the bundle that was asked for.
    const request = await appears(RESOLUTIONS);
    expect(request.spec.params.map(({ name }: { name: string }) => name)).toEqual(["bundle", "name", "kind"]);
    const data = Buffer.from(JSON.stringify(task)).toString("base64");
    const refSource = { uri: "registry.example.com/countersign/sign-task", digest: { sha256: "2".repeat(64) } };
    const conditions = [{ type: "Succeeded", status: "True", lastTransitionTime: new Date().toISOString() }];
    await setStatus(RESOLUTIONS, request, { data, refSource, source: refSource, conditions });

    const pod = await appears(inPayments("pods"));
    const step = pod.spec.containers.find(({ name }: { name: string }) => name === "step-sign");
    const [{ image: pinned, securityContext }] = task.spec.steps;
    expect([pod.spec.serviceAccountName, step.image]).toEqual(["signer", pinned]);
    expect(step.securityContext).toMatchObject(securityContext);
    expect(step.env ?? []).toEqual([]);
    const holders = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].filter(
      ({ volumeMounts = [] }: Schema) => volumeMounts.some(({ name }: { name: string }) => name === "sigstore-token"),
    );
    expect(holders.map(({ name }: { name: string }) => name)).toEqual(["step-sign"]);

    // The kubelet's part: a token for this pod, and what Tekton's entrypoint would start, in a folder instead of the container's.
    const { name, uid } = pod.metadata;
    const token = world.sigstore.issueToken({ ...BUILDER, serviceAccount: "signer", pod: { name, uid } });
    await writeFile(world.at("token"), token);
    const results = await signAs(step.args);
    const message = JSON.stringify(Object.entries(results).map(([key, value]) => ({ key, value, type: 1 })));
    expect(message.length).toBeLessThan(4096);
    const now = new Date().toISOString();
    const terminated = { exitCode: 0, reason: "Completed", message, startedAt: now, finishedAt: now };
    const container = { name: "step-sign", image: step.image, imageID: step.image, state: { terminated } };
    const containerStatuses = [{ ...container, ready: false, restartCount: 0, started: false }];
    await setStatus(inPayments("pods"), await firstOf(inPayments("pods")), { phase: "Succeeded", containerStatuses });

    const recorded = await vi.waitFor(
      async () => {
        const read = readTaskRun(await firstOf(runs("taskruns")));
        if (read.succeeded !== "true") throw new Error(`the TaskRun is ${read.succeeded}`);
        return read;
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(recorded.notes).toEqual([]);
    expect(recorded.receipt).toMatchObject({
      imageDigest: image.digest,
      entries: [{ reused: false }],
      certificate: { serialHex: expect.any(String) as string },
      credentialId: expect.stringMatching(/^JTI=/) as string,
    });
    expect(recorded.podNames).toEqual([pod.metadata.name]);
    expect(recorded.source?.digest).toEqual({ sha256: "2".repeat(64) });
  });

  test("what Tekton has recorded joins the log's entry to this run, at grade A", async () => {
    const observedAt = systemClock.now();
    const seen = <T>(value: T) => ({ cluster: "prod", value, observedAt });
    const [issuer] = world.sigstore.issuers.values();
    const index = indexWorld({
      runs: [seen(readTaskRun(await firstOf(runs("taskruns"))))],
      pipelineRuns: [seen(readPipelineRun(await firstOf(runs("pipelineruns"))))],
      pods: [seen(readPod(await firstOf(inPayments("pods"))))],
      tokenIssues: [],
      accounts: [],
      chainsConfigs: [],
      links: [],
      clusters: [{ cluster: "prod", issuers: [issuer?.issuer ?? ""], audiences: ["sigstore"] }],
      logUrls: [],
      gaps: [],
    });
    const [event, ...others] = await eventsOf(world, image, observedAt);
    expect(others).toEqual([]);
    const { grade, candidates } = correlate(index, event as SigningEvent);
    expect([grade, candidates.length]).toEqual(["A", 1]);
    expect(candidates[0]).toMatchObject({ run: { kind: "TaskRun" }, serviceAccount: "signer", conflicts: [] });
  });

  /** Runs the program with the arguments of the pod, its files where this test has them; gives what it wrote. */
  async function signAs(args: readonly string[]) {
    const own = args.slice(args.indexOf("--") + 1);
    expect(args).toContain("/app/countersign-sign");
    const moved = own.map((argument) =>
      argument
        .replace(/=\/var\/run\/sigstore\/cosign\/oidc-token$/, `=${world.at("token")}`)
        .replace(/=\/etc\/countersign\/placement.yaml$/, `=${world.at("placement.yaml")}`)
        .replace(/=\/var\/run\/countersign\/registry\//, `=${world.at("registry")}/`)
        .replace(/=\/tekton\/results\//, `=${world.at(".")}/`),
    );
    const exit = await new Promise<string>((done) => {
      execFile(world.at("countersign-sign"), moved, { env: {} }, (error, _, err) => done(error ? err : ""));
    });
    expect(exit).toBe("");
    return world.results();
  }
});
