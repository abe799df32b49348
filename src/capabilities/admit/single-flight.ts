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
export function singleFlight<T>(worktimeMs: number): SingleFlight<T> {
  const flights = new Map<string, Promise<T>>();
  return {
    join: (key, work, signal) => {
      const flying = flights.get(key) ?? start(flights, key, work(AbortSignal.timeout(worktimeMs)));
      return unlessAborted(flying, signal);
    },
    underWay: () => flights.size,
  };
}

function start<T>(flights: Map<string, Promise<T>>, key: string, work: Promise<T>): Promise<T> {
  flights.set(key, work);
  const land = (): void => void flights.delete(key);
  // Whoever waits hears of a failure; when nobody does any more, it is nobody's.
  void work.then(land, land);
  return work;
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
