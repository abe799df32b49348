import type { RunningNow } from "../../capabilities/admit/gather-running.ts";
import type { Published, PublishReports } from "../../capabilities/admit/publish-reports.ts";
import type { Reverify } from "../../capabilities/admit/reverify.ts";
import type { ReverifiedImage } from "../../core/admission/reverified.ts";
import type { RunningImage } from "../../core/admission/running-image.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ReverifyMetrics } from "../telemetry/reverify-metrics.ts";
import type { Log } from "../telemetry/log.ts";
import type { Worker } from "./supervise.ts";

export type ReverifyDeps = {
  readonly cluster: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Looks for a newer policy and newer roots; the last good ones stay. */
  readonly refreshPolicy: () => Promise<void>;
  /** What runs in the cluster now. */
  readonly running: () => Promise<RunningNow>;
  readonly reverify: Reverify;
  readonly publish: PublishReports;
  /** Lets go of what is known of images that no longer run. */
  readonly keepOnly: (images: readonly RunningImage[]) => Promise<void>;
  readonly metrics: ReverifyMetrics;
};

/** How soon a new policy, a new root, the end of an exception or a new image is met. */
const ROUND_MS = 10_000;
/** A large estate takes longer to look through, and the process has other things to do: at most a twentieth of its time. */
const REST = 20;
/** Nothing runs, which for a cluster means that its watch has only begun. */
const EMPTY_ROUND_MS = 500;

/** Judges what runs in a cluster again and again, and tells the cluster. Most of a round is read from memory. */
export function reverifyWorker(deps: ReverifyDeps): Worker {
  return {
    name: `reverify ${deps.cluster}`,
    run: async (signal) => {
      let failing = "";
      while (!signal.aborted) {
        // oxlint-disable-next-line no-await-in-loop -- one round after the other
        const startedAt = deps.clock.now();
        // oxlint-disable-next-line no-await-in-loop -- as above
        const { images, gap } = await deps.running();
        const lookedMs = deps.clock.now() - startedAt;
        // oxlint-disable-next-line no-await-in-loop -- as above
        const { judged, failed } = await reverifyRound(deps, { images, gap }, signal);
        const [first] = failed;
        // Once a failure, and not once a round.
        if (first && first.about !== failing) {
          deps.log("warn", "reports.unpublished", { cluster: deps.cluster, failed: failed.length, ...first });
        }
        failing = first?.about ?? "";
        // oxlint-disable-next-line no-await-in-loop -- as above
        await deps.clock.sleep(judged.length === 0 ? EMPTY_ROUND_MS : Math.max(ROUND_MS, REST * lookedMs), signal);
      }
    },
  };
}

type Round = { readonly judged: readonly ReverifiedImage[]; readonly failed: Published["failed"] };

/** Once around the cluster, a namespace at a time, so that the first is told before the last is judged. */
async function reverifyRound(deps: ReverifyDeps, { images, gap }: RunningNow, signal: AbortSignal): Promise<Round> {
  const { reverify, publish, metrics, clock, log, cluster } = deps;
  const namespaces = Map.groupBy(images, ({ namespace }) => namespace);
  const judged: ReverifiedImage[] = [];
  const told: Published[] = [];
  for (const [namespace, within] of namespaces) {
    // oxlint-disable-next-line no-await-in-loop -- a round may be long, and a policy should not wait for its end
    await deps.refreshPolicy();
    // oxlint-disable-next-line no-await-in-loop -- one namespace after the other
    const found = await reverify(within, signal);
    // oxlint-disable-next-line no-await-in-loop -- as above
    told.push(await publish.namespace(namespace, found, signal));
    judged.push(...found);
  }
  told.push(await publish.others(new Set(namespaces.keys()), signal));
  await deps.keepOnly(images);
  const failed = told.flatMap((published) => published.failed);
  const changed = sum(told, ({ written, removed, events }) => written + removed + events);
  metrics.round({ cluster, at: clock.now(), judged, failed: failed.length, isUnwatched: gap !== undefined });
  if (changed > 0) {
    const { kind } = told[0] ?? {};
    const events = sum(told, (published) => published.events);
    log("info", "images.reverified", { cluster, images: judged.length, reports: kind ?? "none", changed, events });
  }
  return { judged, failed };
}

function sum(told: readonly Published[], of: (published: Published) => number): number {
  return told.reduce((total, published) => total + of(published), 0);
}
