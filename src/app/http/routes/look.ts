import { parseDigestRef } from "../../../core/digest.ts";
import { renderRfc3339 } from "../../../core/time.ts";
import type { RunningContainer } from "../../../core/inventory/running-container.ts";
import type { ArtifactDetail, HealthJson, IncidentItem, LogItem, Page, ProbeJson, WorkloadItem } from "../contract.ts";
import { bothCovered, clusterCoverage, logCoverage } from "../coverage.ts";
import { digestParameter, optionalTexts, textParameter, texts } from "../parameters.ts";
import { type Answer, type ApiRequest, notFound, type Route, type Texts } from "../route.ts";
import {
  ArtifactDetailSchema,
  HealthSchema,
  IncidentItemSchema,
  LogItemSchema,
  MeSchema,
  pageOf,
  StorySchema,
  WorkloadItemSchema,
} from "../schemas.ts";
import { toLogItem, toWorkloadItem } from "../to-json.ts";
import { toEventItems } from "./events.ts";

const none = texts({});

export const LOOK_ROUTES: readonly Route[] = [
  {
    path: "/api/v1/artifacts/{digest}",
    operation: "getArtifact",
    summary: "A digest: its signing events and where it runs.",
    params: texts({ digest: digestParameter }),
    query: none,
    response: ArtifactDetailSchema,
    problems: ["invalid-parameter"],
    answer: getArtifact,
  },
  {
    path: "/api/v1/artifacts/{digest}/story",
    operation: "getArtifactStory",
    summary: "A digest's story: facts in order of time, each with its proof or grade.",
    params: texts({ digest: digestParameter }),
    query: none,
    response: StorySchema,
    problems: ["invalid-parameter", "not-found"],
    answer: getStory,
  },
  {
    path: "/api/v1/workloads",
    operation: "listWorkloads",
    summary: "Running containers and the signature of what they run.",
    params: none,
    query: optionalTexts({
      cluster: textParameter,
      namespace: textParameter,
      signing: textParameter,
      grade: textParameter,
    }),
    response: pageOf(WorkloadItemSchema),
    problems: ["invalid-parameter"],
    answer: listWorkloads,
  },
  {
    path: "/api/v1/incidents",
    operation: "listIncidents",
    summary: "Incidents, gravest first.",
    params: none,
    query: none,
    response: pageOf(IncidentItemSchema),
    problems: [],
    answer: listIncidents,
  },
  {
    path: "/api/v1/logs",
    operation: "listLogs",
    summary: "The logs that are followed, and how far each has been proven.",
    params: none,
    query: none,
    response: pageOf(LogItemSchema),
    problems: [],
    answer: listLogs,
  },
  {
    path: "/api/v1/health",
    operation: "getHealth",
    summary: "What works and what does not, with the fix.",
    params: none,
    query: none,
    response: HealthSchema,
    problems: [],
    answer: getHealth,
  },
  {
    path: "/api/v1/me",
    operation: "getMe",
    summary: "Who the server takes you for.",
    params: none,
    query: none,
    response: MeSchema,
    problems: [],
    answer: async ({ me }) => ({ kind: "json", value: me }),
  },
];

async function getArtifact({ params, queries }: ApiRequest): Promise<Answer> {
  const digest = parseDigestRef(params["digest"] ?? "");
  if (!digest) return notFound("artifact");
  const now = queries.now();
  const [events, workloads, positions] = await Promise.all([
    queries.events.eventsWith([digest]),
    queries.workloads(),
    queries.events.positions(),
  ]);
  const running = workloads.containers.filter((container) => container.digest === digest);
  const [oldest] = events.toReversed();
  const range = { since: oldest?.eventTime ?? now, until: now };
  const value: ArtifactDetail = {
    digest,
    repositories: [...new Set(running.map(({ repository }) => repository))].toSorted(),
    events: await toEventItems(events, queries),
    workloads: running.map(toWorkloadItem),
    coverage: bothCovered(logCoverage(positions, range), clusterCoverage(workloads.gaps, range)),
  };
  return { kind: "json", value };
}

