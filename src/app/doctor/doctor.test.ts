import { describe, expect, test } from "vitest";
import { batchOf } from "../../ports/stored-entry.contract.ts";
import { Fault } from "../../core/fault.ts";
import { judgeClock } from "../../core/health/judge-clock.ts";
import type { UnixMs } from "../../core/time.ts";
import type { FollowPosition } from "../../ports/event-store.ts";
import { judgePosition } from "./judge-position.ts";
import { exitOfProbe, type Probe, runProbes } from "./probe.ts";
import { toStatusLines } from "./status.ts";

const NOW = 1_790_000_000_000 as UnixMs;
const current: FollowPosition = { ...batchOf(0, []).position, indexedUpto: 0, updatedAt: NOW };
const minutes = (count: number): UnixMs => (NOW - count * 60_000) as UnixMs;

describe("judgePosition", () => {
  test.each([
    ["a log that is read to its head", {}, "ok"],
    ["a log that is being read", { indexedUpto: 0, head: { ...current.head, size: 5 } }, "warn"],
    ["a log without a proven checkpoint", { head: undefined }, "warn"],
    ["a follower that has not looked for eleven minutes", { updatedAt: minutes(11) }, "undecided"],
    ["a log that could not be proven", { state: "unproven", reason: "tile-missing" }, "finding"],
    ["a log that contradicts itself", { state: "disputed", reason: "equivocation" }, "finding"],
    ["a log that a person froze", { state: "frozen", reason: "incident" }, "warn"],
  ] as const)("%s", (_, change, state) => {
    expect(judgePosition({ ...current, ...change } as FollowPosition, NOW).state).toBe(state);
  });

  test("a contradiction is tamper, and exits 5", () => {
    expect(exitOfProbe(judgePosition({ ...current, state: "disputed", reason: "x" }, NOW))).toBe(5);
  });
});

describe("judgeClock", () => {
  const asked = { before: NOW, after: (NOW + 200) as UnixMs };
  test.each([
    ["the same time", 0, "ok"],
    ["within the second that a date does not tell", -900, "ok"],
    ["four seconds behind", 4_000, "ok"],
    ["ten seconds behind", 10_000, "warn"],
    ["ten seconds ahead", -11_000, "warn"],
    ["two hours behind", 7_200_000, "finding"],
    ["two hours ahead", -7_200_000, "finding"],
    ["no date at all", Number.NaN, "undecided"],
  ] as const)("%s", (_, deltaMs, state) => {
    expect(judgeClock("log.example", NOW + deltaMs, asked).state).toBe(state);
  });

  test("says which of the two is ahead", () => {
    expect(judgeClock("log.example", NOW + 7_200_000, asked).detail).toBe("7200 s behind log.example");
    expect(judgeClock("log.example", NOW - 7_200_000, asked).detail).toBe("7199 s ahead of log.example");
  });
});

describe("runProbes", () => {
  const signal = new AbortController().signal;

  test.each([
    ["log.unreachable", "undecided", 3],
    ["log.malformed", "undecided", 3],
    ["registry.unauthorized", "finding", 4],
    ["trust.invalid", "finding", 1],
    ["trust.rollback", "finding", 5],
  ] as const)("%s is %s, exits %i, and comes with its remedy", async (id, state, exit) => {
    const [result] = await runProbes([throwing(new Fault(id, "x"))], signal);
    expect(result).toMatchObject({ state, fix: expect.any(String) as string });
    expect(result && exitOfProbe(result)).toBe(exit);
  });

  test("one that fails leaves the others alone, and they keep their order", async () => {
    const fine: Probe = { group: "store", name: "store", run: async () => ({ state: "ok", detail: "7 events" }) };
    const results = await runProbes([throwing(new Fault("log.unreachable", "x")), fine], signal);
    expect(results.map(({ state }) => state)).toEqual(["undecided", "ok"]);
  });

  test("what has not answered when the time is up is undecided", async () => {
    const stop = new AbortController();
    const running = runProbes([{ group: "logs", name: "slow", run: untilStopped }], stop.signal);
    stop.abort();
    expect(await running).toMatchObject([{ state: "undecided", detail: "did not answer in the time given" }]);
  });

  test("a bug in a probe is a bug", async () => {
    await expect(runProbes([throwing(new TypeError("ours"))], signal)).rejects.toThrow("ours");
  });
});

describe("toStatusLines", () => {
  const empty = { positions: [], misbehaviours: [], count: 0, gaps: [] };

  test("an empty store is not fine: nothing was looked at", () => {
    expect(toStatusLines(empty, NOW).map(({ state }) => state)).toEqual(["ok", "undecided"]);
  });

  test("shows a watch that stands still, and not one that went on", () => {
    const gap = { cluster: "prod-eu", resource: "pods", since: minutes(5), reason: "connection lost" };
    const lines = toStatusLines({ ...empty, positions: [current], gaps: [gap, { ...gap, until: minutes(1) }] }, NOW);
    expect(lines.map(({ group, state }) => `${group} ${state}`)).toEqual(["store ok", "logs ok", "clusters undecided"]);
  });

  test("shows what a log did wrong, for ever", () => {
    const found = { log: "rekor", code: "equivocation", detail: "two roots", at: minutes(60), evidence: {} };
    const lines = toStatusLines({ ...empty, positions: [current], misbehaviours: [found] }, NOW);
    expect(lines.map(exitOfProbe)).toEqual([0, 0, 5]);
  });
});

function throwing(error: Error): Probe {
  return {
    group: "logs",
    name: "x",
    run: async () => {
      throw error;
    },
  };
}

const untilStopped: Probe["run"] = (signal) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("the reason of the signal")), { once: true });
  });
