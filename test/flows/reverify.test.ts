import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/system/clock.ts";
import type { ApiObject } from "../../src/adapters/virtual/cluster/object-table.ts";
import { startApiServer, type ApiServer } from "../../src/adapters/virtual/cluster/api-server.ts";
import { openSignerWorld } from "../setup/signer-world.ts";
import { startServe } from "../setup/serving.ts";
import { openWebhookWorld, policyText, type WebhookWorld } from "../setup/webhook-world.ts";

/** `serve` over real sockets: what a cluster runs is judged again, and the cluster is told, each time something moves. */
describe("what runs is judged again", () => {
  let world: WebhookWorld;
  let api: ApiServer;
  let signed: string;
  let unsigned: string;
  const at = (name: string): string => join(world.folder, name);

  beforeAll(async () => {
    world = await openWebhookWorld("rekor2");
    api = await startApiServer({ now: () => systemClock.now() });
    [signed, unsigned] = await Promise.all([world.signed(), world.unsigned()]);
    const base = await readFile(at("config.yaml"), "utf8");
    const more = {
      server: { listen: "127.0.0.1:0" },
      telemetry: { metrics: "127.0.0.1:0" },
      store: { url: `sqlite:${at("store.db")}` },
      policy: { file: at("policy.yaml"), denyRules: at("deny.yaml") },
      clusters: [{ name: "prod", kubeconfigFile: at("kubeconfig"), issuer: world.sigstore.issuer }],
      verify: { imagesPerSecond: 100 },
    };
    const lines = Object.entries(more).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
    await writeFile(at("serve.yaml"), base + lines.join(""));
    await writeFile(at("kubeconfig"), kubeconfigOf(api.url, api.adminToken));
    await writeFile(at("deny.yaml"), "");
    createPod(api, "payments", "good", signed);
    createPod(api, "payments", "bad", unsigned);
    createPod(api, "sandbox-1", "good", signed);
  });
  afterAll(async () => {
    await api.close();
    await world.close();
  });

  const resultsIn = (namespace: string): Readonly<Record<string, string>> => {
    const [report] = api.objects.list(api.resource("policyreports"), namespace);
    const results = (report?.["results"] ?? []) as readonly {
      readonly result: string;
      readonly resources: readonly { readonly name: string }[];
      readonly properties: { readonly code: string };
    }[];
    return Object.fromEntries(results.map((one) => [one.resources[0]?.name, `${one.result} ${one.properties.code}`]));
  };
  const eventsOn = (name: string): readonly unknown[] =>
    api.objects
      .list(api.resource("events"), "")
      .filter(({ involvedObject }) => (involvedObject as { name: string }).name === name)
      .map(({ reason }) => reason);

  test("reports, events and metrics say what the policy says; a restart says nothing twice", async () => {
    const serving = startServe(["serve", "--config", at("serve.yaml")]);
    const { metrics } = await serving.said("server.started", (line) => line["metrics"] !== undefined);
    await serving.said("images.reverified", ({ images }) => images === 3);
    expect(resultsIn("payments")).toEqual({ good: "pass satisfied", bad: "fail no-signature" });
    expect(resultsIn("sandbox-1")).toEqual({ good: "pass satisfied" });
    expect([eventsOn("good"), eventsOn("bad")]).toEqual([[], ["CountersignWouldDeny"]]);
    const scraped = await (await fetch(`http://${String(metrics)}/metrics`)).text();
    expect(scraped).toContain(
      'countersign_running_images{cluster="prod",family="team",result="fail",code="no-signature"} 1',
    );
    await serving.stop();

    const again = startServe(["serve", "--config", at("serve.yaml")]);
    await again.said("images.reverified", ({ images }) => images === 3);
    expect(eventsOn("bad")).toHaveLength(1);
    await again.stop();
  });

  test("a policy that no longer trusts the builder fails what runs, and stops nothing", async () => {
    await writeFile(at("policy.yaml"), policyText(world.sigstore).replace("/builder", "/nobody"));
    const serving = startServe(["serve", "--config", at("serve.yaml")]);
    await serving.said("images.reverified", ({ images }) => images === 3);
    expect(resultsIn("payments")).toEqual({ good: "fail identity-mismatch", bad: "fail no-signature" });
    expect(api.objects.list(api.resource("pods"), "")).toHaveLength(3);
    await serving.stop();
  });

  test("another trusted root fails what was signed under the one before", async () => {
    const [before, other] = [await readFile(at("trusted_root.json")), await openSignerWorld("rekor2")];
    await writeFile(at("policy.yaml"), policyText(world.sigstore));
    await writeFile(at("trusted_root.json"), other.trustedRoot);
    await other.close();
    const serving = startServe(["serve", "--config", at("serve.yaml")]);
    await serving.said("images.reverified", ({ images }) => images === 3);
    expect(resultsIn("payments")).toMatchObject({ good: expect.stringMatching(/^fail (?!no-signature)/) });
    await serving.stop();
    await writeFile(at("trusted_root.json"), before);
  });

  test("a deny rule fails what runs, whoever signed it", async () => {
    await writeFile(at("policy.yaml"), policyText(world.sigstore));
    const serving = startServe(["serve", "--config", at("serve.yaml")]);
    await serving.said("images.reverified", ({ images }) => images === 3);
    expect(resultsIn("payments")).toMatchObject({ good: "pass satisfied" });
    await serving.stop();
    const digest = signed.split("@")[1] ?? "";
    const spec = `{digest: "${digest}", reason: "incident 3: a stolen token", by: dana}`;
    await writeFile(
      at("deny.yaml"),
      `apiVersion: countersign.dev/v1alpha1\nkind: DenyRule\nmetadata: {name: inc-3}\nspec: ${spec}\n`,
    );
    const again = startServe(["serve", "--config", at("serve.yaml")]);
    await again.said("images.reverified", ({ images }) => images === 3);
    expect(resultsIn("payments")).toMatchObject({ good: "fail deny-rule" });
    await again.stop();
  });

  test("an account that may only read is told so, and everything else goes on", async () => {
    await writeFile(at("policy.yaml"), policyText(world.sigstore));
    await writeFile(at("kubeconfig"), kubeconfigOf(api.url, api.readerToken));
    const serving = startServe(["serve", "--config", at("serve.yaml")]);
    const said = await serving.said("reports.unpublished");
    expect(said).toMatchObject({ cluster: "prod", fault: "cluster.forbidden" });
    await serving.stop();
  });
});

function createPod(api: ApiServer, namespace: string, name: string, image: string): void {
  const started = { running: { startedAt: "2026-11-23T10:00:00Z" } };
  const pod: ApiObject = {
    metadata: { namespace, name },
    spec: { containers: [{ name: "app", image: image.replace(/@.*/, ":v1") }] },
    status: { phase: "Running", containerStatuses: [{ name: "app", image, imageID: image, state: started }] },
  };
  api.objects.create(api.resource("pods"), pod);
}

function kubeconfigOf(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: { token } }],
  });
}
