import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { someBodies } from "../../../../test/setup/naive-tree.ts";
import { Fault } from "../../../core/fault.ts";
import { judgeConsistency } from "../../../core/merkle/consistency.ts";
import { leafHash } from "../../../core/merkle/tree.ts";
import type { TileStore } from "../../../ports/tile-store.ts";
import { memoryTileStore } from "../tile-store.ts";
import { openLogEngine, type Appended, type LogEngine, type LogHead } from "./engine.ts";
import { rekor2Signer } from "./note-signer.ts";

const ORIGIN = "log.example";
const SIGNER = rekor2Signer(ORIGIN, generateKeyPairSync("ed25519").privateKey);
const openOn = (store: TileStore): Promise<LogEngine> => openLogEngine({ store, origin: ORIGIN, signer: SIGNER });

// Enough to continue a tile, to fill it, and to begin the next: every kind of write comes up.
const BEFORE = someBodies(254);
const BATCHES = [someBodies(1, 1), someBodies(2, 2), someBodies(1, 3)];
/** Come after the crash and before what it cut short is repeated, so that its files would be others. */
const OTHERS = someBodies(5, 4);
const ALL = [...BEFORE, ...OTHERS, ...BATCHES.flat()];
/** Files that change from opening to the last confirmation; the first test counts them. */
const CHANGES = 19;
const EVERY_CHANGE = Array.from({ length: CHANGES }, (_, i) => i + 1);

type Moment = "undone" | "done";

test("every change of the files below comes up once", async () => {
  const disk = await preparedDisk();
  const counted = breaking(disk, Infinity, "undone", "for good");
  const engine = await openOn(counted.store);
  await run(engine, []);
  await engine.close();
  expect(counted.changes()).toBe(CHANGES);
});

describe.each<Moment>(["undone", "done"])("a crash that leaves the write %s", (moment) => {
  test.each(EVERY_CHANGE)("loses and doubles nothing at change %d", async (at) => {
    const disk = await preparedDisk();
    const confirmed: Appended[] = [];
    await expect(openAndRun(breaking(disk, at, moment, "for good").store, confirmed)).rejects.toThrow(Fault);

    const engine = await openOn(disk);
    expectKept(engine, confirmed);
    await Promise.all(ALL.map((body) => engine.append(body)));
    expectKept(engine, confirmed);
    expectEachOnce(engine);
    expect((await openOn(disk)).head()).toEqual(engine.head());
  });
});

describe.each<Moment>(["undone", "done"])("a disk that fails once and leaves the write %s", (moment) => {
  test.each(EVERY_CHANGE)("needs no restart at change %d", async (at) => {
    const disk = await preparedDisk();
    const engine = await openOn(breaking(disk, at, moment, "once").store);
    const confirmed: Appended[] = [];
    await Promise.allSettled([run(engine, confirmed)]);
    expectKept(engine, confirmed);
    await Promise.all(ALL.map((body) => engine.append(body)));
    expectKept(engine, confirmed);
    expectEachOnce(engine);
    expect((await openOn(disk)).head()).toEqual(engine.head());
  });
});

test("a log whose files went back in time signs nothing more", async () => {
  const disk = memoryTileStore();
  const engine = await openOn(breaking(disk, 10, "undone", "once").store);
  await engine.append(new Uint8Array(1));
  const old = await disk.read("checkpoint");
  await engine.append(new Uint8Array(2));
  await disk.write("checkpoint", old ?? new Uint8Array());
  await disk.remove("state");
  await expect(engine.append(new Uint8Array(3))).rejects.toThrow(Fault);
  await expect(engine.append(new Uint8Array(3))).rejects.toMatchObject({ id: "store.corrupt" });
  expect(engine.head().size).toBe(2);
});

async function preparedDisk(): Promise<TileStore> {
  const disk = memoryTileStore();
  const engine = await openOn(disk);
  await Promise.all(BEFORE.map((body) => engine.append(body)));
  await engine.close();
  return disk;
}

async function openAndRun(store: TileStore, confirmed: Appended[]): Promise<void> {
  const engine = await openOn(store);
  await run(engine, confirmed);
  // What is superseded is removed behind the last confirmation: whether that failed shows when the log is used again.
  await engine.resign();
}

/** Appends batch after batch; keeps what was confirmed. */
async function run(engine: LogEngine, confirmed: Appended[]): Promise<void> {
  for (const batch of BATCHES) {
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    confirmed.push(...(await Promise.all(batch.map((body) => engine.append(body)))));
  }
}

/** A disk that fails at its n-th change, done or not; for good, as a process that was killed sees it, or this once. */
function breaking(disk: TileStore, at: number, moment: Moment, how: "for good" | "once") {
  let changes = 0;
  const change = async (act: () => Promise<void>): Promise<void> => {
    changes++;
    const gone = how === "for good" ? changes >= at : changes === at;
    if (!gone || (changes === at && moment === "done")) await act();
    if (gone) throw new Fault("store.unreadable", "the disk is gone");
  };
  const store: TileStore = {
    read: (path) => disk.read(path),
    write: (path, bytes) => change(() => disk.write(path, bytes)),
    remove: (path) => change(() => disk.remove(path)),
  };
  return { store, changes: () => changes };
}

/** What was confirmed has its index, and every checkpoint that was shown is of a tree that this one grew from. */
function expectKept(engine: LogEngine, confirmed: readonly Appended[]): void {
  for (const { index, leaf, head } of confirmed) {
    expect(engine.indexOf(leaf)).toBe(index);
    expectGrownFrom(engine, head);
  }
}

function expectEachOnce(engine: LogEngine): void {
  expect(engine.head().size).toBe(ALL.length);
  expect(new Set(ALL.map((body) => engine.indexOf(leafHash(body)))).size).toBe(ALL.length);
}

function expectGrownFrom(engine: LogEngine, head: LogHead): void {
  const now = engine.head();
  const path = engine.consistency(head.size, now.size);
  const proof = { from: head.size, to: now.size, fromRoot: head.root, toRoot: now.root, path };
  expect(judgeConsistency(proof)).toEqual({ kind: "pass" });
}
