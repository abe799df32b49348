import { parseDigestRef, type DigestRef } from "../../../core/digest.ts";
import { renderEventRef, type SigningEvent } from "../../../core/entry/signing-event.ts";
import { renderIdentity } from "../../../core/identity/identity.ts";
import { renderRfc3339 } from "../../../core/time.ts";
import type { Page, SearchHit } from "../contract.ts";
import { bothCovered, clusterCoverage, logCoverage } from "../coverage.ts";
import { textParameter, texts } from "../parameters.ts";
import type { Queries } from "../queries.ts";
import type { Answer, ApiRequest, Route } from "../route.ts";
import { pageOf, SearchHitSchema } from "../schemas.ts";

const HITS_MAX = 20;

export const SEARCH_ROUTES: readonly Route[] = [
  {
    path: "/api/v1/search",
    operation: "search",
    summary: "One box: a digest, an identity, an event, a run, a pod or an incident.",
    params: texts({}),
    query: texts({ q: textParameter }),
    response: pageOf(SearchHitSchema),
    problems: ["invalid-parameter"],
    answer: search,
  },
];

async function search({ query, queries }: ApiRequest): Promise<Answer> {
  const words = (query["q"] ?? "").trim();
  const now = queries.now();
  const [found, positions, { gaps }] = await Promise.all([
    Promise.all([searchEvents(words, queries), searchWorkloads(words, queries), searchIncidents(words, queries)]),
    queries.events.positions(),
    queries.workloads(),
  ]);
  const range = { since: now, until: now };
  const value: Page<SearchHit> = {
    items: found.flat().slice(0, HITS_MAX),
    next: null,
    asOf: renderRfc3339(now),
    coverage: bothCovered(logCoverage(positions, range), clusterCoverage(gaps, range)),
  };
  return { kind: "json", value };
}

async function searchEvents(words: string, queries: Queries): Promise<readonly SearchHit[]> {
  const digest = digestIn(words);
  if (digest) {
    const events = await queries.events.eventsWith([digest]);
    return [artifactHit(digest, events), ...events.map(eventHit)];
  }
  const [, log, index] = /^(.+)\/(\d{1,15})$/.exec(words) ?? [];
  const byRef = log === undefined ? undefined : await queries.events.event(log, Number(index));
  if (byRef) return [eventHit(byRef.event)];
  return searchIdentity(words, queries);
}

/** A digest by itself, or at the end of an image reference. */
function digestIn(words: string): DigestRef | undefined {
  const hex = /(?:^|[@:])([0-9a-f]{64})$/.exec(words)?.[1];
  return hex === undefined ? undefined : parseDigestRef(`sha256:${hex}`);
}

function artifactHit(digest: DigestRef, events: readonly SigningEvent[]): SearchHit {
  const detail = events.length === 0 ? "no signing event is known" : `${events.length} signing events`;
  return { kind: "artifact", title: digest, detail, href: `/artifacts/${digest}` };
}

function eventHit(event: SigningEvent): SearchHit {
  const [identity] = event.identities;
  return {
    kind: "event",
    title: renderEventRef(event),
    detail: `${renderRfc3339(event.eventTime)} ${identity ? renderIdentity(identity) : "signed with a key"}`,
    href: `/events/${encodeURIComponent(event.log)}/${event.logIndex}`,
  };
}

const ACCOUNTS = "https://kubernetes.io/namespaces/";

/** Exact SANs, `ns/NAMESPACE/sa/ACCOUNT` and `NAMESPACE/ACCOUNT`. */
async function searchIdentity(words: string, queries: Queries): Promise<readonly SearchHit[]> {
  const [, namespace, account] = /^(?:ns\/)?([a-z0-9.-]+)\/(?:sa\/)?([a-z0-9.-]+)$/.exec(words) ?? [];
  const san = namespace === undefined ? words : `${ACCOUNTS}${namespace}/serviceaccounts/${account}`;
  const { events } = await queries.events.query({ san, limit: 1 });
  return events.flatMap((event) => {
    const [identity] = event.identities;
    if (!identity) return [];
    const href = `/events?identity=${encodeURIComponent(identity.san)}&since=28d`;
    return [
      {
        kind: "identity" as const,
        title: renderIdentity(identity),
        detail: `last signed ${renderRfc3339(event.eventTime)}`,
        href,
      },
    ];
  });
}

async function searchWorkloads(words: string, queries: Queries): Promise<readonly SearchHit[]> {
  const { containers } = await queries.workloads();
  const hits = containers.filter(
    ({ pod, podUid, namespace, repository, owners }) =>
      pod === words ||
      podUid === words ||
      `${namespace}/${pod}` === words ||
      repository === words ||
      repository.endsWith(`/${words}`) ||
      owners.some(({ name }) => name === words),
  );
  return hits.map(({ cluster, namespace, pod, container, signing, digest, repository }) => ({
    kind: "workload" as const,
    title: `${namespace}/${pod} ${container}`,
    detail: `${cluster}: ${repository}, ${signing}`,
    href: digest === undefined ? `/workloads?namespace=${encodeURIComponent(namespace)}` : `/artifacts/${digest}`,
  }));
}

async function searchIncidents(words: string, queries: Queries): Promise<readonly SearchHit[]> {
  const hits = (await queries.incidents()).filter(({ id }) => id === words);
  return hits.map(({ id, title, severity }) => ({
    kind: "incident" as const,
    title: id,
    detail: `${severity}: ${title}`,
    href: "/",
  }));
}
