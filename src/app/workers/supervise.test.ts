import { describe, expect, test } from "vitest";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LogEvent, LogFields } from "../telemetry/log.ts";
import { supervise, type SuperviseDeps, type Worker } from "./supervise.ts";

/** A world where sleeping takes no time but is remembered, and waiting stops the work after so many sleeps. */
function world(sleepsMax: number): { deps: SuperviseDeps; signal: AbortSignal; sleeps: number[]; said: string[] } {
  const stop = new AbortController();
  const sleeps: number[] = [];
  const said: string[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now as UnixMs,
    sleep: async (delayMs) => {
      now += delayMs;
      if (sleeps.push(delayMs) >= sleepsMax) stop.abort(new Error("enough"));
    },
  };
  const log = (_: string, event: LogEvent, fields: LogFields = {}): void =>
    void said.push(`${event} ${fields["worker"]}`);
  return { deps: { clock, random: { bytes: () => Uint8Array.of(255) }, log }, signal: stop.signal, sleeps, said };
}

const failing = (name: string, error: unknown): Worker => ({ name, run: () => Promise.reject(error) });
const patient: Worker = {
  name: "patient",
  run: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
};

describe("supervise", () => {
  test("starts a worker again after each fault, with a wait that doubles up to five minutes", async () => {
    const { deps, signal, sleeps } = world(11);
    await supervise(deps, [failing("follow", new Fault("store.busy", "x"))], signal);
    expect(sleeps.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(sleeps.at(-1)).toBe(300_000);
  });

  test("starts anew with the shortest wait after a long good run", async () => {
    const { deps, signal, sleeps } = world(3);
    let runs = 0;
    const run = async (): Promise<void> => {
      runs += 1;
      if (runs === 3) await deps.clock.sleep(700_000, signal);
      throw new Fault("log.unreachable", "x");
    };
    await supervise(deps, [{ name: "follow", run }], signal);
    expect(sleeps).toEqual([1000, 2000, 700_000]);
  });

  test("a fault of one worker leaves the others alone", async () => {
    const { deps, signal, said } = world(2);
    await supervise(deps, [failing("follow", new Fault("store.busy", "x")), patient], signal);
    expect(said.filter((line) => line.endsWith("patient"))).toEqual([
      "worker.started patient",
      "worker.stopped patient",
    ]);
  });

  test("a bug in one stops them all and is thrown", async () => {
    const { deps, signal } = world(99);
    await expect(supervise(deps, [failing("detect", new TypeError("ours")), patient], signal)).rejects.toThrow("ours");
  });

  test("resolves when told to stop, whatever the workers throw then", async () => {
    const { deps } = world(99);
    const stop = new AbortController();
    const throwing: Worker = {
      name: "throwing",
      run: (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true }),
        ),
    };
    const running = supervise(deps, [throwing, patient], stop.signal);
    stop.abort();
    await expect(running).resolves.toBeUndefined();
  });
});
