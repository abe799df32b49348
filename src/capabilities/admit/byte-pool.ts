/** A share of memory, given back once. */
export type Share = {
  /** Keeps a part, and gives the rest back. */
  readonly keep: (bytes: number) => void;
  readonly release: () => void;
};

/** Bytes that all judgements under way may hold together. */
export type BytePool = {
  /** Waits until there is room; rejects with the signal's reason. A wish larger than the pool waits until it is empty. */
  take(bytes: number, signal: AbortSignal): Promise<Share>;
  taken(): number;
};

type Waiting = { readonly bytes: number; readonly grant: () => void };

/** A pool that serves in order of arrival, so that a large wish is not overtaken for ever. */
export function bytePool(bytesMax: number): BytePool {
  let taken = 0;
  const waiting: Waiting[] = [];
  const admitNext = (): void => {
    for (let [next] = waiting; next && (taken === 0 || taken + next.bytes <= bytesMax); [next] = waiting) {
      waiting.shift();
      taken += next.bytes;
      next.grant();
    }
  };
  const shareOf = (bytes: number): Share => {
    let held = bytes;
    const keep = (kept: number): void => {
      taken -= held - Math.min(kept, held);
      held = Math.min(kept, held);
      admitNext();
    };
    return { keep, release: () => keep(0) };
  };
  return {
    taken: () => taken,
    take: (bytes, signal) =>
      new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting.splice(waiting.indexOf(wish), 1);
          reject(signal.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal.reason }));
          admitNext();
        };
        const wish: Waiting = {
          bytes,
          grant: () => {
            signal.removeEventListener("abort", leave);
            resolve(shareOf(bytes));
          },
        };
        if (signal.aborted) return reject(new Error("aborted", { cause: signal.reason }));
        signal.addEventListener("abort", leave, { once: true });
        waiting.push(wish);
        admitNext();
      }),
  };
}
