import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { bundlePath, bundlesOf, parseEntryBundle } from "../src/core/merkle/tiles.ts";
import { leafHash, parseTreeSize } from "../src/core/merkle/tree.ts";
import type { Bench, BenchRow } from "./bench.ts";
import budgets from "./budgets.json" with { type: "json" };
import { writeFolderLog, type FolderLog, type FolderLogOptions } from "./follow-input.ts";
import type { FollowRun } from "./follow-run.ts";

const RATE_MIN = 10_000;
const RSS_MIB_MAX = 300;
/** How much higher memory may stand at the end than at the beginning and still be called flat. */
const GROWTH_MIB_MAX = 32;
const RATE_ENTRIES = 90_000;
const MEMORY_ENTRIES = 1_000_000;
/** As the server is started: 24 GiB of memory make V8 keep 128 MiB for its youngest objects otherwise. */
const NODE_FLAGS = ["--max-semi-space-size=16", "--disable-warning=ExperimentalWarning"];

/**
 * A log in a folder, followed into SQLite by a process of its own on one core. Three entries a certificate is what a run
 * leaves that signs image, SBOM and provenance; one entry a certificate pays a chain signature for each. The floor hashes
 * the same entries and inserts their bodies, in as large transactions.
 */
export const followBench: Bench = {
  name: "follow",
  run: async () => [
    rateRow("three entries a certificate", { entries: RATE_ENTRIES, perCertificate: 3, certificates: RATE_ENTRIES }),
    withoutGoal(
      rateRow("one entry a certificate", { entries: RATE_ENTRIES, perCertificate: 1, certificates: RATE_ENTRIES }),
    ),
    memoryRow(),
  ],
};

type Input = Omit<FolderLogOptions, "folder">;

function rateRow(name: string, input: Input): BenchRow {
  return withLog(input, (log, folder) => {
    const run = follow(log, join(folder, "store.db"));
    const ours = run.entries / run.seconds;
    const floor = floorRate(log, join(folder, "floor.db"), input.entries);
    const goal = budgets.follow.rate;
    const met = run.verified === input.entries && ours >= RATE_MIN;
    return { case: name, unit: "entries/s", floor, ours, peer: null, peerName: null, goal, met };
  });
}

/** The worst case, told and not promised: each entry pays for a signature of its own, which alone takes two thirds of the time. */
function withoutGoal(row: BenchRow): BenchRow {
  return { ...row, goal: "none: every entry pays a chain signature of its own", met: null };
}

function memoryRow(): BenchRow {
  return withLog({ entries: MEMORY_ENTRIES, perCertificate: 3, certificates: 4_000 }, (log, folder) => {
    const [first, last] = follow(log, join(folder, "store.db")).rssMiB;
    const goal = budgets.follow.memory;
    const met = Math.max(first, last) < RSS_MIB_MAX && last - first < GROWTH_MIB_MAX;
    const measured = { case: "memory at the end of 1 M entries", unit: "MiB", floor: first, ours: last };
    return { ...measured, peer: null, peerName: null, goal, met };
  });
}

function withLog(input: Input, measure: (log: FolderLog, folder: string) => BenchRow): BenchRow {
  const folder = mkdtempSync(join(tmpdir(), "follow-"));
  try {
    return measure(writeFolderLog({ ...input, folder: join(folder, "log") }), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In a process of its own, so that its memory is its own; held to one core where the system can do that. */
function follow(log: FolderLog, store: string): FollowRun {
  const line = [...NODE_FLAGS, join(import.meta.dirname, "follow-run.ts"), store, JSON.stringify(log), "20000"];
  const pinned = spawnSync("taskset", ["-c", "0", "true"]).status === 0;
  const [command, args] = pinned ? ["taskset", ["-c", "0", process.execPath, ...line]] : [process.execPath, line];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as FollowRun;
}

function floorRate({ folder }: FolderLog, path: string, entries: number): number {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16384");
  db.exec("CREATE TABLE entry (log_index INTEGER PRIMARY KEY, leaf BLOB, body BLOB) STRICT");
  const insert = db.prepare("INSERT INTO entry VALUES (?, ?, ?)");
  const size = parseTreeSize(entries);
  const none = parseTreeSize(0);
  if (size === undefined || none === undefined) throw new Error("sizes");
  const startedMs = performance.now();
  let index = 0;
  for (const [i, bundle] of bundlesOf(none, size).entries()) {
    if (i % 8 === 0) db.exec(i === 0 ? "BEGIN" : "COMMIT; BEGIN");
    const bytes = readFileSync(join(folder, bundlePath(bundle.index, bundle.width)));
    for (const body of parseEntryBundle(bytes, bundle.width) ?? []) insert.run(index++, leafHash(body), body);
  }
  db.exec("COMMIT");
  const rate = (entries * 1000) / (performance.now() - startedMs);
  db.close();
  return rate;
}
