import { parseDigestRef } from "../../../core/digest.ts";
import { renderEventRef, type SigningEvent } from "../../../core/entry/signing-event.ts";
import type { EventPage, EventQuery } from "../../../ports/event-store.ts";
import { renderRfc3339 } from "../../../core/time.ts";
import type { EventItem, Page } from "../contract.ts";
import { bothCovered, clusterCoverage, logCoverage, type TimeRange } from "../coverage.ts";
import { parseCursor, renderCursor } from "../cursor.ts";
import {
  digestParameter,
  indexParameter,
  instantParameter,
  limitOf,
  limitParameter,
  optionalTexts,
  rangeOf,
  textParameter,
  texts,
} from "../parameters.ts";
import type { Problem } from "../problem.ts";
import { type Answer, type ApiRequest, notFound, problem, type Route, type Texts } from "../route.ts";
import { BundleSchema, EventDetailSchema, EventItemSchema, pageOf, ProofSchema } from "../schemas.ts";
import { type EventContext, toEventDetail, toEventItem } from "../to-json.ts";
import type { Queries } from "../queries.ts";

export const EVENT_ROUTES: readonly Route[] = [
  {
    path: "/api/v1/events",
    operation: "listEvents",
    summary: "Signing events, newest first.",
    params: texts({}),
    query: optionalTexts({
      since: instantParameter,
      until: instantParameter,
      log: textParameter,
      identity: textParameter,
      issuer: textParameter,
      namespace: textParameter,
      digest: digestParameter,
      limit: limitParameter,
      cursor: textParameter,
    }),
    response: pageOf(EventItemSchema),
    problems: ["invalid-parameter", "cursor-mismatch", "range-too-wide"],
    answer: listEvents,
  },
  {
    path: "/api/v1/events/{log}/{index}",
    operation: "getEvent",
    summary: "One event with its run, its artifacts and where they run.",
    params: texts({ log: textParameter, index: indexParameter }),
    query: texts({}),
    response: EventDetailSchema,
    problems: ["invalid-parameter", "not-found"],
    answer: getEvent,
  },
  {
    path: "/api/v1/events/{log}/{index}/bundle",
    operation: "getEventBundle",
    summary: "The sigstore bundle of an event, where it is known.",
    params: texts({ log: textParameter, index: indexParameter }),
    query: texts({}),
    response: BundleSchema,
    problems: ["invalid-parameter", "not-found"],
    answer: getBundle,
  },
  {
    path: "/api/v1/events/{log}/{index}/proof",
    operation: "getEventProof",
    summary: "The inclusion of an event under the newest proven checkpoint.",
    params: texts({ log: textParameter, index: indexParameter }),
    query: texts({}),
    response: ProofSchema,
    problems: ["invalid-parameter", "not-found"],
    answer: getProof,
  },
];

async function listEvents({ query, queries }: ApiRequest): Promise<Answer> {
  const now = queries.now();
  const range = rangeOf(query, now, query["identity"] !== undefined || query["digest"] !== undefined);
  if ("problem" in range) return problem(range);
  const asked = toEventQuery(query, range);
  if ("problem" in asked) return problem(asked);
  const page = await queries.events.query(asked);
  const value: Page<EventItem> = {
    items: await toEventItems(page.events, queries),
    next: nextOf(page, query),
    asOf: renderRfc3339(now),
    coverage: logCoverage(await queries.events.positions(), range),
  };
  const { asOf: _, ...etagOf } = value;
  return { kind: "json", value, etagOf, csv: { name: "events", rows: value.items.map(csvRow), titles: CSV_TITLES } };
}

function nextOf(page: EventPage, query: Texts): string | null {
  return page.next ? renderCursor(page.next, query) : null;
}

