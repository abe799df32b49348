import { provenIdentity } from "../../core/correlate/preconditions.ts";
import { isSignature } from "../../core/correlate/signature-link.ts";
import { renderEventRef, type LogName, type SigningEvent } from "../../core/entry/signing-event.ts";
import { readPod } from "../../core/pipelines/pod.ts";
import { acceptsIdentity, allowedIdentities, type AllowedIdentity } from "../../core/policy/drift/allowed.ts";
import type {
  BuilderAct,
  ClusterView,
  DriftEvidence,
  LastSignature,
  LogCoverage,
  SeenAccount,
} from "../../core/policy/drift/evidence.ts";
import { BUILDER_MS, judgeDrift, type Drift, type DriftPolicy } from "../../core/policy/drift/judge-drift.ts";
import { familyOf } from "../../core/policy/judge-signer.ts";
import type { MatchesWhole } from "../../core/policy/judge/judge-authority.ts";
import { shapeOfPattern } from "../../core/policy/read/pattern-shape.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClusterStore, StoredObject, WatchGap } from "../../ports/cluster-store.ts";
import type { EventCursor, EventStore } from "../../ports/event-store.ts";
import type { SignatureStore } from "../../ports/signature-store.ts";

export type DriftPorts = {
  readonly events: Pick<EventStore, "positions" | "query" | "event">;
  readonly signatures: Pick<SignatureStore, "links">;
  readonly clusters: Pick<ClusterStore, "objects" | "gaps" | "resourceVersion">;
  readonly clock: Pick<Clock, "now">;
  readonly matches: MatchesWhole;
};

/** What the configuration says of clusters and of the logs of each trust root. */
export type DriftNames = {
  readonly clusters: readonly {
    readonly cluster: string;
    readonly issuer: string;
    readonly issuerType: ClusterView["issuerType"];
    readonly audience: string;
  }[];
  readonly logs: readonly { readonly root: string; readonly log: LogName }[];
};

/**
 * Holds a policy against the signing events and clusters of the stores. The stores are only read. Faults: theirs.
 */
export function policyDrift(ports: DriftPorts, names: DriftNames): (policy: DriftPolicy) => Promise<Drift> {
  return async (policy) => judgeDrift(policy, await gatherEvidence(ports, names, policy), ports.matches);
}

async function gatherEvidence(ports: DriftPorts, names: DriftNames, policy: DriftPolicy): Promise<DriftEvidence> {
  const now = ports.clock.now();
  const since = addMs(now, -BUILDER_MS);
  const gaps = await ports.clusters.gaps();
  const [logs, acts, clusters] = await Promise.all([
    gatherLogs(ports, names, now),
    gatherActs(ports, names, policy, since),
    Promise.all(names.clusters.map((cluster) => gatherCluster(ports, cluster, { since, gaps }))),
  ]);
  const allowed = [];
  for (const identity of allowedIdentities(policy.policy)) {
    // oxlint-disable-next-line no-await-in-loop -- one page of the store at a time
    allowed.push({ allowed: identity, last: await lastSignature(ports, identity) });
  }
  return { now, allowed, acts, clusters, logs };
}

async function gatherLogs({ events }: DriftPorts, { logs }: DriftNames, now: UnixMs): Promise<readonly LogCoverage[]> {
  const positions = await events.positions();
  return Promise.all(
    logs.map(async ({ root, log }) => {
      const position = positions.find((known) => known.log === log);
      const first = position && (await events.event(log, position.startIndex))?.event;
      // A log that is not proven says nothing of what is not in it; one that has ended says all that it ever will.
      if (!first || position.state === "unproven" || position.state === "disputed") return { root, log };
      const { head, indexedUpto, updatedAt, state } = position;
      if (!head || indexedUpto < head.size) return { root, log };
      const to = state === "following" ? updatedAt : now;
      return { root, log, span: { from: first.logged.hi ?? first.firstSeen, to } };
    }),
  );
}

const EVENTS_AT_ONCE = 100;

/** Signatures of images of the policy's families. A link is made after the event, so an older one is of an older event. */
async function gatherActs(
  { events, signatures }: DriftPorts,
  names: DriftNames,
  { expected }: DriftPolicy,
  since: UnixMs,
): Promise<readonly BuilderAct[]> {
  const links = (await signatures.links()).filter(
    (link) => link.seenAt >= since && isSignature(link) && familyOf(expected, link.repository) !== undefined,
  );
  const acts: BuilderAct[] = [];
  for (let at = 0; at < links.length; at += EVENTS_AT_ONCE) {
    const batch = links.slice(at, at + EVENTS_AT_ONCE).map(async ({ log, logIndex, repository }) => {
      const event = (await events.event(log, logIndex))?.event;
      const identity = event && provenIdentity(event);
      if (!identity || event.eventTime < since) return [];
      const roots = names.logs.flatMap((known) => (known.log === log ? known.root : []));
      return [{ repository, identity, at: event.eventTime, event: renderEventRef(event), roots }];
    });
    // oxlint-disable-next-line no-await-in-loop -- so many at a time
    acts.push(...(await Promise.all(batch)).flat());
  }
  return acts;
}

