import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { renderRegistrations } from "../../src/app/webhook/registration.ts";
import { COMMANDS } from "../../src/cmd/cli/commands.ts";
import { runCli } from "../../src/cmd/cli/run.ts";
import { recordingIo, type Heard } from "../setup/io.ts";
import { openWebhookWorld, policyText, type WebhookWorld } from "../setup/webhook-world.ts";
import { startKubeApi, type KubeApi } from "./kube-api.ts";

const MAP = "/api/v1/namespaces/countersign/configmaps/trust-policy";
const RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/countersign";

/** Two persons, known to Kubernetes' own API server, which asks the webhook about each change of the policy. */
describe.skipIf(startKubeApi === undefined)("break glass under kube-apiserver v1.37.2", () => {
  let world: WebhookWorld;
  let api: KubeApi;

  const must = async (path: string, object: object): Promise<void> => {
    const { status, body } = await api.ask("POST", path, object);
    if (status !== 201) throw new Error(`${path}: ${JSON.stringify(body)}`);
  };
  const newPerson = async (name: string): Promise<void> => {
    const path = "/api/v1/namespaces/countersign/serviceaccounts";
    await must(path, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
    const asked = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
    const { body } = await api.ask("POST", `${path}/${name}/token`, asked);
    const { token } = body["status"] as { readonly token: string };
    const cluster = { server: api.server, "certificate-authority-data": Buffer.from(api.ca).toString("base64") };
    const kubeconfig = {
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user: { token } }],
    };
    await writeFile(join(world.folder, `${name}.kube`), JSON.stringify(kubeconfig));
    const clusters = [{ name: "kube", kubeconfigFile: join(world.folder, `${name}.kube`) }];
    const domains = [{ name: "private", root: { file: { trustedRootFile: join(world.folder, "trusted_root.json") } } }];
    await writeFile(join(world.folder, `${name}.yaml`), JSON.stringify({ clusters, trust: { domains } }));
  };
  const type = async (name: string, argv: readonly string[]): Promise<Heard> => {
    const { io, heard } = recordingIo({ now: () => systemClock.now() });
    await runCli([...argv, "-o", "json", "--config", join(world.folder, `${name}.yaml`)], io, COMMANDS);
    return heard;
  };
  const as = (name: string, argv: readonly string[]): Promise<Heard> => type(name, ["admit", "break-glass", ...argv]);
  const isGuarded = async (): Promise<void> => {
    const { status } = await api.ask("PUT", MAP, mapOf("nonsense: ["));
    if (status !== 403) throw new Error(`stored: ${status}`);
  };

  beforeAll(async () => {
    world = await openWebhookWorld("rekor2");
    if (!startKubeApi) return;
    api = await startKubeApi(world.folder);
    await must("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "countersign" } });
    await must("/api/v1/namespaces/countersign/configmaps", mapOf(policyText(world.sigstore)));
    await must("/api/v1/namespaces/countersign/configmaps", { ...REGISTER, data: {} });
    await must(`${RBAC}/roles`, {
      metadata: { name: "glass" },
      rules: [
        {
          apiGroups: [""],
          resources: ["configmaps"],
          resourceNames: ["trust-policy", "deny-rules"],
          verbs: ["get", "patch", "update"],
        },
      ],
    });
    await must(`${RBAC}/rolebindings`, {
      metadata: { name: "glass" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "glass" },
      subjects: ["ann", "bob"].map((name) => ({ kind: "ServiceAccount", namespace: "countersign", name })),
    });
    await Promise.all(["ann", "bob"].map(newPerson));
    const registrations = renderRegistrations({
      namespace: "countersign",
      service: "countersign-webhook",
      url: `https://localhost:${world.port}`,
      caBundle: world.certificate.caBundle,
      failurePolicy: "Fail",
      timeoutSeconds: 5,
      exempt: [],
      platform: "kubernetes",
    });
    for (const registration of registrations as readonly { kind: string }[]) {
      const plural = `${registration.kind.toLowerCase()}s`;
      await must(`/apis/admissionregistration.k8s.io/v1/${plural}`, registration); // oxlint-disable-line no-await-in-loop -- two
    }
    await vi.waitFor(isGuarded, { timeout: 30_000, interval: 100 });
  });
  afterAll(async () => {
    await api.close();
    await world.close();
  });

  test("one asks, cannot approve in any way, and another does", async () => {
    const asked = await as("ann", ["--namespace", "payments", "--reason", "the registry burns", "--ticket", "INC-1"]);
    expect(asked).toMatchObject({ exit: 0, err: "" });
    const [glass] = (JSON.parse(asked.out) as { items: { name: string; requester: string }[] }).items;
    expect(glass?.requester).toBe("system:serviceaccount:countersign:ann");
    const name = glass?.name ?? "";

    // By hand, past the command, as an administrator: the webhook is asked, and knows who it is.
    const { body } = await api.ask("GET", MAP);
    const data = body["data"] as Record<string, string>;
    const key = `break-glass-${name}.yaml`;
    const forged = JSON.parse(data[key] ?? "{}") as { spec: object };
    forged.spec = { ...forged.spec, approver: "system:serviceaccount:countersign:bob", approved: true };
    const refused = await api.ask("PUT", MAP, { ...body, data: { ...data, [key]: JSON.stringify(forged) } });
    expect([refused.status, refused.body.message]).toEqual([
      403,
      expect.stringContaining("spec.approver must be who approves, admin"),
    ]);
    expect(await as("ann", ["--approve", name])).toMatchObject({ exit: 2 });

    expect(await as("bob", ["--approve", name])).toMatchObject({ exit: 0, err: "" });
    const listed = JSON.parse((await as("ann", [])).out) as { items: object[] };
    expect(listed.items).toMatchObject([{ name, state: "open", approver: "system:serviceaccount:countersign:bob" }]);
    expect(await as("ann", ["--end", name])).toMatchObject({ exit: 0 });
    expect(JSON.parse((await as("bob", [])).out)).toMatchObject({ items: [] });
  });

  test("one denies, and nobody takes that back alone, an administrator neither", async () => {
    const denied = await type("ann", ["deny", "add", "--digest", `sha256:${"3f".repeat(32)}`, "--reason", "inc-3"]);
    expect(denied).toMatchObject({ exit: 0, err: "" });
    const { name, by } = (JSON.parse(denied.out) as { rule: { name: string; by: string } }).rule;
    expect(by).toBe("system:serviceaccount:countersign:ann");
    const path = `/api/v1/namespaces/countersign/configmaps/${REGISTER.metadata.name}`;
    const emptied = await api.ask("PUT", path, REGISTER);
    expect([emptied.status, emptied.body.message]).toEqual([403, expect.stringContaining("has to withdraw it first")]);
    expect((await api.ask("DELETE", path)).status).toBe(403);
    const remove = (who: string): Promise<Heard> => type(who, ["deny", "remove", name]);
    expect(JSON.parse((await remove("bob")).out)).toMatchObject({ done: "withdrawn" });
    expect(await remove("bob")).toMatchObject({ exit: 2 });
    expect(JSON.parse((await remove("ann")).out)).toMatchObject({ done: "removed" });
    expect(JSON.parse((await type("bob", ["deny", "list"])).out)).toMatchObject({ items: [] });
  });
});

const REGISTER = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "deny-rules", namespace: "countersign" } };

function mapOf(text: string): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "trust-policy", namespace: "countersign" },
    data: { "policy.yaml": text },
  };
}
