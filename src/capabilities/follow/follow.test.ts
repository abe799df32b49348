import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openFollowWorld, never, someTexts, type FollowWorld } from "../../../test/follow/follow-world.ts";
import type { EventStore } from "../../ports/event-store.ts";
import { follow, followOnce, type FollowOptions } from "./follow.ts";
import { judgeStored } from "./follow-step.ts";
import type { FollowedLog, StepReport } from "./followed-log.ts";

let world: FollowWorld;
beforeEach(() => {
  world = openFollowWorld();
});
afterEach(() => world.close());

/** Follows until it has waited this often, each time with the same chance; what was reported, and how long it would have waited. */
async function followFor(
  waits: number,
  log: FollowedLog,
  options: Partial<FollowOptions> = {},
  onWait: (wait: number) => void | Promise<void> = () => undefined,
): Promise<{ readonly reports: readonly StepReport[]; readonly delaysMs: readonly number[] }> {
  const stop = new AbortController();
  const [reports, delaysMs]: [StepReport[], number[]] = [[], []];
  const clock = {
    ...world.ports.clock,
    sleep: async (delayMs: number) => {
      delaysMs.push(delayMs);
      await onWait(delaysMs.length);
      if (delaysMs.length === waits) stop.abort();
    },
  };
  const random = { bytes: () => Uint8Array.of(0x80, 0) };
  const onReport = (report: StepReport): void => void reports.push(report);
  await follow({ ...world.ports, clock, random }, { everyMs: 30_000, onReport, ...options })([log], stop.signal);
  return { reports, delaysMs };
}

describe("follow", () => {
  test("looks again after a while, and reads what has come", async () => {
    const served = await world.serveRekor2();
    const { reports, delaysMs } = await followFor(3, served.log, {}, (wait) =>
      served.append(...someTexts(2, `${wait} `)),
    );
    expect(reports.map(({ indexedUpto }) => indexedUpto)).toEqual([0, 2, 4]);
    expect(delaysMs).toEqual([30_000, 30_000, 30_000]);
  });

  test("does not wait while there is more to read", async () => {
    const served = await world.serveRekor2();
    await served.append(...someTexts(5_000));
    const { reports, delaysMs } = await followFor(1, served.log, { entriesMax: 1_000 });
    expect(reports.map(({ outcome }) => outcome)).toEqual(["behind", "behind", "current"]);
    expect(delaysMs).toEqual([30_000]);
  });

  test("waits longer each time a log cannot be proven, at random up to that, and starts over when it can", async () => {
    const served = await world.serveRekor2();
    served.faults.mangle = () => undefined;
    const { delaysMs } = await followFor(12, served.log, {}, (wait) => {
      if (wait === 10) served.faults.mangle = undefined;
      if (wait === 11) served.faults.mangle = () => undefined;
    });
    expect(delaysMs).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 150_000, 30_000, 500]);
  });

  test("ends with a fault of the store, for nothing could be kept", async () => {
    const served = await world.serveRekor2();
    await world.step(served);
    await served.append("payments-prod one");
    const store = { ...world.ports.store, saveCheckpoint: () => Promise.reject(new Error("disk")) };
    const run = follow({ ...world.ports, store, random: { bytes: (n) => new Uint8Array(n) } }, { everyMs: 1 });
    await expect(run([served.log], never)).rejects.toThrow(/disk/);
  });
});

type Lie = (store: EventStore) => Partial<EventStore>;
const position =
  (change: object): Lie =>
  (store) => ({
    position: async (log) => {
      const stored = await store.position(log);
      return stored && { ...stored, ...change };
    },
  });
describe("judgeStored", () => {
  test.each<[string, Lie]>([
    ["a row less than there were", () => ({ count: async () => 4 })],
    ["a row more", () => ({ count: async () => 6 })],
    ["a position that is further", position({ indexedUpto: 6 })],
    ["a frontier of another size", position({ frontier: [] })],
    [
      "a head whose note is not signed",
      (store) => ({
        position: async (log) => {
          const stored = await store.position(log);
          const head = stored?.head;
          return (
            stored &&
            head && { ...stored, head: { ...head, note: head.note.map((byte, i) => (i === 9 ? byte ^ 1 : byte)) } }
          );
        },
      }),
    ],
    [
      "a head that is not what its note says",
      (store) => ({
        position: async (log) => {
          const stored = await store.position(log);
          return stored?.head && { ...stored, head: { ...stored.head, size: 4 } };
        },
      }),
    ],
    [
      "another frontier of the right size",
      (store) => ({
        position: async (log) => {
          const stored = await store.position(log);
          return stored && { ...stored, frontier: stored.frontier.toReversed() };
        },
      }),
    ],
  ])("finds %s, and nothing is written on it", async (_, lie) => {
    const served = await world.serveRekor2();
    await served.append(...someTexts(5));
    await world.step(served);
    expect(await judgeStored(world.ports.store, served.log)).toEqual({ ok: true, value: undefined });
    const store = { ...world.ports.store, ...lie(world.ports.store) };
    expect(await judgeStored(store, served.log)).toMatchObject({ ok: false, problem: { code: "store-corrupt" } });
    await served.append(...someTexts(2, "more "));
    const [report] = await followOnce({ ...world.ports, store })([served.log], never);
    expect(report).toMatchObject({ outcome: "unproven", code: "store-corrupt", added: 0 });
    expect(await world.ports.store.count()).toBe(5);
  });
});
