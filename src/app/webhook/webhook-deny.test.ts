import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openWebhookWorld, policyText, reviewOf, type WebhookWorld } from "../../../test/setup/webhook-world.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await openWebhookWorld("rekor2", {}, undefined, { denyRules: "deny.yaml" });
});
afterAll(() => world.close());
beforeEach(() => write(""));

const write = async (text: string): Promise<void> => {
  await writeFile(join(world.folder, "deny.yaml"), text);
  await world.writePolicy(policyText(world.sigstore));
};
const rule = (what: string, name = "inc-3"): string =>
  `apiVersion: countersign.dev/v1alpha1
kind: DenyRule
metadata: {name: ${name}}
spec: {${what}, reason: "incident 3: a stolen token", by: dana}
---
`;
const BUILDER = `identity: {issuer: "https://oidc.prod.example", san: "https://kubernetes.io/namespaces/payments/serviceaccounts/builder"}`;
const answerOf = async (image: string): Promise<string> =>
  (await world.admit([image])).response?.status?.message ?? "allowed";

const mapOf = (text: string) => ({ apiVersion: "v1", kind: "ConfigMap", data: { "rules.yaml": text } });

/** Whether the register may be changed so by a person. */
const ask = async (user: string, before: string | undefined, after: string | undefined): Promise<boolean> => {
  const request = {
    kind: { group: "", version: "v1", kind: "ConfigMap" },
    resource: { group: "", version: "v1", resource: "configmaps" },
    name: "deny-rules",
    operation: before === undefined ? "CREATE" : after === undefined ? "DELETE" : "UPDATE",
    userInfo: { username: user },
    object: after === undefined ? null : mapOf(after),
    ...(before !== undefined && { oldObject: mapOf(before) }),
  };
  return (await world.post("/policy", JSON.stringify(reviewOf([], request)))).response?.allowed === true;
};

describe("a deny rule", () => {
  test("acts on an image that is known to be good, at once, and tells why", async () => {
    const image = await world.signed();
    expect(await answerOf(image)).toBe("allowed");
    await write(rule(`digest: "${image.split("@")[1]}"`));
    expect(await answerOf(image)).toContain("x deny-rule: inc-3: incident 3: a stolen token");
    await write("");
    expect(await answerOf(image)).toBe("allowed");
  });

  test("acts on all that an identity has signed, from a time on", async () => {
    const image = await world.signed();
    await write(rule(BUILDER));
    expect(await answerOf(image)).toContain("deny-rule");
    await write(rule(`${BUILDER}, since: "2999-01-01T00:00:00Z"`));
    expect(await answerOf(image)).toBe("allowed");
  });

  test("acts in the policy's own files as well", async () => {
    const image = await world.signed();
    await world.writePolicy(policyText(world.sigstore, `---\n${rule(BUILDER)}`.replace(/---\n$/, "")));
    expect(await answerOf(image)).toContain("deny-rule");
  });

  test("acts while the policy cannot be read, and stays when the register cannot be", async () => {
    const image = await world.signed();
    await writeFile(join(world.folder, "deny.yaml"), rule(BUILDER));
    await world.writePolicy("nonsense: [");
    expect(world.opened.policy.failure()?.fault.id).toBe("policy.invalid");
    expect(await answerOf(image)).toContain("deny-rule");
    await writeFile(join(world.folder, "deny.yaml"), "kind: DenyRule");
    await world.writePolicy(policyText(world.sigstore));
    expect(await answerOf(image)).toContain("deny-rule");
  });
});

test("a register that was never read lets nothing run", async () => {
  const other = await openWebhookWorld("rekor2", {}, undefined, { denyRules: "not-there" });
  const { response } = await other.admit([await other.signed()]);
  expect(response?.status?.details.causes).toMatchObject([{ reason: "policy-not-loaded" }]);
  await other.close();
});

test("one person adds a rule to the register, and two take it out", async () => {
  const [added, withdrawn] = [rule(BUILDER), rule(`${BUILDER}, withdrawn: lee`)];
  expect(await ask("dana", undefined, added)).toBe(true);
  expect(await ask("lee", undefined, added)).toBe(false);
  expect(await ask("lee", added, "")).toBe(false);
  expect(await ask("lee", added, undefined)).toBe(false);
  expect(await ask("lee", added, withdrawn)).toBe(true);
  expect(await ask("lee", withdrawn, undefined)).toBe(false);
  expect(await ask("dana", withdrawn, "")).toBe(true);
  expect(await ask("dana", undefined, "kind: DenyRule")).toBe(false);
});
