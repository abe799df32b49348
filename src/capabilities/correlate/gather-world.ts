import { parseAccount } from "../../core/correlate/preconditions.ts";
import type { ClusterIdentity, CorrelationWorld, Seen } from "../../core/correlate/world.ts";
import type { LogName } from "../../core/entry/signing-event.ts";
import type { Owned } from "../../core/inventory/owner-chain.ts";
import { readTokenIssue } from "../../core/pipelines/audit-event.ts";
import { readChainsConfig } from "../../core/pipelines/chains-config.ts";
import { readFields } from "../../core/pipelines/field-reader.ts";
import { readObjectMeta } from "../../core/pipelines/object-meta.ts";
import { readPipelineRun } from "../../core/pipelines/pipeline-run.ts";
import { readPod } from "../../core/pipelines/pod.ts";
import { readTaskRun } from "../../core/pipelines/task-run.ts";
import { readWorkload, WORKLOAD_RESOURCES } from "../../core/pipelines/workload.ts";
import type { ClusterObject } from "../../ports/cluster.ts";
import type { ClusterStore, StoredObject } from "../../ports/cluster-store.ts";
import type { SignatureStore } from "../../ports/signature-store.ts";
import { AUDIT_RESOURCE } from "./record-audit.ts";
import { chainsConfigIn, resourceName } from "./watched-resource.ts";

export type WorldStores = { readonly clusters: ClusterStore; readonly signatures: SignatureStore };

/** What the configuration says of the estate. */
export type EstateNames = {
  readonly clusters: readonly ClusterIdentity[];
  readonly logUrls: readonly { readonly log: LogName; readonly url: string }[];
};

export type GatheredWorld = { readonly world: CorrelationWorld; readonly owners: readonly Owned[] };

/** Gathers what the stores know of clusters and registries, read into values. Decides nothing. */
export async function gatherWorld({ clusters, signatures }: WorldStores, names: EstateNames): Promise<GatheredWorld> {
  // The whole of it, whatever period is asked for: a run left out would look like an entry without one.
  const all = <T>(resource: string, read: (object: StoredObject) => T): Promise<readonly T[]> =>
    clusters.convert({ resource }, read);
  const seenAll = <T>(resource: string, read: (object: ClusterObject) => T): Promise<readonly Seen<T>[]> =>
    all(resource, (object) => seen(object, read(object.object)));
  const [runs, pipelineRuns, pods, issues, accounts] = await Promise.all([
    seenAll("tekton.dev/taskruns", readTaskRun),
    seenAll("tekton.dev/pipelineruns", readPipelineRun),
    seenAll("pods", readPod),
    all(AUDIT_RESOURCE, (object) => ({ object, issue: readTokenIssue(object.object) })),
    seenAll("serviceaccounts", (object) => readObjectMeta(readFields(object, []))),
  ]);
  const chainsNamespaces = names.clusters.flatMap(({ chains }) => (chains && parseAccount(chains)?.namespace) ?? []);
  const chainsConfigs = await Promise.all(
    [...new Set(chainsNamespaces)].map((namespace) =>
      seenAll(resourceName(chainsConfigIn(namespace)), readChainsConfig),
    ),
  );
  const workloads = (
    await Promise.all(WORKLOAD_RESOURCES.map((name) => all(name, ({ object }) => readWorkload(object))))
  ).flat();
  const [links, gaps] = await Promise.all([signatures.links(), clusters.gaps()]);
  return {
    world: {
      runs,
      pipelineRuns,
      pods,
      tokenIssues: issues.flatMap(({ object, issue }) => (issue ? [seen(object, issue)] : [])),
      accounts,
      chainsConfigs: chainsConfigs.flat().filter(({ goneBy }) => goneBy === undefined),
      links,
      clusters: names.clusters,
      logUrls: names.logUrls,
      // A gap that ended at its own start was healed: what was missed has been replayed.
      gaps: gaps.filter(({ since, until }) => until === undefined || until > since),
    },
    owners: [
      ...workloads,
      ...runs.map(({ value }): Owned => ({ kind: "TaskRun", meta: value.meta })),
      ...pipelineRuns.map(({ value }): Owned => ({ kind: "PipelineRun", meta: value.meta })),
    ],
  };
}

function seen<T>({ cluster, lastSeen, end }: StoredObject, value: T): Seen<T> {
  return { cluster, value, observedAt: lastSeen, ...(end && { goneBy: end.goneBy }) };
}
