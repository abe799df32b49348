import { expect, test } from "vitest";
import type { Learned } from "../../capabilities/correlate/learn-signatures.ts";
import type { ObserveCheckpoints } from "../../capabilities/follow/observe-checkpoints.ts";
import type { ImageTarget } from "../../capabilities/correlate/targets.ts";
import { digestRefOf } from "../../core/digest.ts";
import type { UnixMs } from "../../core/time.ts";
import { silentLog, type Log } from "../telemetry/log.ts";
import { learnWorker } from "./learn.ts";

const image = (i: number): ImageTarget => ({
  repository: "registry.example/app",
  reference: digestRefOf(Uint8Array.of(i >> 8, i % 256)),
});
const NOTHING: Learned = { links: [], refused: [], unfollowed: [], checkpoints: [], gaps: [] };

const quiet: ObserveCheckpoints = async (notes) => notes.map(() => ({ outcome: "consistent", detail: "" }));

type Rounds = {
  readonly sleeps: readonly number[];
  readonly answer?: Learned;
  readonly observe?: ObserveCheckpoints;
  readonly log?: Log;
};

/** Runs the worker for some rounds of a clock that jumps; returns how many images each round looked at. */
async function roundsOf(
  targets: readonly ImageTarget[],
  { sleeps, answer = NOTHING, observe = quiet, log = silentLog }: Rounds,
): Promise<readonly number[]> {
  const stop = new AbortController();
  const looked: number[] = [];
  let now = 1_790_000_000_000;
  let slept = 0;
  const clock = {
    now: () => now as UnixMs,
    sleep: async () => {
      now += sleeps[slept] ?? 0;
      if ((slept += 1) > sleeps.length) stop.abort();
    },
  };
  const learn = async (due: readonly ImageTarget[]): Promise<Learned> => {
    looked.push(due.length);
    return answer;
  };
  await learnWorker({ clock, log, targets: async () => targets, learn, observe }).run(stop.signal);
  return looked;
}

test("an image that was looked at is left alone for an hour", async () => {
  expect(await roundsOf([image(1), image(2)], { sleeps: [60_000, 3_000_000] })).toEqual([2]);
  expect(await roundsOf([image(1), image(2)], { sleeps: [60_000, 3_600_000] })).toEqual([2, 2]);
});

test("an image whose entry is not followed yet is asked for again in the next round", async () => {
  const answer = { ...NOTHING, unfollowed: [{ target: image(1), blob: digestRefOf(Uint8Array.of(9)) }] };
  expect(await roundsOf([image(1), image(2)], { sleeps: [60_000], answer })).toEqual([2, 1]);
});

test("a large estate is looked at in parts, without waiting between them", async () => {
  const many = Array.from({ length: 450 }, (_, i) => image(i));
  expect(await roundsOf(many, { sleeps: [] })).toEqual([200, 200, 50]);
});

test("the checkpoints of bundles are held against their logs, each once, and a contradiction is said", async () => {
  const [good, forked] = [Uint8Array.of(1), Uint8Array.of(2)];
  const answer = { ...NOTHING, checkpoints: [good, forked, good] };
  const observed: (readonly Uint8Array[])[] = [];
  const observe: ObserveCheckpoints = async (notes) => {
    observed.push(notes);
    return notes.map((note) =>
      note === forked
        ? { outcome: "contradiction", log: "rekor", detail: "two roots" }
        : { outcome: "consistent", log: "rekor", detail: "" },
    );
  };
  const said: unknown[] = [];
  const log: Log = (level, event, fields) => void said.push([level, event, fields?.["log"]]);
  await roundsOf([image(1)], { sleeps: [60_000, 3_600_000], answer, observe, log });
  expect(observed).toEqual([[good, forked], []]);
  expect(said.filter((line) => JSON.stringify(line).includes("contradicted"))).toEqual([
    ["error", "log.contradicted", "rekor"],
  ]);
});

test("more checkpoints than are remembered are held against their logs again, none is passed over", async () => {
  const many = Array.from({ length: 100_001 }, (_, i) => new Uint8Array(Uint32Array.of(i).buffer));
  const observed: number[] = [];
  const observe: ObserveCheckpoints = async (notes) => {
    observed.push(notes.length);
    return notes.map(() => ({ outcome: "consistent", detail: "" }));
  };
  await roundsOf([image(1)], { sleeps: [3_600_000], answer: { ...NOTHING, checkpoints: many }, observe });
  expect(observed).toEqual([100_001, 100_001]);
});
