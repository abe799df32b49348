import { describe, expect, test } from "vitest";
import { admitWorld, AT, DIGEST, factsOf, IMAGE, policyOf, requestOf } from "../../../test/setup/admit-world.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import type { ImageVerdict } from "../../core/policy/review-verdict.ts";
import type { TrustException } from "../../core/policy/trust-policy.ts";
import type { Admission } from "./admit.ts";
import { explainAdmission } from "./explain-admission.ts";
import type { PolicyInForce } from "./policy-in-force.ts";
import { pinImages } from "./pin-images.ts";

const TAGGED = "registry.example/payments/api:1";
const exception = { name: "exc-1" } as TrustException;
const brief = ({ verdict }: Admission) => [
  verdict.allowed,
  ...verdict.images.flatMap(({ outcome, code }: ImageVerdict) => [outcome, code]),
];
const template = (image: string) => ({
  kind: { group: "apps", version: "v1", kind: "Deployment" },
  object: { kind: "Deployment", spec: { template: { spec: { containers: [{ name: "a", image }] } } } },
});

describe("admit", () => {
  test("admits what is satisfied, and finds it out once", async () => {
    const world = admitWorld({});
    expect(brief(await world.ask([IMAGE, IMAGE]))).toEqual([true, "satisfied", "satisfied", "satisfied", "satisfied"]);
    const again = await world.ask([IMAGE]);
    expect([again.cached, world.found()]).toEqual([true, 1]);
  });

  // Each row is refused for one reason, and the next change of it lets it pass.
  test.each<[string, Partial<PolicyInForce>, string, readonly unknown[]]>([
    [
      "a digest that is denied",
      { denied: ({ kind }) => (kind === "digest" ? "x" : undefined) },
      IMAGE,
      [false, "denied", "deny-rule"],
    ],
    ["no image reference", {}, "Not/An Image", [false, "denied", "ref-invalid"]],
    [
      "another hash than SHA-256",
      {},
      `registry.example/payments/api@sha512:${"0".repeat(128)}`,
      [false, "denied", "ref-invalid"],
    ],
    ["a tag", {}, TAGGED, [false, "denied", "ref-not-pinned"]],
    ["no family", {}, "registry.example/other/api:1", [false, "denied", "no-family"]],
    [
      "an exempt namespace",
      { enforcementOf: () => ({ kind: "exempt", owner: "o" }) },
      "Not/An Image",
      [true, "exempt", "allowed-exempt"],
    ],
    [
      "break glass",
      { breakGlassFor: () => ({ name: "bg" }) as never },
      TAGGED,
      [true, "broken-glass", "allowed-break-glass"],
    ],
  ])("decides before the network: %s", async (_, change, image, expected) => {
    const world = admitWorld({ policy: () => policyOf(change) });
    expect(brief(await world.ask([image]))).toEqual(expected);
    expect(world.found()).toBe(0);
  });

  test.each<[string, Partial<PolicyInForce>]>([
    ["an exempt namespace", { enforcementOf: () => ({ kind: "exempt", owner: "o" }) }],
    ["break glass", { breakGlassFor: () => ({ name: "bg" }) as never }],
    ["an exception", { exceptionFor: () => exception }],
  ])("lets no %s lift a deny rule", async (_, change) => {
    const world = admitWorld({ policy: () => policyOf({ ...change, denied: () => "stolen" }) });
    expect(brief(await world.ask([IMAGE]))).toEqual([false, "denied", "deny-rule"]);
  });

  test("refuses what a denied identity signed, as soon as that is proven", async () => {
    const identity = { issuer: "i", san: "s", sanType: "uri" } as const;
    const candidate = { source: "bundle", digest: DIGEST, identity, reasons: [] } as const;
    const facts = (state: "pass" | "fail") => {
      const base = factsOf("pass");
      return { ...base, require: { ...base.require, candidates: [{ ...candidate, state }] } } as typeof base;
    };
    const policy = policyOf({ denied: ({ kind }) => (kind === "signer" ? "stolen" : undefined) });
    const proven = admitWorld({ policy: () => policy, find: async () => facts("pass") });
    const claimed = admitWorld({ policy: () => policy, find: async () => facts("fail") });
    expect(brief(await proven.ask([IMAGE]))).toEqual([false, "denied", "deny-rule"]);
    expect(brief(await claimed.ask([IMAGE]))).toEqual([true, "satisfied", "satisfied"]);
  });

  test("refuses everything while there is no policy", async () => {
    const world = admitWorld({ policy: () => undefined });
    expect(brief(await world.ask([IMAGE]))).toEqual([false, "denied", "policy-not-loaded"]);
  });

  test("lets what was there before pass without a question", async () => {
    const request = requestOf([TAGGED]);
    const world = admitWorld({ policy: () => policyOf({ denied: () => "stolen" }) });
    const change = { operation: "UPDATE", ...(request.object && { oldObject: request.object }) } as const;
    expect(brief(await world.ask([TAGGED], change))).toEqual([true, "unchanged", "allowed-unchanged"]);
    expect(brief(await world.ask([IMAGE], change))).toEqual([false, "denied", "deny-rule"]);
  });

  test("judges a template by the digest its tag has now, and refuses it where tags are not allowed", async () => {
    const world = admitWorld({});
    const admission = await world.ask([], template(TAGGED));
    expect(admission.verdict.images).toMatchObject([{ outcome: "satisfied", digest: DIGEST }]);
    const strict = admitWorld({ policy: () => policyOf({}, { pin: "require" }) });
    expect(brief(await strict.ask([], template(TAGGED)))).toEqual([false, "denied", "ref-not-pinned"]);
    const gone = admitWorld({ manifest: async () => undefined });
    expect(brief(await gone.ask([], template(TAGGED)))).toEqual([false, "denied", "image-not-found"]);
  });

  test("never keeps what a tag points to", async () => {
    let asked = 0;
    const manifest = async () => {
      asked += 1;
      return undefined;
    };
    const world = admitWorld({ manifest });
    await world.ask([], template(TAGGED));
    await world.ask([], template(TAGGED));
    expect(asked).toBe(2);
  });

  test("asks for an exception with every code that failed, and warns when it is used", async () => {
    const codes: (readonly string[])[] = [];
    const exceptionFor: PolicyInForce["exceptionFor"] = (image) => {
      codes.push(image.codes);
      return exception;
    };
    const facts = { ...factsOf("fail", "no-signature"), codes: ["no-signature", "age-exceeded"] };
    const world = admitWorld({ policy: () => policyOf({ exceptionFor }), find: async () => facts });
    const admission = await world.ask([IMAGE]);
    expect(brief(admission)).toEqual([true, "excepted", "allowed-exception"]);
    expect(codes).toEqual([["no-signature", "age-exceeded"]]);
    expect(explainAdmission(requestOf([IMAGE]), admission, AT).answer.warnings).toEqual([
      `exception exc-1: ${IMAGE} is let pass`,
    ]);
  });

  test("lets an audited namespace pass with a warning and a record", async () => {
    const audit = { kind: "audit", owner: "o", until: AT } as const;
    const facts = factsOf("fail", "no-signature");
    const world = admitWorld({ policy: () => policyOf({ enforcementOf: () => audit }), find: async () => facts });
    const admission = await world.ask([IMAGE]);
    const { answer, record } = explainAdmission(requestOf([IMAGE]), admission, AT);
    expect([answer.denial, answer.warnings.length]).toEqual([undefined, 1]);
    expect(answer.annotations).toMatchObject({ policy: "p1", codes: "no-signature" });
    expect(record).toMatchObject({ mode: "audit", allowed: true, images: [{ outcome: "denied" }] });
  });

  test("refuses more distinct images than it judges, and counts the same one once", async () => {
    const many = Array.from({ length: 33 }, (_, i) => `registry.example/payments/a${i}@${DIGEST}`);
    const world = admitWorld({});
    expect((await world.ask(many)).verdict.images.every(({ code }) => code === "too-many-images")).toBe(true);
    expect(world.found()).toBe(0);
    expect((await world.ask(many.slice(1))).verdict.allowed).toBe(true);
    expect((await world.ask(Array.from({ length: 40 }, () => IMAGE))).verdict.allowed).toBe(true);
  });

  test.each<[FaultId, string, string]>([
    ["registry.unreachable", "unknown", "registry-unreachable"],
    ["registry.unauthorized", "unknown", "registry-auth"],
    ["http.refused", "unknown", "registry-refused"],
    ["registry.too-large", "unknown", "too-large"],
    ["registry.digest-mismatch", "unknown", "digest-mismatch"],
    ["trust.expired", "unknown", "root-expired"],
    ["store.busy", "unknown", "registry-unreachable"],
  ])("refuses under the fault %s, and asks again soon", async (id, outcome, code) => {
    let isDown = true;
    const find = async () => {
      if (isDown) throw new Fault(id, "x");
      return factsOf("pass");
    };
    const world = admitWorld({ find });
    expect(brief(await world.ask([IMAGE]))).toEqual([false, outcome, code]);
    isDown = false;
    world.wait(5_000);
    expect(brief(await world.ask([IMAGE]))).toEqual([true, "satisfied", "satisfied"]);
  });

  test("lets a bug of ours fly, so that the answer is 500 and the API server refuses", async () => {
    const world = admitWorld({ find: () => Promise.reject(new TypeError("ours")) });
    await expect(world.ask([IMAGE])).rejects.toThrow("ours");
  });

  test("says at the deadline that there was no time, and keeps what is found out later", async () => {
    const finding = Promise.withResolvers<ReturnType<typeof factsOf>>();
    const world = admitWorld({ find: () => finding.promise, budgetMs: 20 });
    const late = await world.ask([IMAGE]);
    expect(brief(late)).toEqual([false, "unknown", "deadline"]);
    const { denial } = explainAdmission(requestOf([IMAGE]), late, AT).answer;
    expect(denial).toMatchObject({ unavailable: true });
    expect(denial?.message).toContain("there was no answer in time");
    finding.resolve(factsOf("pass"));
    await expect.poll(async () => brief(await world.ask([IMAGE]))[0]).toBe(true);
    expect(world.found()).toBe(1);
  });

  test("finds out once what many ask at the same time", async () => {
    const world = admitWorld({});
    await Promise.all(Array.from({ length: 20 }, async () => world.ask([IMAGE])));
    expect(world.found()).toBe(1);
  });
});

