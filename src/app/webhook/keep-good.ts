import { Fault } from "../../core/fault.ts";
import { addMs, type UnixMs } from "../../core/time.ts";

export type KeepGood<T> = {
  /** `undefined` where nothing of that name is known. Rejects with a Fault where it cannot be had. */
  readonly read: (name: string) => Promise<T | undefined>;
  /** How long what is good is used without another look at where it comes from. */
  readonly freshMs: number;
  /** Hears of each failure, once. */
  readonly onFault: (name: string, fault: Fault) => void;
  /** Whether a failure takes the last good one away. */
  readonly isEnd?: (fault: Fault) => boolean;
};

/** Reads things by name; those that could never be had are left out. */
export type ReadGood<T> = (names: readonly string[], now: UnixMs) => Promise<ReadonlyMap<string, T>>;

/** Keeps the last good one of each: what is broken for a while must not take it from a running webhook. */
export function keepGood<T>({ read, freshMs, onFault, isEnd = () => false }: KeepGood<T>): ReadGood<T> {
  const good = new Map<string, T>();
  const readAt = new Map<string, UnixMs>();
  const told = new Map<string, string>();
  const refresh = async (name: string): Promise<void> => {
    try {
      const found = await read(name);
      if (found !== undefined) good.set(name, found);
      told.delete(name);
    } catch (error) {
      const fault = toFault(error, name);
      if (isEnd(fault)) good.delete(name);
      if (told.get(name) !== fault.message) onFault(name, fault);
      told.set(name, fault.message);
    }
  };
  return async (names, now) => {
    const found = names.map(async (name): Promise<readonly [string, T][]> => {
      const isDue = now >= addMs(readAt.get(name) ?? now, good.has(name) ? freshMs : 0);
      if (isDue) {
        readAt.set(name, now);
        await refresh(name);
      }
      const value = good.get(name);
      return value === undefined ? [] : [[name, value]];
    });
    return new Map((await Promise.all(found)).flat());
  };
}

function toFault(error: unknown, name: string): Fault {
  if (error instanceof Fault) return error;
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  if (!isTimeout) throw error;
  return new Fault("trust.unreachable", name, { cause: error });
}
