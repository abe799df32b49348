import { runningImages, type RunningImage } from "../../core/admission/running-image.ts";
import type { Owned } from "../../core/inventory/owner-chain.ts";
import { readPipelineRun } from "../../core/pipelines/pipeline-run.ts";
import { readPod } from "../../core/pipelines/pod.ts";
import { readTaskRun } from "../../core/pipelines/task-run.ts";
import { readWorkload, WORKLOAD_RESOURCES } from "../../core/pipelines/workload.ts";
import type { ClusterStore, StoredObject } from "../../ports/cluster-store.ts";
import type { SignatureStore } from "../../ports/signature-store.ts";

export type GatherRunningPorts = {
  readonly clusters: Pick<ClusterStore, "convert" | "gaps">;
  readonly signatures: Pick<SignatureStore, "imageSets">;
};

/** What runs in one cluster, and why that may be out of date. */
export type RunningNow = {
  readonly images: readonly RunningImage[];
  /** Why the pods of the cluster are not watched at this moment; `undefined` while they are. */
  readonly gap: string | undefined;
};

/** Reads from the store what runs in a cluster now; its watch fills the store. Faults: those of the stores. */
export async function gatherRunning(
  { clusters, signatures }: GatherRunningPorts,
  cluster: string,
): Promise<RunningNow> {
  const live = <T>(resource: string, read: (stored: StoredObject) => T) =>
    clusters.convert({ resource, cluster, live: true }, read);
  const [pods, taskRuns, pipelineRuns, workloads, imageSets, gaps] = await Promise.all([
    live("pods", ({ object, lastSeen }) => ({ cluster, value: readPod(object), observedAt: lastSeen })),
    live("tekton.dev/taskruns", ({ object }): Owned => ({ kind: "TaskRun", meta: readTaskRun(object).meta })),
    live("tekton.dev/pipelineruns", ({ object }): Owned => ({
      kind: "PipelineRun",
      meta: readPipelineRun(object).meta,
    })),
    Promise.all(WORKLOAD_RESOURCES.map((resource) => live(resource, ({ object }): Owned => readWorkload(object)))),
    signatures.imageSets(),
    clusters.gaps(),
  ]);
  const owners = [...workloads.flat(), ...taskRuns, ...pipelineRuns];
  const open = gaps.find((gap) => gap.cluster === cluster && gap.resource === "pods" && gap.until === undefined);
  return { images: runningImages({ pods, owners, imageSets }), gap: open?.reason };
}
