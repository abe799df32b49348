import { describe, expect, test } from "vitest";
import { virtualEventStore } from "../../adapters/virtual/event-store.ts";
import type { Sha256 } from "../../core/digest.ts";
import { leafHash, nodeHash } from "../../core/merkle/tree.ts";
import type { EventStore, StoredEntry } from "../../ports/event-store.ts";
import { batchOf, storedCheckpoint, storedEntry } from "../../ports/stored-entry.contract.ts";
import { proofFromStore } from "./proof.ts";
import { ProofSchema } from "./schemas.ts";

/** RFC 6962 §2.1, as it is written. */
function rootOf(leaves: readonly Sha256[]): Sha256 {
  const [only, ...rest] = leaves;
  if (!only) throw new Error("empty");
  if (rest.length === 0) return only;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

const entries = Array.from({ length: 7 }, (_, i): StoredEntry => {
  const { event, body } = storedEntry(i);
  return { event: { ...event, leafHash: leafHash(body) }, body };
});
const root = rootOf(entries.map(({ event }) => event.leafHash));
const LOG = "rekor-private";

async function storeWith(change: Parameters<typeof batchOf>[2] = {}): Promise<EventStore> {
  const store = virtualEventStore();
  await store.commit(batchOf(0, entries, { head: storedCheckpoint(7, { root }), ...change }));
  return store;
}

describe("proofFromStore", () => {
  test.each([0, 3, 6])("proves entry %i under the newest checkpoint", async (index) => {
    const proof = await proofFromStore(await storeWith(), LOG, index);
    expect(proof).toMatchObject({ verdict: "pass", treeSize: 7, index });
    expect(ProofSchema.safeParse(proof).success).toBe(true);
  });

  test("an entry whose body was changed in the store is refuted, whatever its stored hash says", async () => {
    const store = await storeWith();
    const altered: EventStore = {
      ...store,
      event: async (log, index) => {
        const entry = await store.event(log, index);
        return entry && { ...entry, body: new TextEncoder().encode("other") };
      },
    };
    expect(await proofFromStore(altered, LOG, 3)).toMatchObject({ verdict: "fail" });
  });

  test("a checkpoint of another tree refutes", async () => {
    const head = storedCheckpoint(7, { root: rootOf(entries.slice(0, 6).map(({ event }) => event.leafHash)) });
    expect(await proofFromStore(await storeWith({ head }), LOG, 3)).toMatchObject({ verdict: "fail" });
  });

  test("a checkpoint that the stored entries do not reach decides nothing", async () => {
    const store = await storeWith({ head: storedCheckpoint(9, { root }) });
    expect(await proofFromStore(store, LOG, 3)).toMatchObject({ verdict: "unknown", treeSize: 9, path: [] });
  });

  test("an entry that is not stored has no proof", async () => {
    expect(await proofFromStore(await storeWith(), LOG, 7)).toBeUndefined();
    expect(await proofFromStore(await storeWith(), "other", 0)).toBeUndefined();
  });
});
