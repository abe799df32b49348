import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "../src/adapters/sqlite/database.ts";
import { sqliteEventStore } from "../src/adapters/sqlite/event-store.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import { followStep } from "../src/capabilities/follow/follow-step.ts";
import { parseBase64 } from "../src/core/bytes/base64.ts";
import { importPublicKey } from "../src/core/crypto/public-key.ts";
import { leafJudge } from "../src/core/entry/leaf-judge.ts";
import { bundlePath, tilePath } from "../src/core/merkle/tiles.ts";
import { parseLogKey } from "../src/core/note/log-key.ts";
import { parseCertificate } from "../src/core/x509/certificate.ts";
import type { TiledLogReader } from "../src/ports/transparency-log.ts";
import type { FolderLog } from "./follow-input.ts";

/** Follows a log in a folder into a store, in a process of its own, and prints what that took as one line of JSON. */
export type FollowRun = {
  readonly entries: number;
  readonly verified: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Highest of the first and of the last third: flat when they are alike. */
  readonly rssMiB: readonly [number, number];
};

const [path = "", described = "", entriesMax = ""] = process.argv.slice(2);
const log = JSON.parse(described) as FolderLog;
const bytesOf = (text: string): Uint8Array => parseBase64(text) ?? new Uint8Array();

const reader: TiledLogReader = {
  type: "tiles",
  checkpoint: () => read("checkpoint"),
  tile: (level, index, width) => read(tilePath({ level, index, width })),
  bundle: (index, width) => read(bundlePath(index, width)),
};

async function read(name: string): Promise<Uint8Array> {
  const bytes = await readFile(join(log.folder, name));
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

const key = importPublicKey(bytesOf(log.spki));
const logKey = key.ok ? parseLogKey({ host: "log.example", logId: bytesOf(log.keyId), key: key.value }) : undefined;
const ca = parseCertificate(bytesOf(log.ca));
if (!logKey || !ca.ok) throw new Error("the log's key or CA cannot be read");

const database = openDatabase(path);
const store = sqliteEventStore(database);
const step = followStep({ store, clock: systemClock }, { entriesMax: Number(entriesMax) });
const judgeLeaf = leafJudge([{ issuer: ca.value, window: {} }]);
const followed = { name: "bench", reader, keys: [logKey], judgeLeaf, start: "beginning" } as const;
const signal = new AbortController().signal;

const rss: number[] = [];
const startedMs = performance.now();
const cpu = process.cpuUsage();
let report = await step(followed, signal);
while (report.outcome === "behind") {
  rss.push(process.memoryUsage.rss());
  // oxlint-disable-next-line no-await-in-loop -- step after step
  report = await step(followed, signal);
}
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(cpu);
rss.push(process.memoryUsage.rss());
if (report.outcome !== "current") throw new Error(`${report.code} ${report.detail}`);

const verified = Number(database.db.prepare("SELECT count(*) AS n FROM signing_event WHERE verified = 1").get()?.["n"]);
database.close();
const third = Math.ceil(rss.length / 3);
const mib = (values: readonly number[]): number => Math.round(Math.max(...values) / 1_048_576);
const run: FollowRun = {
  entries: report.indexedUpto,
  verified,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  rssMiB: [mib(rss.slice(0, third)), mib(rss.slice(-third))],
};
process.stdout.write(`${JSON.stringify(run)}\n`);
