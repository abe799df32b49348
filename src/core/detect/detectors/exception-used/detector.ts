import type { RunningContainer } from "../../../inventory/running-container.ts";
import { renderRfc3339 } from "../../../time.ts";
import { runsNow, shortRepository, workloadName } from "../../acts.ts";
import { coverOf, explainEntry } from "../../cover.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";

/** An image runs by an exception of the policy; by one that had ended, it is serious (detection chapter §4.1, D13). */
export const exceptionUsed: Detector = detectorOf(
  { id: "D13", name: "exception-used", playbook: "PB-EXC-1" },
  (world) => world.containers.flatMap((container) => observe(world, container)),
);

function observe(world: DetectWorld, container: RunningContainer): readonly Observation[] {
  const cover = coverOf(world.policy, container);
  const { startedAt, digest } = container;
  if (cover === "none" || !runsNow(container) || startedAt === undefined) return [];
  const isExpired = cover.state === "expired";
  const image = shortRepository(container.repository);
  return [
    {
      subject: `${cover.exception.name}\n${container.cluster}/${container.namespace}`,
      severity: isExpired ? "high" : "low",
      at: startedAt,
      title: `${image} runs by ${isExpired ? "an expired" : "an"} exception`,
      sentence: `${workloadName(container)} started ${renderRfc3339(startedAt)}: ${explainEntry(world.policy, container) ?? ""}`,
      events: container.events,
      digests: digest ? [digest] : [],
      runs: [],
      workloads: [workloadName(container)],
      keys: digest ? [`digest:${digest}`] : [`exception:${cover.exception.name}`],
    },
  ];
}
