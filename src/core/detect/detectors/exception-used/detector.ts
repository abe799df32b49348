import type { RunningContainer } from "../../../inventory/running-container.ts";
import { modeAt } from "../../../policy/judge-signer.ts";
import { renderRfc3339, type UnixMs } from "../../../time.ts";
import { runsNow, shortRepository, workloadName } from "../../acts.ts";
import { coverOf, type Cover } from "../../cover.ts";
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
      sentence: explain(world, container, cover, startedAt),
      events: container.events,
      digests: digest ? [digest] : [],
      runs: [],
      workloads: [workloadName(container)],
      keys: digest ? [`digest:${digest}`] : [`exception:${cover.exception.name}`],
    },
  ];
}

function explain(
  { policy }: DetectWorld,
  container: RunningContainer,
  { exception, state }: Cover,
  at: UnixMs,
): string {
  const started = `${workloadName(container)} started ${renderRfc3339(at)}`;
  const who = `asked by ${exception.requester}, approved by ${exception.approver}`;
  if (state === "active")
    return `${started} under exception ${exception.name} (${who}), which ends ${renderRfc3339(exception.ends)}`;
  const { mode, by } = modeAt(policy, container.namespace, at);
  const until = by?.until === undefined ? "" : ` until ${renderRfc3339(by.until)}`;
  const held =
    mode === "enforce"
      ? "the namespace enforced, so admission cannot have let it in"
      : `the namespace was in ${mode}${until}, so nothing stopped it`;
  return `${started}; exception ${exception.name} (${who}) had ended ${renderRfc3339(exception.ends)}, and ${held}`;
}