const PAGE_EVENTS = 500;
/** 20,000 events: a pattern of a public log has no end. */
const PAGES_MAX = 40;

/** The newest verified event that a rule accepts, the certificate's extensions included. */
async function lastSignature(
  { events, matches }: DriftPorts,
  { rule }: Pick<AllowedIdentity, "rule">,
): Promise<LastSignature> {
  const { issuer, san } = rule;
  const prefix = san.kind === "pattern" ? shapeOfPattern(san.pattern).prefix : "";
  const asked = {
    ...(issuer.kind === "exact" && { issuer: issuer.text }),
    ...(san.kind === "exact" && { san: san.text }),
    ...(prefix !== "" && { sanPrefix: prefix }),
  };
  let cursor: EventCursor | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    // oxlint-disable-next-line no-await-in-loop -- a page says where the next begins
    const found = await events.query({ ...asked, limit: PAGE_EVENTS, ...(cursor && { cursor }) });
    const event = found.events.find((candidate) => isBy(candidate, rule, matches));
    if (event) return { kind: "signed", at: event.eventTime, event: renderEventRef(event) };
    if (!found.next) return { kind: "none" };
    cursor = found.next;
  }
  return { kind: "unsearched" };
}

function isBy(event: SigningEvent, rule: AllowedIdentity["rule"], matches: MatchesWhole): boolean {
  const identity = provenIdentity(event);
  const extensions = event.certificate?.extensions ?? {};
  return (
    identity !== undefined &&
    acceptsIdentity(rule, identity, matches) &&
    Object.entries(rule.extensions).every(
      ([number, value]) => Object.hasOwn(extensions, number) && extensions[number] === value,
    )
  );
}

const NEEDED = ["namespaces", "serviceaccounts", "pods"] as const;

async function gatherCluster(
  { clusters }: DriftPorts,
  { cluster, issuer, issuerType, audience }: DriftNames["clusters"][number],
  { since, gaps }: { readonly since: UnixMs; readonly gaps: readonly WatchGap[] },
): Promise<ClusterView> {
  const [namespaces, accounts, pods] = await Promise.all([
    clusters.objects({ resource: "namespaces", cluster }),
    clusters.objects({ resource: "serviceaccounts", cluster }),
    clusters.objects({ resource: "pods", cluster, seenSince: since }),
  ]);
  const versions = await Promise.all(NEEDED.map((resource) => clusters.resourceVersion(cluster, resource)));
  const unread = NEEDED.filter((_, i) => versions[i] === undefined);
  const own = gaps.filter((gap) => gap.cluster === cluster && NEEDED.some((resource) => resource === gap.resource));
  const open = own.find(({ until }) => until === undefined);
  const gap = unread.length > 0 ? `${unread.join(", ")} were never listed` : open && `not watched: ${open.reason}`;
  const asking = firstAsking(pods, audience);
  const asOf = newest([...namespaces, ...accounts, ...pods].map(({ lastSeen }) => lastSeen));
  const begin = namespaces.map(({ firstSeen }) => firstSeen).toSorted((a, b) => a - b)[0];
  const watchedSince = newest([begin, ...own.map(({ until }) => until)].flatMap((at) => at ?? []));
  return {
    cluster,
    issuer,
    issuerType,
    ...(gap !== undefined && { gap }),
    ...(asOf !== undefined && { asOf }),
    ...(watchedSince !== undefined && { watchedSince }),
    namespaces: namespaces.map(({ name, end }) => ({ name, ...(end && { goneBy: end.goneBy }) })),
    accounts: accounts.map((account) => toSeenAccount(account, asking)),
  };
}

function newest(times: readonly UnixMs[]): UnixMs | undefined {
  return times.toSorted((a, b) => b - a)[0];
}

type Asking = ReadonlyMap<string, NonNullable<SeenAccount["asked"]>>;

/** By account, its first pod that projects a token of the audience; pods come in order of their first sight. */
function firstAsking(pods: readonly StoredObject[], audience: string): Asking {
  const first = new Map<string, NonNullable<SeenAccount["asked"]>>();
  for (const { namespace, name, firstSeen, object } of pods) {
    const pod = readPod(object);
    const key = `${namespace}/${pod.serviceAccount}`;
    if (pod.audiences.includes(audience) && !first.has(key)) first.set(key, { pod: name, at: firstSeen });
  }
  return first;
}

function toSeenAccount({ namespace, name, end }: StoredObject, asking: Asking): SeenAccount {
  const asked = asking.get(`${namespace}/${name}`);
  return { namespace, name, ...(end && { goneBy: end.goneBy }), ...(asked && { asked }) };
}