function toEventQuery(query: Texts, range: TimeRange): EventQuery | Problem {
  const digest = parseDigestRef(query["digest"] ?? "");
  const cursor = query["cursor"] === undefined ? undefined : parseCursor(query["cursor"], query);
  if (cursor && "problem" in cursor) return cursor;
  return {
    ...range,
    ...subjectOf(query),
    ...(query["log"] !== undefined && { log: query["log"] }),
    ...(query["issuer"] !== undefined && { issuer: query["issuer"] }),
    ...(digest && { digest }),
    limit: limitOf(query),
    ...(cursor && { cursor }),
  };
}

const SHORTHAND = /^ns\/([^/]+)\/sa\/([^/]+)$/;
const ACCOUNTS = "https://kubernetes.io/namespaces/";

/** `identity` is a SAN, or `ns/<namespace>/sa/<account>`; `namespace` all service accounts of one. */
function subjectOf(query: Texts): Pick<EventQuery, "san" | "sanPrefix"> {
  const { identity, namespace } = { identity: query["identity"], namespace: query["namespace"] };
  const [, ns, account] = SHORTHAND.exec(identity ?? "") ?? [];
  if (ns !== undefined && account !== undefined) return { san: `${ACCOUNTS}${ns}/serviceaccounts/${account}` };
  if (identity !== undefined) return { san: identity };
  return namespace === undefined ? {} : { sanPrefix: `${ACCOUNTS}${namespace}/serviceaccounts/` };
}

/** Events with what is known of them, in their order. */
export async function toEventItems(events: readonly SigningEvent[], queries: Queries): Promise<readonly EventItem[]> {
  const context = await contextOf(events, queries);
  return events.map((event) => toEventItem(event, context));
}

async function contextOf(events: readonly SigningEvent[], queries: Queries): Promise<EventContext> {
  const [correlations, expectations, artifacts, incidents] = await Promise.all([
    queries.correlationsOf(events),
    queries.expectationsOf(events),
    queries.artifactsOf(events),
    queries.incidents(),
  ]);
  return { correlations, expectations, artifacts, incidents };
}

async function getEvent({ params, queries }: ApiRequest): Promise<Answer> {
  const found = await queries.events.event(params["log"] ?? "", Number(params["index"]));
  if (!found) return notFound(`event ${params["log"]}/${params["index"]}`);
  const { event } = found;
  const now = queries.now();
  const [context, workloads, positions] = await Promise.all([
    contextOf([event], queries),
    queries.workloads(),
    queries.events.positions(),
  ]);
  const ref = renderEventRef(event);
  const range = { since: event.eventTime, until: now };
  const value = toEventDetail(found, {
    ...context,
    workloads: workloads.containers.filter(({ events }) => events.some((other) => renderEventRef(other) === ref)),
    coverage: bothCovered(logCoverage(positions, range), clusterCoverage(workloads.gaps, range)),
  });
  return { kind: "json", value };
}

async function getBundle({ params, queries }: ApiRequest): Promise<Answer> {
  const bytes = await queries.bundleOf(params["log"] ?? "", Number(params["index"]));
  if (!bytes) return notFound(`bundle of event ${params["log"]}/${params["index"]}`);
  return { kind: "immutable", contentType: "application/vnd.dev.sigstore.bundle.v0.3+json", bytes };
}

async function getProof({ params, queries }: ApiRequest): Promise<Answer> {
  const value = await queries.proofOf(params["log"] ?? "", Number(params["index"]));
  return value ? { kind: "json", value } : notFound(`proof of event ${params["log"]}/${params["index"]}`);
}

const CSV_TITLES = ["log", "index", "eventTime", "issuer", "san", "kind", "grade", "expected", "run", "digests"];

function csvRow(item: EventItem): readonly string[] {
  const run = item.run ? `${item.run.cluster}/${item.run.namespace}/${item.run.name}` : "";
  const digests = item.digests.map(({ role, digest }) => `${role}=${digest}`).join(" ");
  const { log, index, eventTime, identity, kind, grade, expected } = item;
  const who = [identity?.issuer ?? "", identity?.san ?? ""];
  return [log, String(index), eventTime, ...who, kind, grade, expected.state, run, digests];
}
