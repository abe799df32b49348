import type { ClusterIdentity, CorrelationWorld, Seen } from "../../core/correlate/world.ts";
import type { LogName } from "../../core/entry/signing-event.ts";
import type { Owned } from "../../core/inventory/owner-chain.ts";
import { readTokenIssue } from "../../core/pipelines/audit-event.ts";
import { readFields } from "../../core/pipelines/field-reader.ts";
import { readObjectMeta } from "../../core/pipelines/object-meta.ts";
import { readPipelineRun } from "../../core/pipelines/pipeline-run.ts";
import { readPod } from "../../core/pipelines/pod.ts";
import { readTaskRun } from "../../core/pipelines/task-run.ts";
import { readWorkload } from "../../core/pipelines/workload.ts";
import type { ClusterStore, StoredObject } from "../../ports/cluster-store.ts";
import type { SignatureStore } from "../../ports/signature-store.ts";
import { AUDIT_RESOURCE } from "./record-audit.ts";

export type WorldStores = { readonly clusters: ClusterStore; readonly signatures: SignatureStore };

/** What the configuration says of the estate. */
export type EstateNames = {
  readonly clusters: readonly ClusterIdentity[];
  readonly logUrls: readonly { readonly log: LogName; readonly url: string }[];
};

export type GatheredWorld = { readonly world: CorrelationWorld; readonly owners: readonly Owned[] };

const WORKLOADS = [
  "apps/replicasets",
  "apps/deployments",
  "apps/statefulsets",
  "apps/daemonsets",
  "batch/jobs",
  "batch/cronjobs",
] as const;

/** Gathers what the stores know of clusters and registries, read into values. Decides nothing. */
export async function gatherWorld({ clusters, signatures }: WorldStores, names: EstateNames): Promise<GatheredWorld> {
  // The whole of it, whatever period is asked for: a run left out would look like an entry without one.
  const objects = async (resource: string): Promise<readonly StoredObject[]> => clusters.objects({ resource });
  const [runs, pipelineRuns, pods, audit, accounts] = await Promise.all(
    ["tekton.dev/taskruns", "tekton.dev/pipelineruns", "pods", AUDIT_RESOURCE, "serviceaccounts"].map(objects),
  );
  const workloads = (await Promise.all(WORKLOADS.map(objects))).flat();
  const [links, gaps] = await Promise.all([signatures.links(), clusters.gaps()]);
  const readRuns = (runs ?? []).map((object) => seen(object, readTaskRun(object.object)));
  const readPipelineRuns = (pipelineRuns ?? []).map((object) => seen(object, readPipelineRun(object.object)));
  return {
    world: {
      runs: readRuns,
      pipelineRuns: readPipelineRuns,
      pods: (pods ?? []).map((object) => seen(object, readPod(object.object))),
      tokenIssues: (audit ?? []).flatMap((object) => {
        const issue = readTokenIssue(object.object);
        return issue ? [seen(object, issue)] : [];
      }),
      accounts: (accounts ?? []).map((object) => seen(object, readObjectMeta(readFields(object.object, [])))),
      links,
      clusters: names.clusters,
      logUrls: names.logUrls,
      // A gap that ended at its own start was healed: what was missed has been replayed.
      gaps: gaps.filter(({ since, until }) => until === undefined || until > since),
    },
    owners: [
      ...workloads.map((object): Owned => readWorkload(object.object)),
      ...readRuns.map(({ value }): Owned => ({ kind: "TaskRun", meta: value.meta })),
      ...readPipelineRuns.map(({ value }): Owned => ({ kind: "PipelineRun", meta: value.meta })),
    ],
  };
}

function seen<T>({ cluster, lastSeen, end }: StoredObject, value: T): Seen<T> {
  return { cluster, value, observedAt: lastSeen, ...(end && { goneBy: end.goneBy }) };
}
