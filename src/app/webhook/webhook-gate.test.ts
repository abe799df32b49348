import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWebhookWorld, reviewOf, type Answer, type WebhookWorld } from "../../../test/setup/webhook-world.ts";
import type { GateMode } from "./gate-mode.ts";

const worlds = new Map<GateMode | "off", WebhookWorld>();
beforeAll(async () => {
  worlds.set("off", await openWebhookWorld());
  worlds.set("report", await openWebhookWorld("rekor2", {}, undefined, { gatePolicy: "report" }));
  worlds.set("enforce", await openWebhookWorld("rekor2", {}, undefined, { gatePolicy: "enforce" }));
});
afterAll(async () => void (await Promise.all([...worlds.values()].map((world) => world.close()))));

const ISSUER = "https://oidc.prod.example";
const BUILDER = "https://kubernetes.io/namespaces/payments/serviceaccounts/builder";

type Data = Readonly<Record<string, string>>;

const policyOf = (...sans: readonly string[]): string => `apiVersion: countersign.dev/v1alpha1
kind: TrustPolicy
metadata: {name: production}
spec:
  authorities:
    builder:
      sigstore:
        root: private
        identities:
${sans.map((san) => `        - {issuer: "${ISSUER}", san: {${san}}}`).join("\n")}
  families:
  - {name: team, images: ["ghcr.io/team/**"], require: [{signature: builder}]}
`;
const STRICT = policyOf(`uri: "${BUILDER}"`);
const BOTH = policyOf(`uri: "${BUILDER}"`, `uri: "${BUILDER}2"`);
const WIDE = policyOf(String.raw`uri: {pattern: '^https://kubernetes\.io/namespaces/[a-z]+/serviceaccounts/builder$'}`);
const policy = (text: string): Data => ({ "policy.yaml": text });

const GATE = "approvers: [lead@acme.example]\n";
const WAIVER = `apiVersion: countersign.dev/v1alpha1
kind: GateWaiver
metadata: {name: second}
spec:
  reason: The builder moves
  ticket: SEC-1
  requestedBy: dana@acme.example
  approvedBy: [lead@acme.example]
  created: ${day(-1)}
  expires: ${day(30)}
  covers:
    policy:
      where: {images: ["ghcr.io/team/**"]}
      evidence: {issuer: {exact: "${ISSUER}"}, san: {exact: "${BUILDER}2"}}
`;

function day(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

const mapOf = (data: Data) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "trust-policy" }, data });

/** Asks as the API server does when a person changes the ConfigMap. */
async function ask(
  mode: GateMode | "off",
  before: Data | undefined,
  after: Data | undefined,
  change: { readonly user?: string; readonly oldObject?: null; readonly binaryData?: Data } = {},
): Promise<NonNullable<Answer["response"]>> {
  const { user = "dana@acme.example", binaryData, oldObject } = change;
  const object = after && { ...mapOf(after), ...(binaryData && { binaryData }) };
  const request = {
    kind: { group: "", version: "v1", kind: "ConfigMap" },
    resource: { group: "", version: "v1", resource: "configmaps" },
    namespace: "countersign",
    name: "trust-policy",
    operation: operationOf(before, after),
    userInfo: { username: user },
    object: object ?? null,
    ...(before !== undefined && { oldObject: oldObject === null ? null : mapOf(before) }),
  };
  const { response } =
    (await worlds.get(mode)?.post("/policy?timeout=10s", JSON.stringify(reviewOf([], request)))) ?? {};
  if (!response) throw new Error("no answer");
  return response;
}

function operationOf(before: Data | undefined, after: Data | undefined): string {
  if (before === undefined) return "CREATE";
  return after === undefined ? "DELETE" : "UPDATE";
}

const said = async (...asked: Parameters<typeof ask>): Promise<string> => {
  const { allowed, status, warnings = [] } = await ask(...asked);
  return [allowed ? "allowed" : "denied", ...(status ? [status.message] : []), ...warnings].join("\n");
};

describe("a policy that accepts more", () => {
  test("is refused with who is accepted now, and where, and what to do", async () => {
    const { allowed, status } = await ask("enforce", policy(STRICT), policy(WIDE));
    expect([allowed, status?.code, status?.details.causes[0]?.reason]).toEqual([false, 403, "policy-loosened"]);
    expect(status?.message).toMatch(/^GP001 LOOSENED policy\.yaml:1 ghcr\.io\/team\/\S+ is now accepted with signer /);
    expect(status?.message).toContain("/serviceaccounts/builder (issuer https://oidc.prod.example)");
    expect(status?.message).toContain("\nMake the change through Git, or let an approver");
  });

  test("is a warning that fits where it reports, and nothing where nobody asked", async () => {
    const { allowed, warnings } = await ask("report", policy(STRICT), policy(WIDE));
    expect([allowed, warnings?.length]).toEqual([true, 1]);
    expect(warnings?.[0]).toMatch(/^GP001 LOOSENED policy\.yaml:1 accepts https:\/\/kubernetes/);
    expect(warnings?.[0]?.length).toBeLessThanOrEqual(120);
    expect(await said("off", policy(STRICT), policy(WIDE))).toBe("allowed");
  });

  test.each<[string, Data | undefined, Data | undefined, string]>([
    ["a ConfigMap that is deleted", policy(STRICT), undefined, "GP012"],
    ["a policy that is taken out", { ...policy(STRICT), "x.yaml": "" }, { "x.yaml": "" }, "GP012"],
  ])("is %s", async (_, before, after, code) => {
    expect(await said("enforce", before, after)).toMatch(new RegExp(`^denied\n${code}`));
  });

  test("is found in binary data and in JSON, which are mounted as well", async () => {
    const binaryData = { "policy.yaml": Buffer.from(WIDE).toString("base64") };
    expect(await said("enforce", policy(STRICT), {}, { binaryData })).toMatch(/^denied\nGP001/);
    expect(await said("enforce", policy(STRICT), { "policy.json": "{" })).toMatch(/^denied\npolicy\.json:/);
  });

  test("is anything where the API server does not say what stands", async () => {
    expect(await said("enforce", policy(STRICT), policy(STRICT), { oldObject: null })).toContain("denied\ngate: ");
  });
});

