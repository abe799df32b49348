import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { naiveRoot, someBodies } from "../../../../test/setup/naive-tree.ts";
import { bug } from "../../../core/bug.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { judgeInclusion } from "../../../core/merkle/inclusion.ts";
import { leafHash, type LeafIndex } from "../../../core/merkle/tree.ts";
import { judgeCheckpoint } from "../../../core/note/judge-checkpoint.ts";
import { parseNote } from "../../../core/note/note.ts";
import type { TileStore } from "../../../ports/tile-store.ts";
import { memoryTileStore } from "../tile-store.ts";
import { openLogEngine, type Appended, type LogEngine, type LogHead } from "./engine.ts";
import { rekor2Signer } from "./note-signer.ts";

const ORIGIN = "log.example";
const SIGNER = rekor2Signer(ORIGIN, generateKeyPairSync("ed25519").privateKey);
const ENTRIES_PER_TILE = 256;

const openOn = (store: TileStore): Promise<LogEngine> => openLogEngine({ store, origin: ORIGIN, signer: SIGNER });

describe("openLogEngine", () => {
  test("signs the empty tree at first, and nothing anew when it is opened again", async () => {
    const store = memoryTileStore();
    const first = await openOn(store);
    expect(first.head()).toMatchObject({ size: 0 });
    await first.append(toUtf8("a"));
    await first.close();
    const again = await openOn(store);
    expect(again.head()).toEqual(first.head());
    expect(await again.read("checkpoint")).toEqual(await store.read("checkpoint"));
  });

  test("gives each entry one index, a proof and a checkpoint that covers it", async () => {
    const engine = await openOn(memoryTileStore());
    const bodies = someBodies(600);
    const appended = await Promise.all(bodies.map((body) => engine.append(body)));
    expect(appended.map(({ index }) => index)).toEqual(bodies.map((_, i) => i));
    for (const { index, leaf, head } of appended) expectProven(engine, { index, leaf }, head);
    expect(engine.head().root).toEqual(naiveRoot(bodies.map(leafHash)));
    const read = await Promise.all(bodies.map((_, i) => engine.entry(i as LeafIndex)));
    expect(read.map((entry) => entry?.body)).toEqual(bodies);
    expect(await engine.entry(600 as LeafIndex)).toBeUndefined();
  });

  test("takes equal entries once, in one batch, in two, and after a restart", async () => {
    const store = memoryTileStore();
    const engine = await openOn(store);
    const [a, b, c] = await Promise.all([toUtf8("x"), toUtf8("y"), toUtf8("x")].map((body) => engine.append(body)));
    expect([a, b, c].map((one) => [one?.index, one?.duplicate])).toEqual([
      [0, false],
      [1, false],
      [0, true],
    ]);
    expect(await engine.append(toUtf8("y"))).toMatchObject({ index: 1, duplicate: true });
    await engine.close();
    const again = await openOn(store);
    expect(await again.append(toUtf8("x"))).toMatchObject({ index: 0, duplicate: true });
    expect(again.head().size).toBe(2);
  });

  test("keeps extras with their entries", async () => {
    const store = memoryTileStore();
    const options = { store, origin: ORIGIN, signer: SIGNER, extras: true };
    const engine = await openLogEngine(options);
    const bodies = someBodies(300);
    await Promise.all(bodies.map((body) => engine.append(body, body.slice(1))));
    const again = await openLogEngine(options);
    const entries = await Promise.all(bodies.map((_, i) => again.entry(i as LeafIndex)));
    expect(entries.map((entry) => entry?.extra)).toEqual(bodies.map((body) => body.slice(1)));
  });

  test("removes partial files when the full one exists", async () => {
    const files = countingStore();
    const engine = await openOn(files.store);
    // oxlint-disable-next-line no-await-in-loop -- one batch for each
    for (const body of someBodies(258)) await engine.append(body);
    const partials = files.paths().filter((path) => path.includes(".p/"));
    expect(partials).toEqual(
      ["tile/1/000.p/1", "tile/entries/001.p/1", "tile/entries/001.p/2", "tile/0/001.p/1", "tile/0/001.p/2"].toSorted(),
    );
  });

  test("finishes at its start what was about to be signed", async () => {
    const store = memoryTileStore();
    const engine = await openOn(store);
    const first = await engine.append(toUtf8("a"));
    await engine.append(toUtf8("b"));
    await store.write("checkpoint", toUtf8(first.head.note));
    const again = await openOn(store);
    expect(again.head()).toEqual(engine.head());
    expect(await store.read("checkpoint")).toEqual(toUtf8(engine.head().note));
  });

  test("waits for its batches when it is closed", async () => {
    const store = memoryTileStore();
    const engine = await openLogEngine({ store, origin: ORIGIN, signer: SIGNER, batchMs: 1 });
    const appended = engine.append(toUtf8("a"));
    await engine.close();
    expect(await appended).toMatchObject({ index: 0 });
    await expect(engine.append(toUtf8("b"))).rejects.toThrow("bug:");
  });

  test("signs the same tree again", async () => {
    const engine = await openOn(memoryTileStore());
    await engine.append(toUtf8("a"));
    const { size, root } = engine.head();
    expect(await engine.resign()).toMatchObject({ size, root });
  });

  test("takes nothing once it is frozen, also after a restart", async () => {
    const store = memoryTileStore();
    const engine = await openOn(store);
    await engine.append(toUtf8("a"));
    await engine.freeze("Log frozen \u2014 now");
    await expect(engine.append(toUtf8("b"))).rejects.toMatchObject({ id: "log.refused" });
    const again = await openOn(store);
    expect(again.head()).toMatchObject({ size: 1, extensions: ["Log frozen \u2014 now"] });
    await expect(again.append(toUtf8("b"))).rejects.toMatchObject({ id: "log.refused" });
  });

  test.each<[string, (store: TileStore) => Promise<void>]>([
    ["a tile that is missing", (store) => store.remove("tile/0/000.p/3")],
    ["a tile of other hashes", (store) => store.write("tile/0/000.p/3", new Uint8Array(96))],
    ["a bundle that is missing", (store) => store.remove("tile/entries/000.p/3")],
    ["a bundle of other entries", (store) => store.write("tile/entries/000.p/3", new Uint8Array(6))],
    ["a checkpoint that is not ours", (store) => store.write("checkpoint", toUtf8("no note\n"))],
    ["a state that is not ours", (store) => store.write("state", toUtf8("{}"))],
  ])("refuses to go on with %s", async (_, harm) => {
    const store = memoryTileStore();
    const engine = await openOn(store);
    await Promise.all(someBodies(3).map((body) => engine.append(body)));
    await harm(store);
    await expect(openOn(store)).rejects.toMatchObject({ id: "store.corrupt" });
  });

  test("refuses another log's checkpoint under its own key", async () => {
    const store = memoryTileStore();
    await openOn(store);
    const other = openLogEngine({ store, origin: "other.example", signer: SIGNER });
    await expect(other).rejects.toMatchObject({ id: "store.corrupt" });
  });

  test("stops when another writer has filled a tile", async () => {
    const store = memoryTileStore();
    const engine = await openOn(store);
    await store.write("tile/entries/000", toUtf8("another writer's"));
    const appends = await Promise.allSettled(someBodies(ENTRIES_PER_TILE).map((body) => engine.append(body)));
    expect(appends.every((one) => one.status === "rejected")).toBe(true);
    expect(engine.head().size).toBe(0);
  });
});

function countingStore(): { readonly store: TileStore; readonly paths: () => readonly string[] } {
  const disk = memoryTileStore();
  const known = new Set<string>();
  return {
    store: {
      read: (path) => disk.read(path),
      write: async (path, bytes) => {
        known.add(path);
        await disk.write(path, bytes);
      },
      remove: async (path) => {
        known.delete(path);
        await disk.remove(path);
      },
    },
    paths: () => [...known].toSorted(),
  };
}

function expectProven(engine: LogEngine, at: Pick<Appended, "index" | "leaf">, head: LogHead): void {
  expectSigned(head);
  const path = engine.inclusion(at.index, head.size);
  expect(judgeInclusion({ ...at, size: head.size, root: head.root, path })).toEqual({ kind: "pass" });
}

function expectSigned(head: LogHead): void {
  const note = parseNote(toUtf8(head.note));
  const key = { host: ORIGIN, keyId: SIGNER.keyId, verifies: SIGNER.verifies };
  const judged = judgeCheckpoint(note.ok ? note.value : bug(note.detail), [key]);
  expect(judged).toMatchObject({ ok: true, value: { size: head.size, root: head.root } });
}
