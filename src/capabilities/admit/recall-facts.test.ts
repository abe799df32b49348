import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AT, DIGEST, factsOf, policyOf, stopped } from "../../../test/setup/admit-world.ts";
import { addMs } from "../../core/time.ts";
import { bytePool } from "./byte-pool.ts";
import { factsForm } from "./facts-form.ts";
import { keepUntil } from "./keep-until.ts";
import type { FactsQuestion, ImageFacts } from "./image-facts.ts";
import { recallFacts } from "./recall-facts.ts";
import { singleFlight } from "./single-flight.ts";
import { CACHE_BYTES_MAX, verdictCache } from "./verdict-cache.ts";

const never = new AbortController().signal;
const policy = policyOf();
const family = policy.familyOf("registry.example/payments/api");
const question = (change: Partial<FactsQuestion> = {}): FactsQuestion => {
  if (!family) throw new Error("the policy of this test has one family");
  return { repository: "registry.example/payments/api", digest: DIGEST, family, policy, ...change };
};

describe("recallFacts", () => {
  test.each<[string, Partial<FactsQuestion>]>([
    ["digest", { digest: DIGEST.replace("3f", "4f") as typeof DIGEST }],
    ["repository", { repository: "registry.example/payments/other" }],
    ["family or root", { policy: policyOf({ familyHash: () => "f2" }) }],
  ])("does not answer for another %s", async (_, change) => {
    const memory = recallFacts(async () => factsOf("pass"), stopped);
    await memory.find(question(), never);
    expect(memory.recall(question())).toMatchObject({ code: "satisfied" });
    expect(memory.recall(question(change))).toBeUndefined();
  });

  test("answers what is missing for one tag only, and what is there for every tag", async () => {
    let signed = false;
    const asked: (string | undefined)[] = [];
    const memory = recallFacts(async ({ tag }) => {
      asked.push(tag);
      if (signed) return factsOf("pass");
      return factsOf("fail", tag === "v1" ? "child-not-signed" : "no-signature");
    }, stopped);
    const codeOf = async (tag?: string): Promise<string> =>
      (await memory.find(question(tag === undefined ? {} : { tag }), never)).facts.code;
    expect([await codeOf("v1"), await codeOf("v2"), await codeOf()]).toEqual([
      "child-not-signed",
      "no-signature",
      "no-signature",
    ]);
    expect([await codeOf("v1"), memory.recall(question({ tag: "v1" }))?.code]).toEqual(
      Array.from({ length: 2 }, () => "child-not-signed"),
    );
    signed = true;
    expect([await codeOf("v3"), await codeOf("v1"), await codeOf()]).toEqual(["satisfied", "satisfied", "satisfied"]);
    expect(asked).toEqual(["v1", "v2", undefined, "v3"]);
    expect(memory.forget(DIGEST)).toBe(4);
  });

  test("forgets a digest, and no other", async () => {
    const memory = recallFacts(async () => factsOf("fail", "no-signature"), stopped);
    const other = question({ digest: DIGEST.replace("3f", "4f") as typeof DIGEST });
    await Promise.all([memory.find(question(), never), memory.find(other, never)]);
    expect([memory.forget(DIGEST), memory.recall(question()), memory.stats().entries]).toEqual([1, undefined, 1]);
  });

  test("keeps nothing of a bug", async () => {
    const memory = recallFacts(() => Promise.reject(new TypeError("ours")), stopped);
    await expect(memory.find(question(), never)).rejects.toThrow("ours");
    expect(memory.stats()).toMatchObject({ entries: 0, underWay: 0 });
  });
});

describe("keepUntil", () => {
  test.each<[string, ImageFacts, number]>([
    ["a satisfied image a day", factsOf("pass"), 86_400_000],
    ["a failure of the world five seconds", factsOf("unknown", "registry-unreachable"), 5_000],
    ["a missing signature half a minute", factsOf("fail", "no-signature"), 30_000],
    ["another identity half a minute", factsOf("fail", "identity-mismatch"), 30_000],
    ["forged evidence ten minutes", factsOf("fail", "set-signature"), 600_000],
    ["a code that nobody knows half a minute", factsOf("fail", "what"), 30_000],
    ["forged beside missing half a minute", { ...factsOf("fail"), codes: ["signature", "no-attestation"] }, 30_000],
  ])("keeps %s", (_, facts, lifetimeMs) => {
    expect(keepUntil(facts, AT)).toBe(addMs(AT, lifetimeMs));
  });

  test("keeps nothing longer than it is true", () => {
    const soon = addMs(AT, 1000);
    expect(keepUntil({ ...factsOf("pass"), validUntil: soon }, AT)).toBe(soon);
    expect(keepUntil({ ...factsOf("fail", "no-signature"), validUntil: addMs(AT, 60_000) }, AT)).toBe(
      addMs(AT, 30_000),
    );
  });
});

