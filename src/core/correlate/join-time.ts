import type { SigningEvent } from "../entry/signing-event.ts";
import { sameIdentity } from "../identity/identity.ts";
import type { TokenIssue } from "../pipelines/audit-event.ts";
import type { Pod } from "../pipelines/pod.ts";
import { renderRfc3339, type UnixMs } from "../time.ts";
import type { JoinEvidence } from "./correlation.ts";
import {
  accountKey,
  clustersOf,
  lifeOf,
  podsOfRun,
  TOKEN_AGE_MAX_MS,
  type SeenRun,
  type WorldIndex,
} from "./index-world.ts";
import { evidenceOf, type Joined } from "./join.ts";
import { namesOtherCertificate, parseAccount, provenIdentity } from "./preconditions.ts";
import type { ClusterIdentity, Seen } from "./world.ts";

/**
 * Joins by identity and time: E9 window, and on top of it what the API server says of tokens: E4 credential, E6 audit body,
 * E6m audit metadata (pipelines chapter §7). A run that names another certificate than the entry's is not among them.
 */
export function joinByTime(index: WorldIndex, event: SigningEvent): readonly Joined[] {
  const identity = provenIdentity(event);
  const at = event.certificate?.notBefore;
  if (!identity || at === undefined) return [];
  const account = parseAccount(identity);
  return clustersOf(index, identity).flatMap((cluster) => {
    const key = account && accountKey(cluster.cluster, account.namespace, account.serviceAccount);
    const own = key === undefined ? [] : (index.byAccount.get(key)?.covering(at) ?? []);
    const byChains = cluster.chains && sameIdentity(cluster.chains, identity);
    const chained = byChains ? completedBy(index.byCluster.get(cluster.cluster)?.covering(at) ?? [], at) : [];
    const runs = [...new Set([...own, ...chained])].filter((run) => !namesOtherCertificate(event, run));
    return runs.map((run) => ({
      run,
      evidence: [windowEvidence(run, at), ...tokenEvidence(index, run, { cluster, at })],
    }));
  });
}

type Moment = { readonly cluster: ClusterIdentity; readonly at: UnixMs };

/** Chains signs runs that are done. */
function completedBy(runs: readonly SeenRun[], at: UnixMs): readonly SeenRun[] {
  return runs.filter((run) => run.value.completedAt !== undefined && run.value.completedAt <= at + 60_000);
}

function windowEvidence(run: SeenRun, at: UnixMs): JoinEvidence {
  const { startedAt, completedAt } = run.value;
  const end = completedAt === undefined ? "now" : renderRfc3339(completedAt);
  const span = startedAt === undefined ? end : `${renderRfc3339(startedAt)} to ${end}`;
  return evidenceOf(run, "window", `certificate of ${renderRfc3339(at)}, run from ${span}`);
}

function tokenEvidence(index: WorldIndex, run: SeenRun, moment: Moment): readonly JoinEvidence[] {
  const { cluster, at } = moment;
  const { meta, serviceAccount } = run.value;
  const issues =
    index.tokensByAccount.get(accountKey(cluster.cluster, meta.namespace, serviceAccount))?.covering(at) ?? [];
  const pods = podsOfRun(index, run);
  return [
    ...credentialEvidence(index, run, pods),
    ...issues.flatMap((issue) => boundEvidence({ issue, pods, moment })),
    ...issues.flatMap((issue) => inferredEvidence(index, run, { issue, pods, moment })),
  ];
}

/** E4: the run's own CREDENTIAL_ID is one that the API server issued to the node of the run's pod, for the run's account. */
function credentialEvidence(index: WorldIndex, run: SeenRun, pods: readonly Seen<Pod>[]): readonly JoinEvidence[] {
  const id = run.value.receipt?.credentialId;
  const issues = id === undefined ? [] : (index.tokensByCredential.get(id) ?? []);
  return issues
    .filter(
      (issue) =>
        issue.cluster === run.cluster &&
        issue.value.namespace === run.value.meta.namespace &&
        issue.value.serviceAccount === run.value.serviceAccount &&
        pods.some((pod) => pod.value.node !== "" && issue.value.requester === `system:node:${pod.value.node}`),
    )
    .map((issue) => fromAudit(issue, "credential", `the API server issued ${id} to the node of the run's pod`));
}

type Issued = { readonly issue: Seen<TokenIssue>; readonly pods: readonly Seen<Pod>[]; readonly moment: Moment };

/** E6: the request's body binds the token to a pod of the run, for an audience that the CA accepts. */
function boundEvidence({ issue, pods, moment }: Issued): readonly JoinEvidence[] {
  const { bound, audiences = [], expiresAt } = issue.value;
  const pod = pods.find((candidate) => bound?.kind === "Pod" && candidate.value.meta.uid === bound.uid);
  const accepted = audiences.some((audience) => moment.cluster.audiences.includes(audience));
  return pod && accepted && expiresAt !== undefined && moment.at <= expiresAt
    ? [fromAudit(issue, "audit-body", `a token for ${audiences.join(", ")} was bound to pod ${pod.value.meta.name}`)]
    : [];
}

/** E6m: without the body: the token went to a node on which exactly one pod of the account could have asked for it. */
function inferredEvidence(index: WorldIndex, run: SeenRun, { issue, pods, moment }: Issued): readonly JoinEvidence[] {
  const { requester, issuedAt, audiences } = issue.value;
  if (audiences || moment.at - issuedAt > TOKEN_AGE_MAX_MS || !requester.startsWith("system:node:")) return [];
  const node = requester.slice("system:node:".length);
  const { meta, serviceAccount } = run.value;
  const possible = (index.podsByAccount.get(accountKey(run.cluster, meta.namespace, serviceAccount)) ?? []).filter(
    (pod) =>
      pod.value.node === node &&
      pod.value.audiences.some((audience) => moment.cluster.audiences.includes(audience)) &&
      livesAt(pod, issuedAt),
  );
  const [only] = possible;
  return only && possible.length === 1 && pods.includes(only)
    ? [fromAudit(issue, "audit-metadata", `a token went to ${node}, where ${only.value.meta.name} alone could use it`)]
    : [];
}

function livesAt(pod: Seen<Pod>, at: UnixMs): boolean {
  const life = lifeOf(pod);
  return life !== undefined && life.since - 1000 <= at && (life.until === undefined || at <= life.until);
}

function fromAudit(
  issue: Seen<TokenIssue>,
  kind: "credential" | "audit-body" | "audit-metadata",
  detail: string,
): JoinEvidence {
  return {
    kind,
    detail,
    source: { object: `audit/${issue.value.auditId}`, resourceVersion: "" },
    observedAt: issue.observedAt,
  };
}
