import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { renderRegistrations } from "../../src/app/webhook/registration.ts";
import { ownCertificate } from "../../src/app/webhook/serving-certificate.ts";
import { openWebhookWorld, policyText, type WebhookWorld } from "../setup/webhook-world.ts";
import type { AdmittingApi, ApiAnswer } from "../setup/admitting-api.ts";
import { API_SERVERS } from "./kube-api.ts";

/** An API server that calls the webhook by the registrations we render. Which one it was is in the name of each test. */
describe.each(API_SERVERS)("the webhook under %s", (_, start) => {
  let world: WebhookWorld;
  let api: AdmittingApi;
  let revision = 1;

  const setPolicy = async (change = "", spec = ""): Promise<void> => {
    revision += 1;
    await world.writePolicy(policyText(world.sigstore, change, `revision: ${revision}${spec}`));
    expect(world.opened.policy.failure()).toBeUndefined();
  };
  const newNamespace = async (name: string): Promise<void> => {
    const object = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await api.ask("POST", "/api/v1/namespaces", object);
  };
  let pods = 0;
  const createPod = (image: string, namespace = "payments"): Promise<ApiAnswer> =>
    api.ask("POST", `/api/v1/namespaces/${namespace}/pods`, podOf(`pod-${++pods}`, image));

  const isAsked = async (): Promise<void> => {
    const { status, body } = await createPod("registry.example/none:1");
    if (status !== 403) throw new Error(`stored: ${JSON.stringify(body)}`);
  };

  beforeAll(async () => {
    world = await openWebhookWorld("rekor2");
    api = await start(world.folder);
    for (const name of ["payments", "sandbox-1", "countersign"]) await newNamespace(name); // oxlint-disable-line no-await-in-loop -- three
    const registrations = renderRegistrations({
      namespace: "countersign",
      service: "countersign-webhook",
      url: `https://localhost:${world.port}`,
      caBundle: world.certificate.caBundle,
      failurePolicy: "Fail",
      timeoutSeconds: 5,
      exempt: ["kube-system"],
      platform: "kubernetes",
    });
    for (const registration of registrations as readonly { kind: string }[]) {
      const plural = `${registration.kind.toLowerCase()}s`;
      // oxlint-disable-next-line no-await-in-loop -- in order
      const { status, body } = await api.ask("POST", `/apis/admissionregistration.k8s.io/v1/${plural}`, registration);
      if (status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`);
    }
    // An API server learns of a registration by its own watch; from then on nothing unsigned is stored.
    await vi.waitFor(isAsked, { timeout: 30_000, interval: 100 });
  });
  afterAll(async () => {
    await api.close();
    await world.close();
  });

  test("stores a signed image, with the digest that was judged", async () => {
    const image = await world.signed();
    const [repository = "", digest = ""] = image.split("@");
    const { status, body } = await createPod(`${repository}:v1`);
    expect(status).toBe(201);
    expect(JSON.stringify(body)).toContain(`${repository}:v1@${digest}`);
  });

  test("refuses an unsigned image, with our words", async () => {
    const { status, body } = await createPod(await world.unsigned());
    expect(status).toBe(403);
    expect(body.message).toContain("denied the request");
    expect(body.message).toMatch(/x signature by builder: no-signature[^]*ref CS-DENY-/);
  });

  test("judges a Deployment by what its tag is now, and leaves the template as it is", async () => {
    const image = await world.signed();
    const tagged = `${image.split("@")[0]}:v1`;
    const { status, body } = await api.ask(
      "POST",
      "/apis/apps/v1/namespaces/payments/deployments",
      deploymentOf("good", tagged),
    );
    expect(status).toBe(201);
    expect(JSON.stringify(body)).toContain(`"image":"${tagged}"`);
    const refused = await api.ask(
      "POST",
      "/apis/apps/v1/namespaces/payments/deployments",
      deploymentOf("bad", await world.unsigned()),
    );
    expect(refused.status).toBe(403);
  });

  test("refuses a debug container of an unsigned image", async () => {
    await createPod(await world.signed());
    const path = `/api/v1/namespaces/payments/pods/pod-${pods}`;
    const { body: pod } = await api.ask("GET", path);
    const debug = {
      name: "debug",
      image: await world.unsigned(),
      terminationMessagePolicy: "File",
      imagePullPolicy: "IfNotPresent",
    };
    const spec = { ...(pod["spec"] as object), ephemeralContainers: [debug] };
    const refused = await api.ask("PUT", `${path}/ephemeralcontainers`, { ...pod, spec });
    expect([refused.status, refused.body.message]).toEqual([
      403,
      expect.stringContaining("spec.ephemeralContainers[0]"),
    ]);
    const good = { ...debug, image: await world.signed() };
    const { status } = await api.ask("PUT", `${path}/ephemeralcontainers`, {
      ...pod,
      spec: { ...spec, ephemeralContainers: [good] },
    });
    expect(status).toBe(200);
  });

  test("lets a pod live that would not be created any more", async () => {
    await createPod(await world.signed());
    const path = `/api/v1/namespaces/payments/pods/pod-${pods}`;
    await world.writePolicy(
      policyText(world.sigstore, "", `revision: ${++revision}`).replaceAll("/payments/", "/nobody/"),
    );
    const { body: pod } = await api.ask("GET", path);
    const labelled = { ...pod, metadata: { ...(pod["metadata"] as object), labels: { a: "b" } } };
    expect((await api.ask("PUT", path, labelled)).status).toBe(200);
    expect((await api.ask("DELETE", path)).status).toBe(200);
    await setPolicy();
  });

  test("warns in an audited namespace, and refuses in the next", async () => {
    const until = inDays(30);
    await setPolicy(
      "",
      `\n  enforcement: {namespaces: [{match: ["sandbox-*"], mode: audit, owner: dx, reason: "onboarding of teams", until: "${until}"}]}`,
    );
    const image = await world.unsigned();
    const audited = await createPod(image, "sandbox-1");
    expect([audited.status, audited.warnings]).toEqual([201, [expect.stringContaining("audit: no-signature")]]);
    expect((await createPod(image)).status).toBe(403);
    await setPolicy();
  });

  test("lets an exception, and break glass by two persons, open what they name", async () => {
    const image = await world.unsigned();
    await setPolicy(exceptionOf(image.split("@")[1] ?? ""));
    const excepted = await createPod(image);
    expect([excepted.status, excepted.warnings[0]]).toEqual([201, expect.stringContaining("exception exc-1")]);
    await setPolicy(glassOf());
    const opened = await createPod(await world.unsigned());
    expect([opened.status, opened.warnings[0]]).toEqual([201, expect.stringContaining("break glass bg-1")]);
    await setPolicy();
    expect((await createPod(image)).status).toBe(403);
  });

  test("does not judge its own namespace, and refuses a policy there that could not be loaded", async () => {
    expect((await createPod(await world.unsigned(), "countersign")).status).toBe(201);
    const text = policyText(world.sigstore).replace("root: private", "root: nowhere");
    const configMap = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "trust-policy" },
      data: { "policy.yaml": text },
    };
    const refused = await api.ask("POST", "/api/v1/namespaces/countersign/configmaps", configMap);
    expect([refused.status, refused.body.message]).toEqual([403, expect.stringContaining("TP301")]);
  });

  test("fails no request while its certificate changes under load", async () => {
    const image = await world.signed();
    const renewed = await ownCertificate(`${world.folder}/tls`, ["localhost", "127.0.0.1"])(systemClock.now());
    expect(renewed.certificate).not.toBe(world.certificate.certificate);
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async (__, i) => {
        if (i === 30) world.useCertificate(renewed);
        return (await createPod(image)).status;
      }),
    );
    expect(statuses).toEqual(statuses.map(() => 201));
    expect((await createPod(await world.unsigned())).status).toBe(403);
  });
});

function podOf(name: string, image: string): object {
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers: [{ name: "app", image }] } };
}

function deploymentOf(name: string, image: string): object {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image }] } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template },
  };
}

function exceptionOf(digest: string): string {
  return `---
apiVersion: countersign.dev/v1alpha1
kind: TrustException
metadata: {name: exc-1}
spec:
  scope: {digests: ["${digest}"], namespaces: [payments], clusters: [prod], reasonCodes: [no-signature]}
  reason: hotfix of the gateway, signed by nobody
  ticket: https://tickets.example/SEC-1
  requester: {issuer: "https://idp.example", subject: u-17}
  approver: {issuer: "https://idp.example", subject: u-04}
  notBefore: "${inDays(-1)}"
  ends: "${inDays(5)}"
`;
}

function glassOf(): string {
  return `---
apiVersion: countersign.dev/v1alpha1
kind: BreakGlass
metadata: {name: bg-1, creationTimestamp: "${inDays(0)}"}
spec: {reason: "the registry burns", ticket: INC-1, namespaces: [payments], ends: "${inDays(0.1)}", requester: u-17, approver: u-04, approved: true}
`;
}

function inDays(days: number): string {
  return new Date(systemClock.now() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
}
