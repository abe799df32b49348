import type { RunningContainer } from "../../../inventory/running-container.ts";
import { familyOf } from "../../../policy/judge-signer.ts";
import { runsNow, shortRepository, workloadName } from "../../acts.ts";
import { coverOf } from "../../cover.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";

/** An image of a family runs without any verified signature (detection chapter §4.1, D12). */
export const runningUnverified: Detector = detectorOf(
  { id: "D12", name: "running-unverified", playbook: "PB-DEPLOY-1" },
  (world) => world.containers.flatMap((container) => observe(world, container)),
);

function observe({ policy }: DetectWorld, container: RunningContainer): readonly Observation[] {
  const { digest, repository, startedAt, namespace } = container;
  const family = familyOf(policy, repository);
  const isUnsigned = runsNow(container) && container.signing === "unsigned";
  if (!family || !isUnsigned || !digest || startedAt === undefined) return [];
  // What an exception lets through is the exception's to report.
  if (coverOf(policy, container) !== "none") return [];
  return [
    {
      subject: `${digest}\n${container.cluster}/${namespace}`,
      severity: "critical",
      at: startedAt,
      title: `${shortRepository(repository)} runs unsigned in ${namespace}`,
      sentence: `${workloadName(container)} runs ${shortRepository(repository)}@${digest}, which has no verified signature; family ${family.name} of policy ${policy.name} requires one`,
      events: [],
      digests: [digest],
      runs: [],
      workloads: [workloadName(container)],
      keys: [`digest:${digest}`],
    },
  ];
}
