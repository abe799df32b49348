import type { Seen } from "../correlate/world.ts";
import type { DigestRef } from "../digest.ts";
import { parseImageId } from "../image/image-id.ts";
import { digestsOfSet, type ImageSet } from "../image/image-set.ts";
import { parseImageReference } from "../image/reference.ts";
import { ownerChain, topOwner, type Owned } from "../inventory/owner-chain.ts";
import type { Pod, PodContainer } from "../pipelines/pod.ts";

/** One image that runs in one namespace, with all that runs it. */
export type RunningImage = {
  readonly cluster: string;
  readonly namespace: string;
  /** As a pod names it: the policy's family is chosen by this, whatever mirror served the bytes. */
  readonly given: string;
  /** Empty where the name cannot be read. */
  readonly repository: string;
  /** What the runtime reports, then indexes that are known to hold it. Empty where nobody says what runs. */
  readonly digests: readonly DigestRef[];
  readonly workloads: readonly RunningWorkload[];
};

/** What a person deployed, and which of its containers run the image. */
export type RunningWorkload = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly containers: readonly string[];
};

export type RunningWorld = {
  readonly pods: readonly Seen<Pod>[];
  readonly owners: readonly Owned[];
  readonly imageSets: readonly ImageSet[];
};

/** Indexes that hold one manifest; junk in a registry must not make a judgement long. */
const INDEXES_MAX = 4;

/** The images that run now, each once a namespace, in the order of cluster, namespace and name. */
export function runningImages(world: RunningWorld): readonly RunningImage[] {
  const owners = new Map(world.owners.map((owner) => [owner.meta.uid, owner]));
  const holders = indexHolders(world.imageSets);
  const found = new Map<string, RunningImage>();
  for (const pod of world.pods) {
    if (pod.goneBy !== undefined || ["Succeeded", "Failed"].includes(pod.value.phase)) continue;
    for (const container of pod.value.containers) {
      if (!isRunning(container)) continue;
      const image = imageOf(pod, container, holders);
      const key = [image.cluster, image.namespace, image.repository || image.given, image.digests[0] ?? ""].join(" ");
      const workload = workloadOf(pod.value, container.name, owners);
      const known = found.get(key);
      found.set(
        key,
        known ? { ...known, workloads: joined(known.workloads, workload) } : { ...image, workloads: [workload] },
      );
    }
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, image]) => image);
}

/** A container that waits runs nothing yet. A volume has no status of its own: it is mounted as long as its pod is there. */
function isRunning({ kind, imageId, startedAt, finishedAt }: PodContainer): boolean {
  if (finishedAt !== undefined) return false;
  return kind === "image-volume" || imageId !== "" || startedAt !== undefined;
}

type Holders = ReadonlyMap<DigestRef, readonly DigestRef[]>;

function imageOf(pod: Seen<Pod>, container: PodContainer, holders: Holders): Omit<RunningImage, "workloads"> {
  const named = parseImageReference(container.image);
  const id = parseImageId(container.imageId);
  const pinned = named.ok ? named.value.digest : undefined;
  // A runtime may say only the digest of a configuration, by which no registry knows anything.
  const reported = id.kind === "manifest" ? id.digest : undefined;
  const first = reported ?? (id.kind === "config" ? (holders.get(id.digest)?.[0] ?? pinned) : pinned);
  const holding = first ? (holders.get(first) ?? []) : [];
  return {
    cluster: pod.cluster,
    namespace: pod.value.meta.namespace,
    given: container.image,
    repository: named.ok ? named.value.repository : "",
    digests: first ? [...new Set([first, ...holding])].slice(0, 1 + INDEXES_MAX) : [],
  };
}

/** By manifest, or by configuration: the digests that stand for it by their own hash. */
function indexHolders(sets: readonly ImageSet[]): Holders {
  const holders = new Map<DigestRef, DigestRef[]>();
  for (const set of sets) {
    for (const digest of digestsOfSet(set)) {
      if (digest !== set.subject) holders.set(digest, [...(holders.get(digest) ?? []), set.subject]);
    }
  }
  return holders;
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  Deployment: "apps/v1",
  ReplicaSet: "apps/v1",
  StatefulSet: "apps/v1",
  DaemonSet: "apps/v1",
  Job: "batch/v1",
  CronJob: "batch/v1",
  TaskRun: "tekton.dev/v1",
  PipelineRun: "tekton.dev/v1",
};

function workloadOf({ meta }: Pod, container: string, owners: ReadonlyMap<string, Owned>): RunningWorkload {
  const owner = topOwner(ownerChain(owners, meta));
  const apiVersion = owner && API_VERSIONS[owner.kind];
  return owner && apiVersion !== undefined
    ? { apiVersion, kind: owner.kind, name: owner.name, uid: owner.uid, containers: [container] }
    : { apiVersion: "v1", kind: "Pod", name: meta.name, uid: meta.uid, containers: [container] };
}

function joined(workloads: readonly RunningWorkload[], added: RunningWorkload): readonly RunningWorkload[] {
  const at = workloads.findIndex(({ uid }) => uid === added.uid);
  const known = workloads[at];
  if (!known) return [...workloads, added];
  return workloads.with(at, { ...known, containers: [...new Set([...known.containers, ...added.containers])] });
}
