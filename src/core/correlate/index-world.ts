import { sha256, toDigestRef, type DigestRef } from "../digest.ts";
import { parseBase64 } from "../bytes/base64.ts";
import type { LogName } from "../entry/signing-event.ts";
import type { Identity } from "../identity/identity.ts";
import type { TokenIssue } from "../pipelines/audit-event.ts";
import { controllerOf } from "../pipelines/object-meta.ts";
import type { PipelineRun } from "../pipelines/pipeline-run.ts";
import { podEndOf, type Pod } from "../pipelines/pod.ts";
import type { TaskRun } from "../pipelines/task-run.ts";
import type { SignatureLink } from "./signature-link.ts";
import { indexSpans, widen, type Span, type SpanIndex } from "./window.ts";
import type { ClusterIdentity, CorrelationWorld, CoverageGap, Seen } from "./world.ts";

export type SeenRun = Seen<TaskRun>;

/** The world, findable by everything that an entry can name, so that one entry is joined without looking at every run. */
export type WorldIndex = {
  readonly byLeaf: ReadonlyMap<DigestRef, readonly SeenRun[]>;
  readonly byBundle: ReadonlyMap<DigestRef, readonly SeenRun[]>;
  readonly byPayload: ReadonlyMap<DigestRef, readonly SeenRun[]>;
  /** What Chains keeps on a PipelineRun: the hash of the payload, and the PipelineRun's uid. */
  readonly pipelinesByPayload: ReadonlyMap<DigestRef, readonly Seen<PipelineRun>[]>;
  readonly byUid: ReadonlyMap<string, readonly SeenRun[]>;
  readonly byArtifact: ReadonlyMap<DigestRef, readonly SeenRun[]>;
  readonly byCredential: ReadonlyMap<string, readonly SeenRun[]>;
  /** `log/index` of the transparency annotation of Chains. */
  readonly byAnnotation: ReadonlyMap<string, readonly SeenRun[]>;
  readonly byPipelineUid: ReadonlyMap<string, readonly SeenRun[]>;
  /** `cluster/namespace/account`: the runs of an account by time. */
  readonly byAccount: ReadonlyMap<string, SpanIndex<SeenRun>>;
  /** All runs of a cluster by time, in the wider window in which Chains signs. */
  readonly byCluster: ReadonlyMap<string, SpanIndex<SeenRun>>;
  readonly pipelineRuns: ReadonlyMap<string, Seen<PipelineRun>>;
  readonly podsByUid: ReadonlyMap<string, Seen<Pod>>;
  readonly podsByOwner: ReadonlyMap<string, readonly Seen<Pod>[]>;
  readonly podsByAccount: ReadonlyMap<string, readonly Seen<Pod>[]>;
  readonly tokensByCredential: ReadonlyMap<string, readonly Seen<TokenIssue>[]>;
  readonly tokensByAccount: ReadonlyMap<string, SpanIndex<Seen<TokenIssue>>>;
  readonly links: ReadonlyMap<string, readonly SignatureLink[]>;
  readonly clusters: readonly ClusterIdentity[];
  readonly gaps: readonly CoverageGap[];
};

/** E9: a minute on both sides of the run for clocks; Chains signs up to an hour after (pipelines chapter §7). */
export const WINDOW_SLACK_MS = 60_000;
export const CHAINS_DELAY_MS = 3_600_000;
/** E6m: a token is at most this old when it is used. */
export const TOKEN_AGE_MAX_MS = 600_000;

/** Builds the index: one pass over each list. */
export function indexWorld(world: CorrelationWorld): WorldIndex {
  const { runs, pods, tokenIssues } = world;
  const accounts = groupBy(runs, (run) => [
    accountKey(run.cluster, run.value.meta.namespace, run.value.serviceAccount),
  ]);
  const tokens = groupBy(tokenIssues, (issue) => [tokenAccount(issue)]);
  return {
    byLeaf: groupBy(runs, (run) => ownEntries(run.value).flatMap((entry) => entry.leaf ?? [])),
    byBundle: groupBy(runs, (run) => ownBundles(run.value)),
    byPayload: groupBy(runs, (run) => chainsPayloads(run.value)),
    pipelinesByPayload: groupBy(world.pipelineRuns, (run) => chainsPayloads(run.value)),
    byUid: groupBy(runs, (run) => [run.value.meta.uid]),
    byArtifact: groupBy(runs, (run) => run.value.artifacts),
    byCredential: groupBy(runs, (run) => credentialOf(run.value) ?? []),
    byAnnotation: groupBy(runs, (run) => annotatedEntry(run.value, world.logUrls) ?? []),
    byPipelineUid: groupBy(runs, (run) => run.value.pipelineRun?.uid ?? []),
    byAccount: mapValues(accounts, (group) => indexSpans(group, (run) => windowOf(run.value, WINDOW_SLACK_MS))),
    byCluster: mapValues(
      groupBy(runs, (run) => [run.cluster]),
      (group) => indexSpans(group, (run) => windowOf(run.value, CHAINS_DELAY_MS)),
    ),
    pipelineRuns: new Map(world.pipelineRuns.map((run) => [run.value.meta.uid, run])),
    podsByUid: new Map(pods.map((pod) => [pod.value.meta.uid, pod])),
    podsByOwner: groupBy(pods, (pod) => controllerOf(pod.value.meta)?.uid ?? []),
    podsByAccount: groupBy(pods, (pod) => [
      accountKey(pod.cluster, pod.value.meta.namespace, pod.value.serviceAccount),
    ]),
    tokensByCredential: groupBy(tokenIssues, (issue) => issue.value.credentialId ?? []),
    tokensByAccount: mapValues(tokens, (group) => indexSpans(group, (issue) => tokenSpan(issue.value))),
    links: groupBy(world.links, (link) => [`${link.log}/${link.logIndex}`]),
    clusters: world.clusters,
    gaps: world.gaps,
  };
}

