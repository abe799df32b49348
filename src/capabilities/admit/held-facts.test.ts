import { describe, expect, test } from "vitest";
import { AT, DIGEST, factsOf, policyOf } from "../../../test/setup/admit-world.ts";
import { faultSwitch } from "../../../test/setup/failing.ts";
import { virtualFactsStore } from "../../adapters/virtual/facts-store.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { heldFacts, type HeldFacts, type HeldFactsPorts, type Question } from "./held-facts.ts";
import type { ImageFacts } from "./image-facts.ts";

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;
const policy = policyOf();
const family = policy.familyOf("registry.example/payments/api");

function question(change: Partial<Question> = {}): Question {
  if (!family) throw new Error("the policy of this test has one family");
  return { repository: "registry.example/payments/api", digest: DIGEST, family, policy, ...change };
}

type World = {
  readonly facts: HeldFacts;
  readonly asked: () => number;
  readonly wait: (ms: number) => void;
  readonly slept: number[];
  readonly again: (change?: Partial<HeldFactsPorts>) => HeldFacts;
};

function worldOf(found: () => ImageFacts | Error = () => factsOf("pass")): World {
  let now: UnixMs = AT;
  let asked = 0;
  const slept: number[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now = addMs(now, ms);
    },
  };
  const ports: HeldFactsPorts = {
    find: async () => {
      asked += 1;
      const value = found();
      if (value instanceof Error) throw value;
      return value;
    },
    store: virtualFactsStore(),
    clock,
    engine: "1",
    intervalMs: 6 * HOUR_MS,
    perSecond: 10,
  };
  const again = (change: Partial<HeldFactsPorts> = {}): HeldFacts => heldFacts({ ...ports, ...change });
  return { facts: again(), asked: () => asked, wait: (ms) => void (now = addMs(now, ms)), slept, again };
}

describe("heldFacts", () => {
  test("asks again when the interval is over, and not before", async () => {
    const world = worldOf();
    await world.facts.find(question(), never);
    world.wait(6 * HOUR_MS - 1);
    expect(world.facts.recall(question())).toMatchObject({ code: "satisfied" });
    world.wait(1);
    expect(world.facts.recall(question())).toBeUndefined();
    expect(await world.facts.find(question(), never)).toMatchObject({ cached: false });
    expect(world.asked()).toBe(2);
  });

  test("asks again after an hour where something was missing: somebody may have signed it since", async () => {
    const world = worldOf(() => factsOf("fail", "no-signature"));
    await world.facts.find(question(), never);
    world.wait(HOUR_MS - 1);
    expect(world.facts.recall(question())).toBeDefined();
    world.wait(1);
    expect(world.facts.recall(question())).toBeUndefined();
  });

  test("holds nothing longer than it is true", async () => {
    const world = worldOf(() => ({ ...factsOf("pass"), validUntil: addMs(AT, 1000) }));
    await world.facts.find(question(), never);
    world.wait(1000);
    expect(world.facts.recall(question())).toBeUndefined();
  });

  test.each<[string, Partial<Question>]>([
    ["policy or root", { policy: policyOf({ familyHash: () => "f2" }) }],
    ["repository", { repository: "registry.example/payments/other" }],
    ["digest", { digest: DIGEST.replace("3f", "4f") as typeof DIGEST }],
  ])("does not answer for another %s", async (_, change) => {
    const world = worldOf();
    await world.facts.find(question(), never);
    expect(world.facts.recall(question(change))).toBeUndefined();
  });

  test("does not let the world's failure pass for an answer, and asks again in minutes", async () => {
    const world = worldOf(() => new Fault("registry.unreachable", "r"));
    const { facts } = await world.facts.find(question(), never);
    expect([facts.require.state, facts.code]).toEqual(["unknown", "registry-unreachable"]);
    world.wait(300_000);
    expect(world.facts.recall(question())).toBeUndefined();
  });

  test("a bug flies, and leaves nothing", async () => {
    const world = worldOf(() => new TypeError("ours"));
    await expect(world.facts.find(question(), never)).rejects.toThrow("ours");
    expect(world.facts.stats().entries).toBe(0);
  });

  test("asks registries ten times a second at most", async () => {
    const world = worldOf();
    for (let i = 0; i < 20; i++) {
      const digest = DIGEST.replace("3f3f", i.toString(16).padStart(4, "0")) as typeof DIGEST;
      await world.facts.find(question({ digest }), never); // oxlint-disable-line no-await-in-loop -- the pace is the point
    }
    expect(world.slept).toEqual(Array.from({ length: 19 }, () => 100));
  });

  test("goes on after a restart with what was saved, and with nothing that another program found", async () => {
    const world = worldOf();
    await world.facts.find(question(), never);
    await world.facts.save();
    const restarted = world.again();
    expect(restarted.recall(question())).toBeUndefined();
    await restarted.load([question()]);
    expect(restarted.recall(question())).toMatchObject({ code: "satisfied" });
    expect(restarted.foundAt(question())).toBe(AT);
    const updated = world.again({ engine: "2" });
    await updated.load([question()]);
    expect(updated.recall(question())).toBeUndefined();
  });

  test("saved facts are as old as they are", async () => {
    const world = worldOf();
    await world.facts.find(question(), never);
    await world.facts.save();
    world.wait(6 * HOUR_MS);
    const restarted = world.again();
    await restarted.load([question()]);
    expect(restarted.recall(question())).toBeUndefined();
  });

  test("text in the store that is none of ours is found out again", async () => {
    const world = worldOf();
    const store = virtualFactsStore();
    const facts = world.again({ store });
    await facts.find(question(), never);
    const key = `${DIGEST} registry.example/payments/api f1 1`;
    await store.put([{ key, facts: "{", foundAt: AT }]);
    const restarted = world.again({ store });
    await restarted.load([question()]);
    expect(restarted.foundAt(question())).toBe(AT);
    expect(restarted.recall(question())).toBeUndefined();
  });

  test.each(["store.busy", "store.read-only"] as const)(
    "what could not be saved for %s is saved the next time",
    async (id) => {
      const world = worldOf();
      const store = virtualFactsStore();
      const faults = faultSwitch();
      const facts = world.again({ store: faults.watch(store, [id] satisfies readonly FaultId[]) });
      await facts.find(question(), never);
      faults.arm(1, 0);
      await expect(facts.save()).rejects.toMatchObject({ id });
      await facts.save();
      const restarted = world.again({ store });
      await restarted.load([question()]);
      expect(restarted.recall(question())).toBeDefined();
    },
  );

  test("lets go of what nothing asks for any more", async () => {
    const world = worldOf();
    await world.facts.find(question(), never);
    await world.facts.keepOnly([]);
    expect(world.facts.stats().entries).toBe(0);
  });
});
