import type { UnixMs } from "../../core/time.ts";

/** Something worth keeping for a while. */
export type Kept<T> = { readonly value: T; readonly until: UnixMs };

export type CacheStats = { readonly entries: number; readonly bytes: number };

/** Verdicts by key, bounded in bytes, the least recently used dropped first. Nothing in it outlives the process. */
export type VerdictCache<T> = {
  /** What is known and still good; counts as a use. */
  find(key: string, now: UnixMs): T | undefined;
  put(key: string, kept: Kept<T>): void;
  /** Drops what begins with a prefix: the verdicts on one digest. Returns how many. */
  drop(prefix: string): number;
  clear(): void;
  stats(): CacheStats;
};

/** Entries are text, so that a hundred thousand of them are not a million objects for the collector to walk. */
export type CacheForm<T> = { readonly toText: (value: T) => string; readonly ofText: (text: string) => T };

/** trust-policy chapter §5.7; with the form of `facts-form.ts` more than 100,000 verdicts. */
export const CACHE_BYTES_MAX: number = 64 * 1024 * 1024;
/** Of the map, the entry and two strings, as measured with Node 24; text itself is a byte a character. */
const ENTRY_BYTES = 250;

type Entry = { readonly text: string; readonly until: UnixMs };

/** A cache in memory. */
export function verdictCache<T>(form: CacheForm<T>, bytesMax: number = CACHE_BYTES_MAX): VerdictCache<T> {
  // A Map keeps the order of insertion; a use puts an entry at the end, so the first is the one to drop.
  const entries = new Map<string, Entry>();
  let bytes = 0;
  const remove = (key: string, entry: Entry): void => {
    entries.delete(key);
    bytes -= sizeOf(key, entry);
  };
  return {
    find: (key, now) => {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (now >= entry.until) {
        remove(key, entry);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return form.ofText(entry.text);
    },
    put: (key, { value, until }) => {
      const before = entries.get(key);
      if (before) remove(key, before);
      const entry = { text: form.toText(value), until };
      entries.set(key, entry);
      bytes += sizeOf(key, entry);
      for (const [oldest, dropped] of entries) {
        if (bytes <= bytesMax) break;
        remove(oldest, dropped);
      }
    },
    drop: (prefix) => {
      const found = [...entries].filter(([key]) => key.startsWith(prefix));
      for (const [key, entry] of found) remove(key, entry);
      return found.length;
    },
    clear: () => {
      entries.clear();
      bytes = 0;
    },
    stats: () => ({ entries: entries.size, bytes }),
  };
}

function sizeOf(key: string, { text }: Entry): number {
  return key.length + text.length + ENTRY_BYTES;
}