export function accountKey(cluster: string, namespace: string, serviceAccount: string): string {
  return `${cluster}/${namespace}/${serviceAccount}`;
}

/** The clusters whose tokens carry the issuer of an identity. More than one: issuers collide, and all are possible. */
export function clustersOf(index: WorldIndex, identity: Identity): readonly ClusterIdentity[] {
  return index.clusters.filter((cluster) => cluster.issuers.includes(identity.issuer));
}

/** E9's window of a run; `undefined` when it has not started. Open while the run is not complete. */
export function windowOf(run: TaskRun, afterMs: number): Span | undefined {
  const { startedAt, completedAt } = run;
  if (startedAt === undefined) return undefined;
  return widen(
    { since: startedAt, ...(completedAt !== undefined && { until: completedAt }) },
    WINDOW_SLACK_MS,
    afterMs,
  );
}

/** The pods of a run on which both sides agree: the pod's controller and the run's status (pipelines chapter §7, "Retries"). */
export function podsOfRun(index: WorldIndex, run: SeenRun): readonly Seen<Pod>[] {
  const owned = index.podsByOwner.get(run.value.meta.uid) ?? [];
  return owned.filter(
    (pod) =>
      pod.cluster === run.cluster &&
      pod.value.meta.namespace === run.value.meta.namespace &&
      run.value.podNames.includes(pod.value.meta.name),
  );
}

/** The time in which a pod can have used a token: from its start to the end of its last container, or to when it was gone. */
export function lifeOf(pod: Seen<Pod>): Span | undefined {
  const since = pod.value.startedAt ?? pod.value.meta.createdAt;
  if (since === undefined) return undefined;
  const until = podEndOf(pod.value) ?? pod.goneBy;
  return { since, ...(until !== undefined && until >= since && { until }) };
}

/** The entries that a run made itself; those it found and reused are another run's. */
function ownEntries(run: TaskRun): readonly { readonly leaf?: DigestRef }[] {
  return (run.receipt?.entries ?? []).filter((entry) => !entry.reused);
}

/** Bundles stand in the order of entries. Where the lists do not line up, a reused entry makes all bundles doubtful. */
function ownBundles(run: TaskRun): readonly DigestRef[] {
  const { entries = [], bundleDigests = [] } = run.receipt ?? {};
  if (!entries.some((entry) => entry.reused)) return bundleDigests;
  return entries.length === bundleDigests.length ? bundleDigests.filter((_, i) => entries[i]?.reused === false) : [];
}

const CHAINS_PAYLOAD = "chains.tekton.dev/payload-";

/** Hashes of what Chains signed, from its storage in annotations. */
function chainsPayloads(run: Pick<TaskRun, "meta">): readonly DigestRef[] {
  return Object.entries(run.meta.annotations).flatMap(([name, value]) => {
    const payload = name.startsWith(CHAINS_PAYLOAD) ? parseBase64(value) : undefined;
    return payload ? [toDigestRef(sha256(payload))] : [];
  });
}

/** `JTI=<uuid>` as the URN that a certificate of profile `bound` carries. */
function credentialOf(run: TaskRun): readonly string[] {
  const jti = run.receipt?.credentialId?.replace(/^JTI=/, "");
  return jti === undefined ? [] : [`urn:uuid:${jti.toLowerCase()}`];
}

const TRANSPARENCY = /^(https?:\/\/[^?#]{1,300})\/api\/v1\/log\/entries\?logIndex=(\d{1,15})$/;

function annotatedEntry(
  run: TaskRun,
  logUrls: readonly { readonly log: LogName; readonly url: string }[],
): readonly string[] {
  const [, url, index] = TRANSPARENCY.exec(run.meta.annotations["chains.tekton.dev/transparency"] ?? "") ?? [];
  return logUrls.filter((known) => known.url.replace(/\/+$/, "") === url).map(({ log }) => `${log}/${Number(index)}`);
}

function tokenAccount({ cluster, value }: Seen<TokenIssue>): string {
  return accountKey(cluster, value.namespace, value.serviceAccount);
}

/** The API server stamps milliseconds where certificates have seconds. */
function tokenSpan(issue: TokenIssue): Span {
  const since = widen({ since: issue.issuedAt }, issue.issuedAt % 1000, 0).since;
  return { since, until: widen({ since: issue.issuedAt, until: issue.issuedAt }, 0, TOKEN_AGE_MAX_MS).until ?? since };
}

function groupBy<T, K>(items: readonly T[], keysOf: (item: T) => readonly K[] | K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const keys = keysOf(item);
    for (const key of isList(keys) ? new Set(keys) : [keys]) {
      const group = groups.get(key);
      if (group) group.push(item);
      else groups.set(key, [item]);
    }
  }
  return groups;
}

function isList<K>(keys: readonly K[] | K): keys is readonly K[] {
  return Array.isArray(keys);
}

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, convert: (value: V) => W): ReadonlyMap<K, W> {
  return new Map([...map].map(([key, value]) => [key, convert(value)]));
}
