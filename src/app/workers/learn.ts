import type { ImageTarget } from "../../capabilities/correlate/targets.ts";
import type { Learned } from "../../capabilities/correlate/learn-signatures.ts";
import type { ObserveCheckpoints } from "../../capabilities/follow/observe-checkpoints.ts";
import { digestRefOf } from "../../core/digest.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../telemetry/log.ts";
import type { Worker } from "./supervise.ts";

export type LearnDeps = {
  readonly clock: Clock;
  readonly log: Log;
  /** Every image that runs and pods name now. */
  readonly targets: () => Promise<readonly ImageTarget[]>;
  readonly learn: (targets: readonly ImageTarget[], signal: AbortSignal) => Promise<Learned>;
  /** Holds the checkpoints of bundles against the logs that are followed. */
  readonly observe: ObserveCheckpoints;
};

/** Between two rounds: new images are looked at in the next one. */
const ROUND_MS = 60_000;
/** An image that was looked at in full is looked at again after this: somebody may have signed it since. */
const AGAIN_MS = 3_600_000;
/** Images of one round; registries are not to be stormed when a large estate is first seen. */
const ROUND_TARGETS_MAX = 200;
/** Checkpoints that are remembered as looked at. Beyond it all are forgotten, and looked at once more. */
const NOTES_MAX = 100_000;

/** Learns from registries what entries are about, image by image, again and again. */
export function learnWorker(deps: LearnDeps): Worker {
  return {
    name: "learn",
    run: async (signal) => {
      const seenAt = new Map<string, UnixMs>();
      const notes = new Set<string>();
      while (!signal.aborted) {
        // oxlint-disable-next-line no-await-in-loop -- one round after the other
        const due = dueTargets(await deps.targets(), seenAt, deps.clock.now());
        // oxlint-disable-next-line no-await-in-loop -- as above
        await round(deps, { due, seenAt, notes }, signal);
        // oxlint-disable-next-line no-await-in-loop -- as above
        if (due.length < ROUND_TARGETS_MAX) await deps.clock.sleep(ROUND_MS, signal);
      }
    },
  };
}

type Round = {
  readonly due: readonly ImageTarget[];
  readonly seenAt: Map<string, UnixMs>;
  /** Hashes of the checkpoints that were held against their logs, up to `NOTES_MAX`. */
  readonly notes: Set<string>;
};

async function round(deps: LearnDeps, { due, seenAt, notes }: Round, signal: AbortSignal): Promise<void> {
  const { clock, log, learn } = deps;
  if (due.length === 0) return;
  const learned = await learn(due, signal);
  // What has no entry yet is asked for again in the next round: the follower may be behind the registry.
  const unfinished = new Set(learned.unfollowed.map(({ target }) => keyOf(target)));
  for (const target of due) if (!unfinished.has(keyOf(target))) seenAt.set(keyOf(target), clock.now());
  await observeNew(deps, learned.checkpoints, notes);
  const { links, refused, gaps } = learned;
  log("info", "registry.learned", {
    images: due.length,
    links: links.length,
    refused: refused.length,
    gaps: gaps.length,
  });
}

/** A bundle is looked at again and again; its checkpoint stays what it is. */
async function observeNew({ log, observe }: LearnDeps, seen: readonly Uint8Array[], notes: Set<string>): Promise<void> {
  if (notes.size > NOTES_MAX) notes.clear();
  const byHash = new Map(seen.map((note) => [digestRefOf(note), note]));
  const fresh = [...byHash].filter(([hash]) => !notes.has(hash));
  const observed = await observe(
    fresh.map(([, note]) => note),
    "bundle",
  );
  for (const [i, { outcome, log: name, detail }] of observed.entries()) {
    if (outcome === "contradiction") log("error", "log.contradicted", { log: name, detail, source: "bundle" });
    const hash = fresh[i]?.[0];
    if (hash !== undefined) notes.add(hash);
  }
}

function dueTargets(
  targets: readonly ImageTarget[],
  seenAt: ReadonlyMap<string, UnixMs>,
  now: UnixMs,
): readonly ImageTarget[] {
  const isDue = (target: ImageTarget): boolean => {
    const at = seenAt.get(keyOf(target));
    return at === undefined || addMs(at, AGAIN_MS) <= now;
  };
  return targets.filter(isDue).slice(0, ROUND_TARGETS_MAX);
}

function keyOf({ repository, reference }: ImageTarget): string {
  return `${repository}@${reference}`;
}
