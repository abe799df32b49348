import { Fault } from "../../core/fault.ts";
import type { Clock } from "../../ports/clock.ts";

/** Work by key that is under way once, however many wait for it. */
export type SingleFlight<T> = {
  /** Joins the work under a key, or starts it. Rejects with the signal's reason when that fires first; the work goes on. */
  join(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
  underWay(): number;
};

/**
 * A flight over any work. It ends by itself after `worktimeMs`, whoever waits: a controller that tries again then finds
 * what was learnt after its first try gave up (trust-policy chapter §5.3).
 */
export function singleFlight<T>(clock: Pick<Clock, "sleep">, worktimeMs: number): SingleFlight<T> {
  const flights = new Map<string, Promise<T>>();
  const start = (key: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const [late, landed] = [new AbortController(), new AbortController()];
    const giveUp = (): void => late.abort(new Fault("registry.unreachable", "no answer in the time for one image"));
    // Rejects when the work has landed: then there is nothing to give up.
    void clock.sleep(worktimeMs, landed.signal).then(giveUp, () => undefined);
    const flying = work(late.signal);
    flights.set(key, flying);
    const land = (): void => {
      flights.delete(key);
      landed.abort();
    };
    // Whoever waits hears of a failure; when nobody does any more, it is nobody's.
    void flying.then(land, land);
    return flying;
  };
  return {
    join: (key, work, signal) => unlessAborted(flights.get(key) ?? start(key, work), signal),
    underWay: () => flights.size,
  };
}

/** The promise, or the signal's reason, whichever is first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(toError(signal.reason));
      return;
    }
    const onAbort = (): void => reject(toError(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
