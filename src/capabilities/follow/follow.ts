import { parseRekor1Origin } from "../../core/note/checkpoint.ts";
import { originOf } from "./context.ts";
import type { Random } from "../../ports/random.ts";
import type { Rekor1Reader } from "../../ports/transparency-log.ts";
import { followStep, judgeStored, type StepOptions } from "./follow-step.ts";
import type { FollowedLog, FollowPorts, StepReport } from "./followed-log.ts";

export type FollowOptions = StepOptions & {
  /** Between two looks at a log that has nothing new. */
  readonly everyMs: number;
  /** Told of every step. */
  readonly onReport?: (report: StepReport) => void;
};

/** Waits grow from the first to the second while a log cannot be proven, with full jitter. */
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 300_000;

/**
 * Follows logs side by side until it is told to stop. Faults of a log are reported and waited out; a fault of the store
 * ends it, since nothing could be kept.
 */
export function follow(
  ports: FollowPorts & { readonly random: Random },
  options: FollowOptions,
): (logs: readonly FollowedLog[], signal: AbortSignal) => Promise<void> {
  const step = followLog(ports, options);
  const one = async (log: FollowedLog, signal: AbortSignal): Promise<void> => {
    const stored = await judgeStored(ports.store, log);
    if (!stored.ok) {
      // Nothing mends a store that contradicts itself by being waited for.
      options.onReport?.(await refusal(ports, log, stored.problem));
      return;
    }
    let failures = 0;
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one step after the other is what following is
      const reports = await step(log, signal);
      for (const report of reports) options.onReport?.(report);
      if (reports.some(({ outcome }) => outcome === "behind")) continue;
      failures = reports.some(({ outcome }) => outcome === "unproven") ? failures + 1 : 0;
      const delayMs = failures > 0 ? backoffMs(failures, ports.random) : options.everyMs;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await ports.clock.sleep(delayMs, signal);
    }
  };
  return async (logs, signal) => {
    await Promise.all(logs.map((log) => one(log, signal)));
  };
}

/**
 * Follows logs to where they are now, once, and says of each tree how that ended. What the store holds of a log is judged
 * first, and a store that contradicts itself is not written on.
 */
export function followOnce(
  ports: FollowPorts,
  options: StepOptions = {},
): (logs: readonly FollowedLog[], signal: AbortSignal) => Promise<readonly StepReport[]> {
  const step = followLog(ports, options);
  const one = async (log: FollowedLog, signal: AbortSignal): Promise<readonly StepReport[]> => {
    const stored = await judgeStored(ports.store, log);
    if (!stored.ok) return [await refusal(ports, log, stored.problem)];
    let reports = await step(log, signal);
    let added = reports.map((report) => report.added);
    while (reports.some(({ outcome }) => outcome === "behind")) {
      // oxlint-disable-next-line no-await-in-loop -- one step after the other is what following is
      reports = await step(log, signal);
      added = reports.map((report, i) => report.added + (added[i] ?? 0));
    }
    return reports.map((report, i) => ({ ...report, added: added[i] ?? 0 }));
  };
  return async (logs, signal) => (await Promise.all(logs.map((log) => one(log, signal)))).flat();
}

async function refusal(
  { store }: FollowPorts,
  log: FollowedLog,
  problem: { readonly code: string; readonly detail: string },
): Promise<StepReport> {
  const position = await store.position(log.name);
  return {
    log: log.name,
    outcome: "unproven",
    code: problem.code,
    detail: problem.detail,
    state: position?.state ?? "unproven",
    headSize: position?.head?.size ?? 0,
    indexedUpto: position?.indexedUpto ?? 0,
    added: 0,
  };
}

/** One step along every tree of a log: of a Rekor v1, the one that was followed first, and all that came after it. */
function followLog(
  ports: FollowPorts,
  options: StepOptions,
): (log: FollowedLog, signal: AbortSignal) => Promise<readonly StepReport[]> {
  const step = followStep(ports, options);
  return async (log, signal) => {
    const first = await step(log, signal);
    const { reader } = log;
    if (reader.type !== "rekor1" || first.outcome === "unproven" || first.outcome === "contradiction") return [first];
    const others = await laterTrees(ports, log, reader, signal);
    const reports = [first];
    for (const tree of others) {
      // oxlint-disable-next-line no-await-in-loop -- oldest first
      reports.push(await step(tree, signal));
    }
    return reports;
  };
}

/** The trees that followed a log's first one, each a log of its own by name: `<name>.<tree id>`. */
async function laterTrees(
  { store }: FollowPorts,
  log: FollowedLog,
  reader: Rekor1Reader,
  signal: AbortSignal,
): Promise<readonly FollowedLog[]> {
  const head = (await store.position(log.name))?.head;
  const treeId = head && parseRekor1Origin(originOf(head))?.treeId;
  const [active, ...inactive] = await reader.shards(signal);
  const oldestFirst = active ? [...inactive, active] : [];
  const at = oldestFirst.findIndex((shard) => shard.treeId === treeId);
  return at < 0
    ? []
    : oldestFirst.slice(at + 1).map((shard) => ({
        ...log,
        name: `${log.name}.${shard.treeId}`,
        treeId: shard.treeId,
        start: "beginning" as const,
      }));
}

/** A random time up to one that doubles with each failure. */
function backoffMs(failures: number, random: Random): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 20));
  const [a = 0, b = 0] = random.bytes(2);
  return Math.round(((a * 256 + b) / 65_536) * ceiling);
}
