import { concatBytes } from "../src/core/bytes/bytes.ts";
import { toHex } from "../src/core/bytes/hex.ts";
import { correlate } from "../src/core/correlate/correlate.ts";
import { indexWorld, type SeenRun, type WorldIndex } from "../src/core/correlate/index-world.ts";
import { sha256 } from "../src/core/digest.ts";
import type { SigningEvent } from "../src/core/entry/signing-event.ts";
import { toServiceAccountSan } from "../src/core/identity/identity.ts";
import { readTaskRun } from "../src/core/pipelines/task-run.ts";
import { addMs, renderRfc3339, type UnixMs } from "../src/core/time.ts";
import type { Bench, BenchRow } from "./bench.ts";
import budgets from "./budgets.json" with { type: "json" };

const RUNS = 1_000_000;
const ACCOUNTS = 2_000;
const EVENTS = 200_000;
const RATE_MIN = 20_000;
const START = 1_764_000_000_000 as UnixMs;
/** A million runs over thirty days: a run every 2.6 s, 70 a day of one account. */
const STEP_MS = 2_592;
const ISSUER = "https://oidc.prod-eu.example";

/**
 * Entries joined to a million TaskRuns of two thousand accounts, whose index is in memory: half of them are listed by their
 * run, the other half are to be found by account and time alone. The floor looks each leaf up in a Map.
 */
export const correlateBench: Bench = { name: "correlate", run: async () => measure() };

function measure(): readonly BenchRow[] {
  const runs = Array.from({ length: RUNS }, (_, i) => runOf(i));
  const [index, indexSeconds] = timed(() => indexWorld(worldOf(runs)));
  const events = Array.from({ length: EVENTS }, (_, i) => eventOf((i * 7919) % RUNS));
  for (const event of events.slice(0, 5_000)) correlate(index, event);
  const [grades, seconds] = timed(() => tally(index, events));
  const [found, floorSeconds] = timed(
    () => events.filter(({ leafHash }) => index.byLeaf.has(`sha256:${toHex(leafHash)}` as never)).length,
  );
  const rate = EVENTS / seconds;
  const right = grades.get("A") === EVENTS / 2 && grades.get("D") === EVENTS / 2 && found === EVENTS / 2;
  const base = { peer: null, peerName: null };
  return [
    {
      ...base,
      case: "entries joined to 1 M TaskRuns",
      unit: "events/s of CPU",
      floor: EVENTS / floorSeconds,
      ours: rate,
      goal: budgets.correlate.rate,
      met: right && rate >= RATE_MIN,
    },
    {
      ...base,
      case: "index of 1 M TaskRuns",
      unit: "s of CPU",
      floor: null,
      ours: indexSeconds,
      goal: "none: built once a reading of the store",
      met: null,
    },
    {
      ...base,
      case: "memory with 1 M TaskRuns",
      unit: "MiB RSS",
      floor: null,
      ours: process.memoryUsage.rss() / 2 ** 20,
      goal: "none",
      met: null,
    },
  ];
}

function tally(index: WorldIndex, events: readonly SigningEvent[]): ReadonlyMap<string, number> {
  const grades = new Map<string, number>();
  for (const event of events) {
    const { grade } = correlate(index, event);
    grades.set(grade, (grades.get(grade) ?? 0) + 1);
  }
  return grades;
}

/** CPU, of all threads: the wall clock would count the neighbours of a shared machine. */
function timed<T>(work: () => T): readonly [T, number] {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return [value, (user + system) / 1e6];
}

function worldOf(runs: readonly SeenRun[]) {
  return {
    runs,
    pipelineRuns: [],
    pods: [],
    tokenIssues: [],
    accounts: [],
    chainsConfigs: [],
    links: [],
    clusters: [{ cluster: "prod-eu", issuers: [ISSUER], audiences: ["sigstore"] }],
    logUrls: [],
    gaps: [],
  };
}

function accountOf(i: number): { readonly namespace: string; readonly serviceAccount: string } {
  return { namespace: `team-${i % ACCOUNTS}`, serviceAccount: "builder" };
}

function startOf(i: number): UnixMs {
  return addMs(START, i * STEP_MS);
}

/** Every other run lists its entry. */
function runOf(i: number): SeenRun {
  const { namespace, serviceAccount } = accountOf(i);
  const start = startOf(i);
  const results =
    i % 2 === 0
      ? [{ name: "LOG_ENTRIES", value: JSON.stringify([{ log: "rekor", index: i, leaf: toHex(leafOf(i)) }]) }]
      : [];
  const value = readTaskRun({
    metadata: { uid: `run-${i}`, name: `sign-${i}`, namespace, resourceVersion: String(i) },
    spec: { serviceAccountName: serviceAccount },
    status: {
      startTime: renderRfc3339(secondsOf(start)),
      completionTime: renderRfc3339(secondsOf(addMs(start, 120_000))),
      podName: `sign-${i}-pod`,
      results,
    },
  });
  return { cluster: "prod-eu", value, observedAt: start };
}

function secondsOf(at: UnixMs): UnixMs {
  return addMs(at, -(at % 1000));
}

function leafOf(i: number): Uint8Array {
  return sha256(concatBytes([Uint8Array.of(i >>> 24, i >>> 16, i >>> 8, i)]));
}

function eventOf(i: number): SigningEvent {
  const notBefore = addMs(startOf(i), 30_000);
  const certificate = {
    sha256: sha256(Uint8Array.of(1)),
    serialHex: "ab",
    notBefore,
    notAfter: addMs(notBefore, 600_000),
    extensions: {},
  };
  return {
    log: "rekor",
    logIndex: i,
    leafHash: sha256(concatBytes([Uint8Array.of(i >>> 24, i >>> 16, i >>> 8, i)])),
    kind: "dsse",
    apiVersion: "0.0.2",
    parsed: true,
    chain: "verified",
    identities: [{ issuer: ISSUER, san: toServiceAccountSan(accountOf(i)), sanType: "uri" }],
    certificate,
    eventTime: notBefore,
    timeBasis: "not-before",
    firstSeen: addMs(notBefore, 5_000),
    signed: {},
    logged: {},
    digests: [],
    flags: [],
  };
}
