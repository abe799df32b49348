import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Schema } from "../setup/structural-schema.ts";
import { startKubeApi, type KubeApi, type User } from "./kube-api.ts";
import {
  configMapOf,
  CRDS,
  DEPLOY,
  documents,
  editorRole,
  inPayments,
  KUBELET,
  objects,
  pathOf,
  pipelineRunOf,
  podOf,
  runs,
  SIGNER,
  TASK_REF,
  taskRunOf,
  TEKTON,
  TENANT,
  tokenRequest,
} from "./signing-objects.ts";
import { create, tektonDefinitions } from "./tekton-controller.ts";

const EDITOR: User = { name: "editor", groups: ["tenants", "system:authenticated"] };
const asSigner = (change: object) => ({
  taskRunSpecs: [{ pipelineTaskName: "sign", serviceAccountName: SIGNER, ...change }],
});
const param = (name: string, value: string) => ({ name, value });

const HAVE = startKubeApi !== undefined && existsSync(CRDS);

describe.skipIf(!HAVE)("the admission policies under kube-apiserver v1.37.2", () => {
  let folder: string;
  let api: KubeApi;

  beforeAll(async () => {
    if (!startKubeApi) return;
    folder = await mkdtemp(join(tmpdir(), "countersign-policies-"));
    api = await startKubeApi(folder);
    for (const definition of tektonDefinitions()) {
      // oxlint-disable-next-line no-await-in-loop -- eight
      await create(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    }
    for (const name of ["payments", "elsewhere"]) {
      // oxlint-disable-next-line no-await-in-loop -- two
      await create(api, "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    }
    const served = async (): Promise<void> => {
      const { status } = await api.ask("GET", runs("stepactions").replace("/v1/", "/v1beta1/"));
      if (status !== 200) throw new Error(`stepactions: ${status}`);
    };
    await vi.waitFor(served, { timeout: 60_000, interval: 200 });
  });
  afterAll(async () => {
    await api?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  // An API server learns of a policy by its own watch.
  const inForce = async (): Promise<void> => {
    const probes = [
      await api.askAs(TENANT, "POST", inPayments("pods"), podOf()),
      await api.askAs(TENANT, "POST", runs("taskruns"), taskRunOf({ taskRef: { name: "x" } })),
      await api.askAs(
        TENANT,
        "POST",
        runs("pipelineruns"),
        pipelineRunOf({ taskRunTemplate: { serviceAccountName: SIGNER } }),
      ),
      await api.askAs(
        TENANT,
        "POST",
        inPayments(`serviceaccounts/${SIGNER}/token`),
        tokenRequest({ audiences: ["sigstore"] }),
      ),
    ];
    if (probes.some(({ status }) => status !== 403))
      throw new Error(JSON.stringify(probes.map(({ status, body }) => [status, body.message])));
  };

  const editorIsBound = async (): Promise<void> => {
    const { status } = await api.askAs(EDITOR, "GET", inPayments("configmaps"));
    if (status !== 200) throw new Error(`configmaps: ${status}`);
  };

  test("the API server takes every manifest, with strict field validation and no warning", async () => {
    const own = documents(join(DEPLOY, "task.yaml")).map((one) => ({
      ...one,
      metadata: { ...one.metadata, namespace: "payments" },
    }));
    for (const object of [...own, ...objects]) {
      // oxlint-disable-next-line no-await-in-loop -- in the order of the files
      const { status, body, warnings } = await api.ask("POST", `${pathOf(object)}?fieldValidation=Strict`, object);
      expect([object.kind, status, body.message, warnings]).toEqual([object.kind, 201, undefined, []]);
    }
    await vi.waitFor(inForce, { timeout: 30_000, interval: 500 });
  });

  const refusal = async (answer: ReturnType<typeof api.ask>): Promise<string> => {
    const { status, body } = await answer;
    return `${status} ${body.message ?? ""}`;
  };

  describe("V1: pods", () => {
    test("Tekton's own pod of our Task is taken", async () => {
      expect(await refusal(api.askAs(TEKTON, "POST", inPayments("pods"), podOf()))).toBe("201 ");
    });

    test.each<[string, User, () => Schema, string]>([
      ["of somebody else", TENANT, () => podOf(), "made by Tekton's controller alone"],
      ["of no TaskRun", TEKTON, () => ({ ...podOf(), metadata: { generateName: "x-" } }), "belongs to a TaskRun"],
      [
        "under another account",
        TEKTON,
        () => podOf({ serviceAccountName: "builder" }),
        "for the service account signer alone",
      ],
      ["with another image", TEKTON, () => podOf({}, { image: "registry.example/evil:1" }), "is mounted into"],
      ["of the host's processes", TEKTON, () => podOf({ hostPID: true }), "shares neither processes"],
      ["with processes in common", TEKTON, () => podOf({ shareProcessNamespace: true }), "shares neither processes"],
      [
        "with variables from elsewhere",
        TEKTON,
        () => podOf({}, { envFrom: [{ configMapRef: { name: "x" } }] }),
        "takes no variables",
      ],
      [
        "as the signer, without a token",
        TENANT,
        () => podOf({ volumes: [], containers: [{ name: "a", image: "a" }] }),
        "made by Tekton's controller alone",
      ],
      [
        "that gives the token to an init container too",
        TEKTON,
        () =>
          podOf({
            initContainers: [{ name: "i", image: "i", volumeMounts: [{ name: "sigstore-token", mountPath: "/t" }] }],
          }),
        "is mounted into",
      ],
    ])("a pod %s is refused", async (_, user, pod, said) => {
      const answer = await refusal(api.askAs(user, "POST", inPayments("pods"), pod()));
      expect(answer).toMatch(/^403 /);
      expect(answer).toContain(said);
    });

    test("the image of a pod that can sign is not exchanged before it starts", async () => {
      const { body: pod } = await api.askAs(TEKTON, "POST", inPayments("pods"), podOf());
      const { name } = pod["metadata"] as { name: string };
      const spec = pod["spec"] as { containers: [object] };
      const changed = {
        ...pod,
        spec: { ...spec, containers: [{ ...spec.containers[0], image: "registry.example/evil:1" }] },
      };
      const answer = await refusal(api.askAs(TENANT, "PUT", inPayments(`pods/${name}`), changed));
      expect(answer).toMatch(/^403 .*is mounted into/);
      const labelled = { ...pod, metadata: { ...(pod["metadata"] as object), labels: { a: "b" } } };
      expect((await api.askAs(TENANT, "PUT", inPayments(`pods/${name}`), labelled)).status).toBe(200);
    });
    test("a pod that cannot sign, and one elsewhere, are nobody's business", async () => {
      const builder = podOf({ serviceAccountName: "builder", volumes: [], containers: [{ name: "a", image: "a" }] });
      expect(await refusal(api.askAs(TENANT, "POST", inPayments("pods"), builder))).toBe("201 ");
      expect(await refusal(api.askAs(TENANT, "POST", "/api/v1/namespaces/elsewhere/pods", podOf()))).toBe("201 ");
    });
  });

  describe("V2: tokens", () => {
    const path = inPayments(`serviceaccounts/${SIGNER}/token`);

    test.each<[string, User, object, string]>([
      ["a user", TENANT, { audiences: ["sigstore"] }, "by a node's kubelet alone"],
      ["a user, among other audiences", TENANT, { audiences: ["x", "sigstore"] }, "by a node's kubelet alone"],
      ["Tekton's controller", TEKTON, { audiences: ["sigstore"] }, "by a node's kubelet alone"],
      ["a kubelet, for no pod", KUBELET, { audiences: ["sigstore"] }, "is bound to a pod"],
    ])("%s is given none", async (_, user, spec, said) => {
      const answer = await refusal(api.askAs(user, "POST", path, tokenRequest(spec)));
      expect(answer).toMatch(/^403 /);
      expect(answer).toContain(said);
    });

    test("a kubelet is given one for a pod, and anybody one for others' audiences", async () => {
      const { body } = await api.askAs(TEKTON, "POST", inPayments("pods"), podOf());
      const { name, uid } = body["metadata"] as { name: string; uid: string };
      const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid };
      const bound = tokenRequest({ audiences: ["sigstore"], boundObjectRef });
      expect(await refusal(api.askAs(KUBELET, "POST", path, bound))).toBe("201 ");
      expect(await refusal(api.askAs(TENANT, "POST", path, tokenRequest({ audiences: ["another"] })))).toBe("201 ");
    });
  });

  describe("V3: runs", () => {
    test("our Task from its bundle is taken, with a place to run", async () => {
      const podTemplate = { nodeSelector: { a: "b" }, tolerations: [] };
      expect(await refusal(api.askAs(TENANT, "POST", runs("taskruns"), taskRunOf({ podTemplate })))).toBe("201 ");
    });

    const evil = `registry.example/evil@sha256:${"1".repeat(64)}`;
    test.each<[string, object, string]>([
      ["a Task of the namespace", { taskRef: { name: "countersign-sign" } }, "What runs as signer is"],
      [
        "a Task of its own",
        { taskRef: undefined, taskSpec: { steps: [{ name: "a", image: "a" }] } },
        "What runs as signer is",
      ],
      [
        "another bundle",
        { taskRef: { ...TASK_REF, params: [param("bundle", evil), ...TASK_REF.params.slice(1)] } },
        "What runs as signer is",
      ],
      [
        "two bundles",
        { taskRef: { ...TASK_REF, params: [...TASK_REF.params.slice(0, 2), param("bundle", evil)] } },
        "What runs as signer is",
      ],
      [
        "another Task of the bundle",
        { taskRef: { ...TASK_REF, params: [TASK_REF.params[0], param("name", "other")] } },
        "What runs as signer is",
      ],
      ["another resolver", { taskRef: { ...TASK_REF, resolver: "git" } }, "What runs as signer is"],
      [
        "variables",
        { podTemplate: { env: [{ name: "NODE_OPTIONS", value: "--require=/x" }] } },
        "podTemplate of a signing run",
      ],
      ["volumes", { podTemplate: { volumes: [{ name: "a", emptyDir: {} }] } }, "podTemplate of a signing run"],
      [
        "names for addresses",
        { podTemplate: { hostAliases: [{ ip: "10.0.0.1", hostnames: ["fulcio"] }] } },
        "podTemplate of a signing run",
      ],
      [
        "another resolver of names",
        { podTemplate: { dnsConfig: { nameservers: ["10.0.0.1"] } } },
        "podTemplate of a signing run",
      ],
      ["another user", { podTemplate: { securityContext: { runAsUser: 0 } } }, "podTemplate of a signing run"],
      ["breakpoints", { debug: { breakpoints: { onFailure: "enabled" } } }, "no breakpoints"],
      ["a workspace", { workspaces: [{ name: "w", emptyDir: {} }] }, "no workspaces"],
      ["another manager", { managedBy: "evil" }, "managed by Tekton"],
    ])("a run as the signer with %s is refused", async (_, change, said) => {
      const answer = await refusal(api.askAs(TENANT, "POST", runs("taskruns"), taskRunOf(change)));
      expect(answer).toMatch(/^403 /);
      expect(answer).toContain(said);
      const builder = { ...change, serviceAccountName: "builder" };
      expect(await refusal(api.askAs(TENANT, "POST", runs("taskruns"), taskRunOf(builder)))).toBe("201 ");
    });

    test.each<[string, object, string]>([
      ["for all its tasks", { taskRunTemplate: { serviceAccountName: SIGNER } }, "is for the signing task alone"],
      ["with variables", asSigner({ podTemplate: { env: [] } }), "podTemplate of a signing task"],
      [
        "with variables for all",
        { ...asSigner({}), taskRunTemplate: { podTemplate: { env: [] } } },
        "podTemplate for all tasks",
      ],
    ])("a PipelineRun that names the signer %s is refused", async (_, change, said) => {
      const answer = await refusal(api.askAs(TENANT, "POST", runs("pipelineruns"), pipelineRunOf(change)));
      expect(answer).toMatch(/^403 /);
      expect(answer).toContain(said);
    });

    test("a PipelineRun that names the signer for its task, and a builder for the others, is taken", async () => {
      const change = {
        ...asSigner({ podTemplate: { nodeSelector: { a: "b" } } }),
        taskRunTemplate: { serviceAccountName: "builder" },
      };
      expect(await refusal(api.askAs(TENANT, "POST", runs("pipelineruns"), pipelineRunOf(change)))).toBe("201 ");
    });
  });

  describe("the placement", () => {
    const path = inPayments("configmaps");
    beforeAll(async () => {
      for (const object of editorRole("tenants")) await create(api, pathOf(object), object); // oxlint-disable-line no-await-in-loop -- two
      await vi.waitFor(editorIsBound, { timeout: 30_000, interval: 200 });
    });

    test("is not written by whoever may edit in the namespace", async () => {
      const name = "countersign-placement";
      const answer = await refusal(api.askAs(EDITOR, "PUT", `${path}/${name}`, configMapOf(name)));
      expect(answer).toMatch(/^403 .*written by those who may change admission policies/);
      expect((await api.askAs(EDITOR, "DELETE", `${path}/${name}`)).status).toBe(200);
      expect(await refusal(api.askAs(EDITOR, "POST", path, configMapOf(name)))).toMatch(/^403 .*written by those/);
      expect(await refusal(api.askAs(TENANT, "POST", path, configMapOf(name)))).toBe("201 ");
    });
  });

  describe("V4: sessions", () => {
    let name: string;
    beforeAll(async () => {
      const { body } = await api.askAs(TEKTON, "POST", inPayments("pods"), podOf());
      ({ name } = body["metadata"] as { name: string });
      const inForceToo = async (): Promise<void> => {
        const { status } = await api.askAs(TENANT, "POST", inPayments(`pods/${name}/attach`));
        if (status !== 403) throw new Error(`attach: ${status}`);
      };
      await vi.waitFor(inForceToo, { timeout: 30_000, interval: 200 });
    });

    test.each(["exec?command=sh&stdout=true", "attach?stdout=true", "portforward?ports=1"])(
      "nobody opens %s",
      async (what) => {
        const answer = await refusal(api.askAs(TENANT, "POST", inPayments(`pods/${name}/${what}`)));
        expect(answer).toMatch(/^403 .*nobody opens a session/);
      },
    );

    test("elsewhere, the policies let it through to the kubelet", async () => {
      const { body } = await api.askAs(TENANT, "POST", "/api/v1/namespaces/elsewhere/pods", podOf());
      const other = (body["metadata"] as { name: string }).name;
      const answer = await refusal(
        api.askAs(TENANT, "POST", `/api/v1/namespaces/elsewhere/pods/${other}/exec?command=sh`),
      );
      expect(answer).not.toContain("nobody opens a session");
    });

    test("no container is added to a pod that can sign", async () => {
      const { body: pod } = await api.ask("GET", inPayments(`pods/${name}`));
      const debug = { name: "debug", image: "a", terminationMessagePolicy: "File", imagePullPolicy: "IfNotPresent" };
      const changed = { ...pod, spec: { ...(pod["spec"] as object), ephemeralContainers: [debug] } };
      const answer = await refusal(api.askAs(TENANT, "PUT", inPayments(`pods/${name}/ephemeralcontainers`), changed));
      expect(answer).toMatch(/^403 .*No container is added/);
    });
  });
});
