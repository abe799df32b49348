import type { DrillRun } from "../../core/drill/run.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../telemetry/log.ts";
import type { Worker } from "./supervise.ts";

export type DrillWorker = {
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  readonly targets: readonly string[];
  /** All cases, put to one verifier; it keeps the answers. Faults: those of the history. */
  readonly run: (target: string, signal: AbortSignal) => Promise<DrillRun>;
};

/** A server that has just started has more urgent work. */
const FIRST_MS = 60_000;

/** Puts the drill to verifiers again and again. A verifier that admits what it used to refuse is an error that a person must see. */
export function drillWorker({ clock, log, everyMs, targets, run }: DrillWorker): Worker {
  return {
    name: "drill",
    run: async (signal) => {
      for (let delayMs = Math.min(FIRST_MS, everyMs); ; delayMs = everyMs) {
        // oxlint-disable-next-line no-await-in-loop -- the wait is the point
        await clock.sleep(delayMs, signal);
        for (const target of targets) {
          // oxlint-disable-next-line no-await-in-loop -- one verifier after the other
          report(log, await run(target, signal));
        }
      }
    },
  };
}

function report(log: Log, { target, counts, cases, alarms }: DrillRun): void {
  const { ok, wrong, "not-run": notRun } = counts;
  const admitted = cases.filter(({ trials }) => trials.some(({ way }) => way === "admit")).map(({ id }) => id);
  const level = wrong > 0 ? "warn" : "info";
  log(level, "drill.finished", { target, ok, wrong, notRun, admitted: admitted.join(",") });
  for (const about of alarms) log("error", "drill.alarmed", { target, about });
}