test.each<[string, Data | undefined, Data | undefined]>([
  ["the same", policy(STRICT), policy(`# said differently\n${STRICT}`)],
  ["a narrower policy", policy(WIDE), policy(STRICT)],
  ["the first policy", undefined, policy(WIDE)],
  ["the same under another key", policy(STRICT), { "other.yaml": STRICT }],
  ["an empty one that is deleted", {}, undefined],
])("lets %s pass without a word", async (_, before, after) => {
  expect([await said("enforce", before, after), await said("report", before, after)]).toEqual(["allowed", "allowed"]);
});

test("a pattern that nobody can compare in time is refused, as not decided", async () => {
  // All that the one matches the other does, too; a machine that shows it has 2^40 states.
  const hostile = policyOf(String.raw`uri: {pattern: '^https://kubernetes\.io/[ab]*a[ab]{40}$'}`);
  const other = policyOf(String.raw`uri: {pattern: '^https://kubernetes\.io/[ab]*(?:aa|ab)[ab]{39}$'}`);
  expect(await said("enforce", policy(hostile), policy(other))).toMatch(
    /^denied\nGC006 UNDECIDED policy\.yaml:1 \(as it stands\) family team: the search stopped at its limit/,
  );
});

test("what is invalid is refused before it is compared", async () => {
  expect(await said("enforce", policy(STRICT), policy("kind: TrustPolicy"))).toMatch(/^denied\npolicy\.yaml:1:1 TP/);
});

describe("a waiver", () => {
  const base = { ...policy(STRICT), ".gate.yaml": GATE };

  test("that stands lets pass what is inside it, and nothing else", async () => {
    const waived = { ...base, ".waiver-second.yaml": WAIVER };
    expect(await said("enforce", waived, { ...waived, ...policy(BOTH) })).toBe("allowed");
    expect(await said("enforce", waived, { ...waived, ...policy(WIDE) })).toMatch(/^denied\nGP001/);
  });

  test("does not come with the change, not even by an approver", async () => {
    const after = { ...base, ...policy(BOTH), ".waiver-second.yaml": WAIVER };
    expect(await said("enforce", base, after, { user: "lead@acme.example" })).toMatch(/^denied\nGP001/);
  });

  test("is put in by an approver alone, as is what says who that is; anybody takes one out", async () => {
    const waived = { ...base, ".waiver-second.yaml": WAIVER };
    expect(await said("enforce", base, waived, { user: "lead@acme.example" })).toBe("allowed");
    expect(await said("enforce", base, waived)).toContain("no approver");
    expect(await said("report", base, waived)).toContain("allowed\n.waiver-second.yaml: changed by dana");
    expect(await said("enforce", waived, base)).toBe("allowed");
    const mine = { ...base, ".gate.yaml": "approvers: [dana@acme.example]\n" };
    expect(await said("enforce", base, mine)).toContain("no approver");
    expect(await said("enforce", base, policy(STRICT))).toContain("no approver");
    expect(await said("enforce", policy(STRICT), mine)).toContain("no approver");
  });

  test("and a configuration that cannot be read are not put in, or every later change would fail", async () => {
    const user = "lead@acme.example";
    expect(await said("enforce", base, { ...base, ".waiver-x.yaml": "kind: [" }, { user })).toMatch(/^denied\nGC005/);
    expect(await said("enforce", base, { ...base, ".gate.yaml": "aprovers: []" }, { user })).toContain(".gate.yaml:1:");
    const narrow = { ...base, ".gate.yaml": `${GATE}include: [policies/**]\n` };
    expect(await said("enforce", base, narrow, { user })).toContain("every key counts");
    expect(await said("enforce", narrow, { ...narrow, ...policy(WIDE) })).toContain("every key counts");
    expect(await said("enforce", { ".gate.yaml": "aprovers: []" }, base)).toContain("config.invalid");
    expect(await said("report", { ".gate.yaml": "aprovers: []" }, base)).toContain("allowed\nconfig.invalid");
  });
});

const glass = (approval: string): string => `---
apiVersion: countersign.dev/v1alpha1
kind: BreakGlass
metadata: {name: inc-1, creationTimestamp: "${minutes(-1)}"}
spec: {namespaces: [payments], reason: "incident 1: nothing starts", ticket: INC-1, requester: dana@acme.example, ends: "${minutes(60)}"${approval}}
`;

describe("an emergency", () => {
  const asked = glass("");
  const approved = glass(", approved: true, approver: lead@acme.example");

  test("has two people of its own, and hides nothing", async () => {
    const user = "lead@acme.example";
    const [before, after] = [policy(`${STRICT}${asked}`), policy(`${STRICT}${approved}`)];
    expect(await said("enforce", before, after, { user })).toBe("allowed");
    const hidden = await said("enforce", before, policy(`${WIDE}${approved}`), { user });
    expect(hidden).toMatch(/^denied\nGP001 LOOSENED policy\.yaml:1 /);
  });
});

function minutes(from: number): string {
  return `${new Date(Date.now() + from * 60_000).toISOString().slice(0, 19)}Z`;
}