describe("verdictCache", () => {
  const form = { toText: (text: string) => text, ofText: (text: string) => text };
  const until = addMs(AT, 10);

  test("gives back what is still good, and nothing at its last millisecond", () => {
    const cache = verdictCache(form);
    cache.put("a", { value: "x", until });
    expect(cache.find("a", addMs(AT, 9))).toBe("x");
    expect(cache.find("a", until)).toBeUndefined();
    expect(cache.stats()).toEqual({ entries: 0, bytes: 0 });
  });

  test("drops what was used longest ago", () => {
    const cache = verdictCache(form, 600);
    cache.put("a", { value: "1", until });
    cache.put("b", { value: "2", until });
    cache.find("a", AT);
    cache.put("c", { value: "3", until });
    expect(["a", "b", "c"].map((key) => cache.find(key, AT))).toEqual(["1", undefined, "3"]);
  });

  test("never holds more than it may, and its count is exact, whatever is done to it", () => {
    const step = fc.record({
      key: fc.constantFrom("a b", "a c", "d"),
      text: fc.string(),
      act: fc.constantFrom("put", "find", "drop"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const cache = verdictCache(form, 800);
        for (const { key, text, act } of steps) {
          if (act === "put") cache.put(key, { value: text, until });
          else if (act === "find") cache.find(key, AT);
          else cache.drop("a ");
          expect(cache.stats().bytes).toBeLessThanOrEqual(800);
        }
        cache.drop("");
        expect(cache.stats()).toEqual({ entries: 0, bytes: 0 });
      }),
    );
  });
});

describe("singleFlight", () => {
  test("lets each leave at its own deadline, and the work go on", async () => {
    const flights = singleFlight<number>(stopped, 60_000);
    const landing = Promise.withResolvers<number>();
    const work = () => landing.promise;
    const impatient = new AbortController();
    const first = flights.join("k", work, impatient.signal);
    const second = flights.join("k", work, never);
    impatient.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    landing.resolve(7);
    expect([await second, flights.underWay()]).toEqual([7, 0]);
  });

  test("gives the work up when its time is over", async () => {
    const over = { ...stopped, sleep: async () => undefined };
    await expect(singleFlight<number>(over, 1).join("k", untilAborted, never)).rejects.toMatchObject({
      id: "registry.unreachable",
    });
  });

  test("starts anew after a failure, and refuses who came too late", async () => {
    const flights = singleFlight<number>(stopped, 60_000);
    await expect(flights.join("k", () => Promise.reject(new Error("down")), never)).rejects.toThrow("down");
    expect(await flights.join("k", async () => 1, never)).toBe(1);
    await expect(flights.join("k", async () => 1, AbortSignal.abort("gone"))).rejects.toThrow("aborted");
  });
});

function untilAborted(signal: AbortSignal): Promise<number> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
}

describe("bytePool", () => {
  test("grants in order of arrival, as room comes back", async () => {
    const pool = bytePool(10);
    const granted: string[] = [];
    const take = async (name: string, bytes: number) => {
      const share = await pool.take(bytes, never);
      granted.push(name);
      return share;
    };
    const a = await take("a", 8);
    const [b, c] = [take("b", 5), take("c", 1)];
    await Promise.resolve();
    expect([granted, pool.taken()]).toEqual([["a"], 8]);
    a.release();
    a.release();
    await Promise.all([b, c]);
    expect([granted, pool.taken()]).toEqual([["a", "b", "c"], 6]);
  });

  test("serves a wish beyond its size alone, and forgets who left", async () => {
    const pool = bytePool(10);
    const whole = await pool.take(50, never);
    const leaving = new AbortController();
    const gone = pool.take(1, leaving.signal);
    leaving.abort(new Error("left"));
    await expect(gone).rejects.toThrow("left");
    await expect(pool.take(1, AbortSignal.abort("late"))).rejects.toThrow("aborted");
    whole.release();
    expect(pool.taken()).toBe(0);
  });
});

describe("factsForm", () => {
  const candidate = {
    source: "bundle",
    digest: DIGEST,
    reasons: [],
    state: "pass",
    identity: { issuer: "https://oidc.example,1", san: "sha256:x \u0000 7", sanType: "uri" },
    signedAt: AT,
    log: { id: "private", index: 118 },
  };
  const facts = factsOf("pass");
  const value = { ...facts, require: { ...facts.require, candidates: [candidate] }, validUntil: AT } as ImageFacts;

  test("gives back what it was given, whatever stands in it", () => {
    const form = factsForm();
    expect(form.ofText(form.toText(value))).toEqual(value);
    const reasons = [{ code: "notation-identity", detail: `signed by O=sha256:${"b".repeat(64)}, "index":7` }];
    const notation = { source: "notation", digest: DIGEST, state: "fail", reasons };
    const term = { ...facts.require, candidates: [notation, candidate], signedParent: DIGEST };
    const ofBoth = { ...facts, require: { op: "any", state: "fail", of: [term, term] } } as unknown as ImageFacts;
    expect(form.ofText(form.toText(ofBoth))).toEqual(ofBoth);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(), (detail, index) => {
        const denied = {
          ...factsOf("fail", detail),
          trust: [{ root: detail, hash: `sha256:${"a".repeat(64)}` }],
          validUntil: addMs(AT, index),
        } as ImageFacts;
        expect(form.ofText(form.toText(denied))).toEqual(denied);
      }),
      { numRuns: 5000 },
    );
  });

  test("takes less than 64 MiB for a hundred thousand verdicts", () => {
    const cache = verdictCache(factsForm());
    for (let i = 0; i < 2_000; i++) {
      const key = `sha256:${String(i).padStart(64, "0")} registry.example/payments/api ${"f".repeat(32)}`;
      cache.put(key, { value, until: addMs(AT, 1) });
    }
    expect(cache.stats().bytes * 50).toBeLessThan(CACHE_BYTES_MAX);
  });
});