async function getStory({ params, queries }: ApiRequest): Promise<Answer> {
  const digest = parseDigestRef(params["digest"] ?? "");
  const value = digest && (await queries.storyOf(digest));
  return value ? { kind: "json", value } : notFound(`story of ${params["digest"]}`);
}

async function listWorkloads({ query, queries }: ApiRequest): Promise<Answer> {
  const now = queries.now();
  const { containers, gaps } = await queries.workloads();
  const running = containers.filter((container) => isRunning(container) && matches(container, query));
  const items = running.toSorted(byConcern).map(toWorkloadItem);
  const value: Page<WorkloadItem> = {
    items,
    next: null,
    asOf: renderRfc3339(now),
    coverage: clusterCoverage(gaps, { since: now, until: now }),
  };
  const { asOf: _, ...etagOf } = value;
  return { kind: "json", value, etagOf, csv: { name: "workloads", titles: CSV_TITLES, rows: items.map(csvRow) } };
}

/** What somebody has to look at first, then by place. */
const CONCERNS: readonly RunningContainer["signing"][] = ["unsigned", "unexpected-identity", "unresolvable", "signed"];

function byConcern(a: RunningContainer, b: RunningContainer): number {
  return CONCERNS.indexOf(a.signing) - CONCERNS.indexOf(b.signing) || (placeOf(a) < placeOf(b) ? -1 : 1);
}

function placeOf({ cluster, namespace, pod, container }: RunningContainer): string {
  return [cluster, namespace, pod, container].join("/");
}

function isRunning({ finishedAt, startedAt }: RunningContainer): boolean {
  return finishedAt === undefined && startedAt !== undefined;
}

function matches(container: RunningContainer, query: Texts): boolean {
  const asked = [
    [query["cluster"], container.cluster],
    [query["namespace"], container.namespace],
    [query["signing"], container.signing],
    [query["grade"], container.grade],
  ] as const;
  return asked.every(([wanted, is]) => wanted === undefined || wanted === is);
}

const CSV_TITLES = ["cluster", "namespace", "pod", "container", "image", "digest", "signing", "grade", "startedAt"];

function csvRow(item: WorkloadItem): readonly string[] {
  const { cluster, namespace, pod, container, image, digest, signing, grade, startedAt } = item;
  return [cluster, namespace, pod, container, image, digest ?? "", signing, grade, startedAt ?? ""];
}

async function listIncidents({ queries }: ApiRequest): Promise<Answer> {
  const now = queries.now();
  const [items, positions, { gaps }] = await Promise.all([
    queries.incidents(),
    queries.events.positions(),
    queries.workloads(),
  ]);
  const range = { since: now, until: now };
  const value: Page<IncidentItem> = {
    items,
    next: null,
    asOf: renderRfc3339(now),
    coverage: bothCovered(logCoverage(positions, range), clusterCoverage(gaps, range)),
  };
  const { asOf: _, ...etagOf } = value;
  return { kind: "json", value, etagOf };
}

async function listLogs({ queries }: ApiRequest): Promise<Answer> {
  const now = queries.now();
  const [positions, misbehaviours] = await Promise.all([queries.events.positions(), queries.events.misbehaviours()]);
  const value: Page<LogItem> = {
    items: positions.map((position) => toLogItem(position, misbehaviours)),
    next: null,
    asOf: renderRfc3339(now),
    coverage: logCoverage(positions, { since: now, until: now }),
  };
  const { asOf: _, ...etagOf } = value;
  return { kind: "json", value, etagOf };
}

const WORST_FIRST: readonly ProbeJson["state"][] = ["finding", "undecided", "warn", "ok"];

async function getHealth({ queries }: ApiRequest): Promise<Answer> {
  const probes = await queries.health();
  const state = WORST_FIRST.find((worst) => probes.some((probe) => probe.state === worst)) ?? "undecided";
  const value: HealthJson = { state, asOf: renderRfc3339(queries.now()), probes };
  return { kind: "json", value, etagOf: probes };
}
