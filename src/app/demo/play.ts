import { bug } from "../../core/bug.ts";
import { readTaskRun } from "../../core/pipelines/task-run.ts";
import { addMs } from "../../core/time.ts";
import { tokenFile } from "../../adapters/system/token-file.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { ClusterName } from "./estate.ts";
import { imageOf, pushImage, type PushedImage } from "./image.ts";
import { kubeAdmin, type KubeAdmin } from "./kube-admin.ts";
import { namesOf, pipelineRunOf, signPodOf, taskRunOf, workloadOf, type DemoObject } from "./objects.ts";
import { namespaceObjects } from "./namespaces.ts";
import { projectToken } from "./projected-token.ts";
import type { SigningWorld } from "./sign-build.ts";
import type { Progress } from "./progress.ts";
import type { StandIns } from "./stand-ins.ts";
import type { Build, Moment } from "./story.ts";
import type { StoryClock } from "./story-clock.ts";

export type PlayWorld = {
  readonly standIns: StandIns;
  readonly signing: SigningWorld;
  readonly clock: StoryClock;
  readonly progress: Progress;
  readonly http: HttpClient;
  /** Where kubelets write tokens; emptied as pods end. */
  readonly podsDir: string;
  readonly signal: AbortSignal;
};

type Stage = PlayWorld & { readonly adminOf: (cluster: ClusterName) => KubeAdmin };
type Made = { readonly build: Build; readonly image: PushedImage };

/** How long after the build began its image is rolled out. */
const DEPLOY_AFTER_MS = 25_000;
/** How old a stolen token is when it is used: its pod has ended, it has not. */
const TOKEN_AGE_MS = 6 * 60_000;

/**
 * Plays the story: at each moment pipelines build, sign and deploy side by side. A build whose TaskRun is complete has
 * been played by an earlier, interrupted demo and is passed over; one that was cut short is run again.
 */
export async function playStory(world: PlayWorld, story: readonly Moment[]): Promise<void> {
  const admins = new Map(world.standIns.clusters.map((cluster) => [cluster.name, kubeAdmin(world.http, cluster)]));
  const stage: Stage = { ...world, adminOf: (cluster) => admins.get(cluster) ?? bug(`no cluster ${cluster}`) };
  await Promise.all(
    namespaceObjects().map(({ cluster, objects }) => applyInOrder(stage.adminOf(cluster), objects, world.signal)),
  );
  const done = await completedRuns([...admins.values()], world.signal);
  for (const { at, builds } of story) {
    world.signal.throwIfAborted();
    const isDone = (build: Build): boolean => done.has(namesOf(build).taskRunUid);
    // Never back to before the moment of an earlier demo: what it logged would be seen before it was signed.
    if (at >= (world.progress.at ?? at) && !builds.every(isDone)) {
      world.progress.reach(at);
      world.clock.moveTo(at);
    }
    // oxlint-disable-next-line no-await-in-loop -- one moment after the other is what a story is
    await Promise.all(builds.map((build) => playBuild(stage, build, isDone(build))));
  }
}

async function playBuild(stage: Stage, build: Build, isDone: boolean): Promise<void> {
  if (isDone && build.deployTo.length === 0) return;
  const image = imageOf(stage.standIns.registryHost, build);
  await pushImage(stage.signing.registry, image, stage.signal);
  const made = { build, image };
  if (!isDone) await ACTS[build.plant ?? "ordinary"](stage, made);
  await Promise.all(build.deployTo.map((place) => deploy(stage, made, place)));
}

/** A run of the pipeline: its objects, the pod's token, the signing step, its results. */
async function buildAndSign(stage: Stage, { build, image }: Made): Promise<void> {
  const { signal } = stage;
  const admin = stage.adminOf(build.cluster);
  const run = pipelineRunOf(build, undefined, "running");
  await applyAll(admin, [run, taskRunOf(build, image, "running", []), signPodOf(build, "running")], signal);
  const token = await projectToken(stage, admin, build);
  const results = await stage.signing.signBuild(build, image, tokenFile(token.path), signal);
  await token.remove();
  await applyAll(admin, [signPodOf(build, "succeeded"), pipelineRunOf(build, image, "succeeded")], signal);
  // Last: a complete TaskRun is what says that the whole build has been played.
  await admin.apply(taskRunOf(build, image, "succeeded", results), signal);
}

/** The pipeline as somebody left it who took the signing task out. */
async function buildWithoutSigning(stage: Stage, { build, image }: Made): Promise<void> {
  await stage.adminOf(build.cluster).apply(pipelineRunOf(build, image, "succeeded"), stage.signal);
}

/** A token taken from the pod of a real run, used minutes after the pod has ended, from wherever the thief is. */
async function signWithStolenToken(stage: Stage, { build, image }: Made): Promise<void> {
  const { signal, signing, clock } = stage;
  if ((await signing.registry.referrers(image.repository, image.digest, signal)).length > 0) return;
  const admin = stage.adminOf(build.cluster);
  const victim: Build = { ...build, id: `${build.id}-source`, at: addMs(build.at, -TOKEN_AGE_MS) };
  clock.moveTo(victim.at);
  await admin.apply(signPodOf(victim, "running"), signal);
  const token = await projectToken(stage, admin, victim);
  await admin.apply(signPodOf(victim, "succeeded"), signal);
  await admin.remove(signPodOf(victim, "succeeded"), signal);
  clock.moveTo(build.at);
  await signing.signBuild(build, image, tokenFile(token.path), signal);
  await token.remove();
}

const ACTS: Readonly<Record<NonNullable<Build["plant"]> | "ordinary", (stage: Stage, made: Made) => Promise<void>>> = {
  ordinary: buildAndSign,
  "foreign-signer": buildAndSign,
  "outside-window": buildAndSign,
  unsigned: buildWithoutSigning,
  "stolen-token": signWithStolenToken,
};

async function deploy(stage: Stage, { build, image }: Made, place: Build["deployTo"][number]): Promise<void> {
  const { deployment, replicaSet, pod } = workloadOf(place, image, addMs(build.at, DEPLOY_AFTER_MS));
  await applyAll(stage.adminOf(place.cluster), [deployment, replicaSet, pod], stage.signal);
}

async function applyAll(admin: KubeAdmin, objects: readonly DemoObject[], signal: AbortSignal): Promise<void> {
  await Promise.all(objects.map((object) => admin.apply(object, signal)));
}

async function applyInOrder(admin: KubeAdmin, objects: readonly DemoObject[], signal: AbortSignal): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- a namespace before what is in it
  for (const object of objects) await admin.apply(object, signal);
}

/** UIDs of TaskRuns that an earlier demo completed. */
async function completedRuns(admins: readonly KubeAdmin[], signal: AbortSignal): Promise<ReadonlySet<string>> {
  const like = { apiVersion: "tekton.dev/v1", kind: "TaskRun" };
  const lists = await Promise.all(admins.map((admin) => admin.list(like, signal)));
  const runs = lists.flat().map((run) => readTaskRun(run));
  return new Set(runs.flatMap(({ meta, completedAt }) => (completedAt === undefined ? [] : [meta.uid])));
}
