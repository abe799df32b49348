import { expect, test } from "vitest";
import { commitInBatches } from "./batches.ts";

test("commits everything in order, and what arrives during a commit together", async () => {
  const batches: (readonly number[])[] = [];
  const sum = await commitInBatches(count(20), async (batch) => {
    batches.push(batch);
    await turns(30);
    return batch.length;
  });
  expect(sum).toBe(20);
  expect(batches.flat()).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(batches.length).toBeLessThan(5);
});

test("a fault of the stream comes after what came before it", async () => {
  const kept: number[] = [];
  const work = commitInBatches(count(3, new Error("broken")), async (batch) => kept.push(...batch));
  await expect(work).rejects.toThrow("broken");
  expect(kept).toEqual([0, 1, 2]);
});

test("a commit that fails ends the stream with its error", async () => {
  const state = { given: 0 };
  const work = commitInBatches(count(1_000_000, undefined, state), async () => {
    throw new Error("disk full");
  });
  await expect(work).rejects.toThrow("disk full");
  expect(state.given).toBeLessThan(10_000);
});

async function* count(until: number, failure?: Error, state = { given: 0 }): AsyncGenerator<number, void, undefined> {
  for (let i = 0; i < until; i++) {
    state.given += 1;
    yield i;
  }
  if (failure) throw failure;
}

async function turns(left: number): Promise<void> {
  if (left > 0) await Promise.resolve().then(async () => turns(left - 1));
}
