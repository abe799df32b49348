import { generateKeyPairSync } from "node:crypto";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileTileStore } from "../src/adapters/files/tile-store.ts";
import { openLogEngine } from "../src/adapters/virtual/log/engine.ts";
import { rekor2Signer } from "../src/adapters/virtual/log/note-signer.ts";
import { memoryTileStore } from "../src/adapters/virtual/tile-store.ts";
import { leafHash } from "../src/core/merkle/tree.ts";
import type { TileStore } from "../src/ports/tile-store.ts";
import type { Bench, BenchRow } from "./bench.ts";
import budgets from "./budgets.json" with { type: "json" };

const ENTRIES = 51_200;
const BATCH = 256;
/** Of a hashedrekord with a short certificate. */
const BODY_BYTES = 1300;
const RATE_MIN = 13_000;

/** How fast a log of our own takes entries in, each confirmed under a signed checkpoint, 256 of them under way at a time. */
export const logEngineBench: Bench = {
  name: "log-engine",
  run: async () => [await memoryRow(), await directoryRow()],
};

async function memoryRow(): Promise<BenchRow> {
  const ours = await rateOf(memoryTileStore());
  return { ...row("memory", ours), floor: hashRate() };
}

async function directoryRow(): Promise<BenchRow> {
  const folder = mkdtempSync(join(tmpdir(), "log-engine-"));
  const store = await openFileTileStore(join(folder, "log"));
  const ours = await rateOf(store);
  store.close();
  const floor = syncRate(folder);
  rmSync(folder, { recursive: true });
  return { ...row("directory, fsynced", ours), floor };
}

function row(name: string, ours: number): BenchRow {
  const goal = budgets["log-engine"].rate;
  return { case: name, unit: "entries/s", floor: null, ours, peer: null, peerName: null, goal, met: ours >= RATE_MIN };
}

async function rateOf(store: TileStore): Promise<number> {
  const signer = rekor2Signer("log.example", generateKeyPairSync("ed25519").privateKey);
  const engine = await openLogEngine({ store, origin: "log.example", signer });
  const bodies = Array.from({ length: ENTRIES }, (_, i) => bodyOf(i));
  let next = 0;
  const client = async (): Promise<void> => {
    for (let body = bodies[next++]; body; body = bodies[next++]) {
      // oxlint-disable-next-line no-await-in-loop -- a client waits for one answer before it asks again
      await engine.append(body);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: BATCH }, client));
  const rate = perSecond(ENTRIES, started);
  await engine.close();
  return rate;
}

/** The floor in memory: one leaf hash for each entry. */
function hashRate(): number {
  const bodies = Array.from({ length: BATCH }, (_, i) => bodyOf(i));
  const started = performance.now();
  for (let i = 0; i < ENTRIES; i++) leafHash(bodies[i % BATCH] ?? new Uint8Array());
  return perSecond(ENTRIES, started);
}

/** The floor on disk: the bodies of a batch written to one file, and that synced, nothing else. */
function syncRate(folder: string): number {
  const batch = new Uint8Array(BATCH * BODY_BYTES);
  const started = performance.now();
  for (let i = 0; i < ENTRIES; i += BATCH) {
    const file = openSync(join(folder, String(i)), "w");
    writeSync(file, batch);
    fsyncSync(file);
    closeSync(file);
  }
  return perSecond(ENTRIES, started);
}

function bodyOf(i: number): Uint8Array {
  const body = new Uint8Array(BODY_BYTES);
  new DataView(body.buffer).setUint32(0, i);
  return body;
}

function perSecond(count: number, started: number): number {
  return (count / (performance.now() - started)) * 1000;
}
