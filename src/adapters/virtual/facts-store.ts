import type { FactsStore, StoredFacts } from "../../ports/facts-store.ts";

/** A FactsStore in memory. */
export function virtualFactsStore(): FactsStore {
  const kept = new Map<string, StoredFacts>();
  return {
    put: async (facts) => {
      for (const one of facts) kept.set(one.key, one);
    },
    read: async (keys) => keys.flatMap((key) => kept.get(key) ?? []),
    dropBefore: async (time) => {
      for (const [key, { foundAt }] of kept) if (foundAt < time) kept.delete(key);
    },
  };
}
