import { describe, expect, test } from "vitest";
import { AT, DIGEST, factsOf, policyOf } from "../../../test/setup/admit-world.ts";
import { faultSwitch } from "../../../test/setup/failing.ts";
import { virtualFactsStore } from "../../adapters/virtual/facts-store.ts";
import type { ReverifiedImage } from "../../core/admission/reverified.ts";
import type { RunningImage } from "../../core/admission/running-image.ts";
import type { DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { ImageOutcome } from "../../core/policy/review-verdict.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { FactsStore } from "../../ports/facts-store.ts";
import { heldFacts } from "./held-facts.ts";
import type { FactsQuestion, ImageFacts } from "./image-facts.ts";
import type { PolicyInForce } from "./policy-in-force.ts";
import { reverify, type Reverify } from "./reverify.ts";

const never = new AbortController().signal;
const REPOSITORY = "registry.example/payments/api";
const INDEX = `sha256:${"11".repeat(32)}` as DigestRef;
const HOUR_MS = 3_600_000;

function running(change: Partial<RunningImage> = {}): RunningImage {
  const workload = { apiVersion: "v1", kind: "Pod", name: "api", uid: "u", containers: ["app"] };
  const image = { cluster: "prod", namespace: "payments", given: `${REPOSITORY}:1`, repository: REPOSITORY };
  return { ...image, digests: [DIGEST], workloads: [workload], ...change };
}

type Given = {
  readonly policy?: () => PolicyInForce | undefined;
  readonly find?: (question: FactsQuestion) => ImageFacts;
  readonly store?: FactsStore;
};
type World = {
  readonly judge: Reverify;
  readonly one: (image?: RunningImage) => Promise<ReverifiedImage>;
  readonly asked: string[];
  readonly wait: (ms: number) => void;
};

function worldOf(given: Given = {}): World {
  let now: UnixMs = AT;
  const asked: string[] = [];
  const clock = { now: () => now, sleep: async () => undefined };
  const facts = heldFacts({
    find: async (question) => {
      asked.push(question.digest);
      return (given.find ?? (() => factsOf("pass")))(question);
    },
    store: given.store ?? virtualFactsStore(),
    clock,
    engine: "1",
    intervalMs: 6 * HOUR_MS,
    perSecond: 1000,
  });
  const registry = {
    manifest: () => Promise.reject(new Error("a tag is never resolved: what runs is what the runtime says")),
  };
  const policy = given.policy ?? (() => policyOf());
  const judge = reverify({ clock, registry, policy, facts, engine: "1", tzdata: "" });
  return {
    judge,
    one: async (image = running()) => {
      const [judged] = await judge([image], never);
      if (!judged) throw new Error("one image, one verdict");
      return judged;
    },
    asked,
    wait: (ms) => void (now = addMs(now, ms)),
  };
}

const unreachable = (): ImageFacts => {
  throw new Fault("registry.unreachable", "r");
};
const ofIncident: PolicyInForce["denied"] = (what) =>
  what.kind === "digest" && what.digest === DIGEST ? "incident 7" : undefined;

describe("reverify", () => {
  test("judges what runs as admission would, in the namespace it runs in", async () => {
    const world = worldOf();
    expect(await world.one()).toMatchObject({
      verdict: { outcome: "satisfied", digest: DIGEST, family: "payments", canonical: `${REPOSITORY}@${DIGEST}` },
      mode: "enforce",
      policy: "production r17",
      needs: "signature by builder",
      at: AT,
    });
  });

  test.each<[string, Given, Partial<RunningImage>, ImageOutcome, string]>([
    ["unsigned", { find: () => factsOf("fail", "no-signature") }, {}, "denied", "no-signature"],
    [
      "of no family",
      {},
      { repository: "registry.example/other", given: "registry.example/other:1" },
      "denied",
      "no-family",
    ],
    ["without a policy", { policy: () => undefined }, {}, "unknown", "policy-not-loaded"],
    ["whose digest nobody reports", {}, { digests: [] }, "unknown", "digest-unreported"],
    ["whose name cannot be read", {}, { given: "!", repository: "" }, "denied", "ref-invalid"],
    [
      "in an exempt namespace",
      { policy: () => policyOf({ enforcementOf: () => ({ kind: "exempt", owner: "o", reason: "r" }) as never }) },
      { digests: [] },
      "exempt",
      "allowed-exempt",
    ],
    ["that is denied by digest", { policy: () => policyOf({ denied: () => "incident 7" }) }, {}, "denied", "deny-rule"],
  ])("an image %s", async (...[, given, change, outcome, code]) => {
    expect((await worldOf(given).one(running(change))).verdict).toMatchObject({ outcome, code });
  });

  test("a registry that does not answer makes neither a yes nor a no", async () => {
    const { verdict } = await worldOf({ find: unreachable }).one();
    expect(verdict).toMatchObject({ outcome: "unknown", code: "registry-unreachable" });
  });

  test("a signed index covers the manifest that runs; an unsigned one does not, nor does it lift a deny rule", async () => {
    const onlyIndex = ({ digest }: FactsQuestion): ImageFacts =>
      digest === INDEX ? factsOf("pass") : factsOf("fail", "no-signature");
    const held = running({ digests: [DIGEST, INDEX] });
    expect((await worldOf({ find: onlyIndex }).one(held)).verdict).toMatchObject({
      outcome: "satisfied",
      digest: INDEX,
    });
    const none = worldOf({ find: () => factsOf("fail", "no-signature") });
    expect((await none.one(held)).verdict).toMatchObject({ outcome: "denied", digest: DIGEST });
    const barred = worldOf({ find: onlyIndex, policy: () => policyOf({ denied: ofIncident }) });
    expect((await barred.one(held)).verdict).toMatchObject({ outcome: "denied", code: "deny-rule" });
  });

  test("repeats a verdict from memory, with the time at which it was reached", async () => {
    const world = worldOf();
    const { at } = await world.one();
    world.wait(HOUR_MS);
    expect((await world.one()).at).toBe(at);
    expect(world.asked).toHaveLength(1);
  });

  test("judges anew when the time has come, and when the policy or a root is another", async () => {
    let hash = "f1";
    const world = worldOf({ policy: () => policyOf({ familyHash: () => hash }) });
    await world.one();
    world.wait(6 * HOUR_MS);
    expect((await world.one()).at).toBe(addMs(AT, 6 * HOUR_MS));
    hash = "f2";
    await world.one();
    expect(world.asked).toHaveLength(3);
  });

  test("meets the end of an exception and of break glass at once, without asking anybody", async () => {
    const exception = { name: "exc-1" } as NonNullable<ReturnType<PolicyInForce["exceptionFor"]>>;
    const glass = { name: "bg-1" } as NonNullable<ReturnType<PolicyInForce["breakGlassFor"]>>;
    const policy = policyOf({
      exceptionFor: (_, at) => (at < addMs(AT, 2000) ? exception : undefined),
      breakGlassFor: (_, at) => (at < addMs(AT, 1000) ? glass : undefined),
    });
    const world = worldOf({ find: () => factsOf("fail", "no-signature"), policy: () => policy });
    const outcomes: ImageOutcome[] = [];
    for (let i = 0; i < 3; i++) {
      outcomes.push((await world.one()).verdict.outcome); // oxlint-disable-line no-await-in-loop -- in time's order
      world.wait(1000);
    }
    expect(outcomes).toEqual(["broken-glass", "excepted", "denied"]);
    expect(world.asked).toHaveLength(1);
  });

  test("goes on where a killed run was", async () => {
    const store = virtualFactsStore();
    const images = Array.from({ length: 20 }, (_, i) =>
      running({ digests: [`sha256:${i.toString(16).padStart(64, "0")}` as DigestRef] }),
    );
    const stop = new AbortController();
    const find = (): ImageFacts => {
      if (first.asked.length === 10) stop.abort();
      return factsOf("pass");
    };
    const first: World = worldOf({ store, find });
    await expect(first.judge(images, stop.signal)).rejects.toThrow("aborted");
    const second = worldOf({ store });
    expect(await second.judge(images, never)).toHaveLength(20);
    expect(first.asked.length + second.asked.length).toBe(20);
  });

  test("lets no fault of the store pass for a verdict, and a repeat succeeds", async () => {
    for (let at = 1; ; at++) {
      const faults = faultSwitch();
      const store = faults.watch(virtualFactsStore(), ["store.busy"]);
      const world = worldOf({ store });
      faults.arm(at, 0);
      const failed = await world.one().catch((error: unknown) => error); // oxlint-disable-line no-await-in-loop -- one fault at a time
      if (faults.met() === undefined) break;
      expect(failed).toMatchObject({ id: "store.busy" });
      expect((await world.one()).verdict.outcome).toBe("satisfied"); // oxlint-disable-line no-await-in-loop -- as above
      expect(world.asked).toHaveLength(1);
    }
  });
});