describe("pinImages", () => {
  test("puts the digest to a tag", async () => {
    expect(await pinned(admitWorld({}), TAGGED)).toMatchObject([{ op: "test" }, { value: `${TAGGED}@${DIGEST}` }]);
  });

  test.each<[string, string, Parameters<typeof admitWorld>[0]]>([
    ["a digest", IMAGE, {}],
    ["no family", "registry.example/other/api:1", {}],
    ["an invalid reference", "a b", {}],
    ["a registry that is down", TAGGED, { manifest: () => Promise.reject(new Fault("registry.unreachable", "x")) }],
    ["an image that is not there", TAGGED, { manifest: async () => undefined }],
    ["no policy", TAGGED, { policy: () => undefined }],
    ["a policy that requires digests", TAGGED, { policy: () => policyOf({}, { pin: "require" }) }],
    [
      "an exempt namespace",
      TAGGED,
      { policy: () => policyOf({ enforcementOf: () => ({ kind: "exempt", owner: "o" }) }) },
    ],
  ])("changes nothing for %s", async (_, image, given) => {
    expect(await pinned(admitWorld(given), image)).toEqual([]);
  });
});

function pinned(world: ReturnType<typeof admitWorld>, image: string) {
  const request = requestOf([image]);
  const images = [{ path: "spec.containers[0].image", name: "c0", image, unchanged: false }];
  return pinImages(world.ports)({ request, images, budgetMs: 1000 });
}
