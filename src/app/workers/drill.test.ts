import { expect, test } from "vitest";
import type { DrillRun } from "../../core/drill/run.ts";
import type { Log } from "../telemetry/log.ts";
import { drillWorker } from "./drill.ts";

const HOUR_MS = 3_600_000;

/** A drill in which one artifact was answered in a way. */
function drilled(target: string, way: "admit" | "reason" | undefined, alarms: readonly string[]): DrillRun {
  const outcome = way === undefined ? "ok" : "wrong";
  const trial = { name: "", expected: "no-signature", answer: "", detail: "", outcome, ...(way && { way }) } as const;
  const counts = { ok: way ? 0 : 1, wrong: way ? 1 : 0, "not-run": 0 };
  return { target, at: "", cases: [{ ...trial, id: "B01", name: "unsigned", trials: [trial] }], counts, alarms };
}

/** Everything that a worker says and does until it has waited so often. */
async function heard(waits: number, run: (target: string) => DrillRun, everyMs = HOUR_MS): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  const log: Log = (level, event, fields) => void said.push([level, event, fields?.["target"], fields?.["about"]]);
  let left = waits;
  const clock = {
    now: () => 0 as never,
    sleep: async (delayMs: number): Promise<void> => {
      if (left-- === 0) throw new Error("enough");
      said.push(delayMs);
    },
  };
  const asked = async (target: string): Promise<DrillRun> => run(target);
  const worker = drillWorker({ clock, log, everyMs, targets: ["webhook", "cosign"], run: asked });
  await expect(worker.run(new AbortController().signal)).rejects.toThrow("enough"); // oxlint-disable-line vitest/no-standalone-expect -- part of every test
  return said;
}

test("puts it to every verifier soon after the start, and then as often as it is asked to", async () => {
  const round = [
    ["info", "drill.finished", "webhook", undefined],
    ["info", "drill.finished", "cosign", undefined],
  ];
  expect(await heard(2, (target) => drilled(target, undefined, []))).toEqual([60_000, ...round, HOUR_MS, ...round]);
  expect((await heard(1, (target) => drilled(target, undefined, []), 1000))[0]).toBe(1000);
});

test("says as an error what a verifier used to refuse and admits now", async () => {
  const said = await heard(1, (target) => drilled(target, "admit", target === "cosign" ? ["B01"] : []));
  expect(said.slice(1)).toEqual([
    ["warn", "drill.finished", "webhook", undefined],
    ["warn", "drill.finished", "cosign", undefined],
    ["error", "drill.alarmed", "cosign", "B01"],
  ]);
});
