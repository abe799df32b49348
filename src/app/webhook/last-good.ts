import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";

/** A value that is read again and again, of which the last good one stays in use. */
export type LastGood<T> = {
  /** `undefined` until one was good. */
  readonly current: () => T | undefined;
  /** When the current value was first read; `undefined` while there is none. */
  readonly loadedAt: () => UnixMs | undefined;
  /** Reads once more; a Fault leaves things as they are and is kept. Anything else is a bug and flies. */
  readonly refresh: (now: UnixMs) => Promise<void>;
  /** Why the newest reading was not good; `undefined` when it was. */
  readonly failure: () => { readonly fault: Fault; readonly since: UnixMs } | undefined;
};

/** Keeps the last good of what `read` gives. */
export function lastGood<T>(
  read: (now: UnixMs) => Promise<T>,
  onGood: (value: T) => void = () => undefined,
): LastGood<T> {
  let value: T | undefined;
  let loadedAt: UnixMs | undefined;
  let failed: { readonly fault: Fault; readonly since: UnixMs } | undefined;
  return {
    current: () => value,
    loadedAt: () => loadedAt,
    failure: () => failed,
    refresh: async (now) => {
      try {
        const found = await read(now);
        if (found !== value) loadedAt = now;
        value = found;
        failed = undefined;
        onGood(value);
      } catch (fault) {
        if (!(fault instanceof Fault)) throw fault;
        failed = { fault, since: failed?.since ?? now };
      }
    },
  };
}
