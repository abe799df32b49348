import { Fault } from "../../core/fault.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Log } from "../telemetry/log.ts";

/** A loop that runs until it is told to stop. What it throws is a Fault that outlasted its own retries, or a bug. */
export type Worker = { readonly name: string; readonly run: (signal: AbortSignal) => Promise<void> };

export type SuperviseDeps = { readonly clock: Clock; readonly random: Random; readonly log: Log };

const RESTART_FIRST_MS = 1_000;
const RESTART_MAX_MS = 300_000;
/** A worker that ran this long before it failed starts anew with the shortest wait. */
const STEADY_MS = 600_000;

/**
 * Runs workers side by side. One that ends in a Fault is started again after a wait that grows; one that ends in a bug
 * stops them all and is thrown: the process ends, and whoever started it starts it again. Resolves when told to stop.
 */
export async function supervise(deps: SuperviseDeps, workers: readonly Worker[], signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const runs = workers.map(async (worker) => {
    try {
      await keepRunning(deps, worker, either);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(runs);
  await Promise.all(runs);
}

async function keepRunning({ clock, random, log }: SuperviseDeps, worker: Worker, signal: AbortSignal): Promise<void> {
  let failures = 0;
  log("info", "worker.started", { worker: worker.name });
  while (!signal.aborted) {
    const startedAt = clock.now();
    // oxlint-disable-next-line no-await-in-loop -- one run after the other
    const fault = await runOnce(worker, signal);
    if (signal.aborted) break;
    failures = clock.now() - startedAt > STEADY_MS ? 1 : failures + 1;
    const delayMs = restartDelayMs(failures, random);
    const why = fault ? { fault: fault.id, about: fault.subject } : { fault: null, about: "it ended by itself" };
    log("warn", "worker.restarted", { worker: worker.name, ...why, failures, delayMs });
    // oxlint-disable-next-line no-await-in-loop -- the wait is the point
    await sleepUnlessStopped(clock, delayMs, signal);
  }
  log("info", "worker.stopped", { worker: worker.name });
}

/** The Fault a run ended in; `undefined` when it ended well. A bug flies on, and so does nothing else once told to stop. */
async function runOnce(worker: Worker, signal: AbortSignal): Promise<Fault | undefined> {
  try {
    await worker.run(signal);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function sleepUnlessStopped(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(delayMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Doubles with each failure; a random part of it, so that workers that failed together do not return together. */
function restartDelayMs(failures: number, random: Random): number {
  const ceiling = Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * 2 ** (failures - 1));
  const [byte = 0] = random.bytes(1);
  return Math.round(ceiling / 2 + (ceiling / 2) * (byte / 255));
}
