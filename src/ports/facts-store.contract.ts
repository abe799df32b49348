import { describe, expect, test } from "vitest";
import type { UnixMs } from "../core/time.ts";
import type { FactsStore, StoredFacts } from "./facts-store.ts";

const FOUND = 1_790_000_000_000 as UnixMs;

function stored(key: string, change: Partial<StoredFacts> = {}): StoredFacts {
  return { key, facts: `{"of":"${key}"}`, foundAt: FOUND, ...change };
}

/** What every FactsStore does. */
export function factsStoreContract(
  name: string,
  make: () => { readonly store: FactsStore; readonly reopen?: () => FactsStore },
): void {
  describe(`FactsStore: ${name}`, () => {
    test("gives back what was put, also across a restart, and nothing else", async () => {
      const { store, reopen } = make();
      await store.put([stored("a"), stored("b")]);
      const again = reopen?.() ?? store;
      expect(await again.read(["b", "unknown"])).toEqual([stored("b")]);
      expect(await again.read([])).toEqual([]);
    });

    test("replaces the facts of a key", async () => {
      const { store } = make();
      await store.put([stored("a"), stored("b")]);
      const newer = stored("a", { facts: "{}", foundAt: (FOUND + 1) as UnixMs });
      await store.put([newer]);
      expect((await store.read(["a", "b"])).toSorted((x, y) => (x.key < y.key ? -1 : 1))).toEqual([newer, stored("b")]);
    });

    test("drops what was found before a time, and keeps what was found at it", async () => {
      const { store } = make();
      await store.put([stored("old", { foundAt: (FOUND - 1) as UnixMs }), stored("new")]);
      await store.dropBefore(FOUND);
      expect(await store.read(["old", "new"])).toEqual([stored("new")]);
    });

    test("reads thousands of keys at once", async () => {
      const { store } = make();
      const many = Array.from({ length: 2500 }, (_, i) => stored(`k${i}`));
      await store.put(many);
      expect(await store.read(many.map(({ key }) => key))).toHaveLength(2500);
    });
  });
}
