import { Fault } from "../../core/fault.ts";
import { isFields } from "../../core/pipelines/field-reader.ts";
import type { ClusterList, ClusterObject, ClusterResource } from "../../ports/cluster.ts";
import type { HttpRequest } from "../../ports/http-client.ts";
import { apiVersionOf, collectionPath, resourceVersionOf, selectorOf, toClusterObject } from "./objects.ts";
import { pathOf, readAnswer, withRetries, type ApiSession } from "./requests.ts";

/** client-go's page size. */
const PAGE_ITEMS = 500;
/** 500 objects at etcd's limit of 1.5 MiB would be more; real pages have a few MiB. */
const PAGE_BYTES_MAX = 256 * 1024 * 1024;
const PAGE_TIMEOUT_MS = 60_000;
/** A million objects of one kind: beyond, something is wrong with the server or with us. */
const PAGES_MAX = 2000;
/** A list whose continuation expires again and again never ends; the store keeps what it had. */
const STARTS_MAX = 3;

type Page = { readonly items: readonly ClusterObject[]; readonly resourceVersion: string; readonly next: string };

/** What narrows a list, in the API's own words. */
export type ListQuery = { readonly labelSelector?: string };

/** Lists a resource over all its pages, from the start again when a continuation has expired (410). */
export async function listAll(
  session: ApiSession,
  resource: ClusterResource,
  signal: AbortSignal,
  narrowed: ListQuery = {},
): Promise<ClusterList | undefined> {
  for (let start = 1; start <= STARTS_MAX; start++) {
    // oxlint-disable-next-line no-await-in-loop -- one list after the other
    const list = await listOnce(session, resource, signal, narrowed);
    if (list !== "expired") return list;
  }
  throw new Fault("cluster.unreachable", `${session.name}: ${resource.plural}: the list expired ${STARTS_MAX} times`);
}

async function listOnce(
  session: ApiSession,
  resource: ClusterResource,
  signal: AbortSignal,
  narrowed: ListQuery,
): Promise<ClusterList | undefined | "expired"> {
  const items: ClusterObject[] = [];
  let next = "";
  for (let page = 0; page < PAGES_MAX; page++) {
    // oxlint-disable-next-line no-await-in-loop -- each page names the next
    const found = await readPage(session, resource, { ...narrowed, next }, signal);
    if (found === "expired" || found === undefined) return found;
    for (const item of found.items) items.push(item);
    if (found.next === "") return { items, resourceVersion: found.resourceVersion };
    next = found.next;
  }
  throw new Fault("cluster.malformed", `${session.name}: ${resource.plural}: more than ${PAGES_MAX} pages`);
}

async function readPage(
  session: ApiSession,
  resource: ClusterResource,
  { next, ...narrowed }: ListQuery & { readonly next: string },
  signal: AbortSignal,
): Promise<Page | undefined | "expired"> {
  const paged = { limit: String(PAGE_ITEMS), ...(next !== "" && { continue: next }) };
  const query = new URLSearchParams({ ...paged, ...narrowed, ...selectorOf(resource) });
  const request: HttpRequest = {
    method: "GET",
    url: `${session.server}${collectionPath(resource)}?${query.toString()}`,
    bytesMax: PAGE_BYTES_MAX,
    timeoutMs: PAGE_TIMEOUT_MS,
  };
  const answer = await withRetries(session, request, signal, (sent) => session.http.send(sent, signal));
  if (answer.status === 404) return undefined;
  if (answer.status === 410) return "expired";
  if (answer.status !== 200) {
    throw new Fault("cluster.malformed", `${session.name}: ${pathOf(request)} answered ${answer.status}`);
  }
  return toPage(session, resource, request, readAnswer(session, request, answer.body));
}

function toPage(session: ApiSession, resource: ClusterResource, request: HttpRequest, list: unknown): Page {
  const fields = isFields(list) ? list : {};
  const { items, kind, metadata } = fields;
  const malformed = (what: string): Fault =>
    new Fault("cluster.malformed", `${session.name}: ${pathOf(request)}: ${what}`);
  // `items: null` is an empty list of Go.
  if (typeof kind !== "string" || !kind.endsWith("List") || !(Array.isArray(items) || items === null)) {
    throw malformed("not a list");
  }
  const type = { apiVersion: apiVersionOf(resource), kind: kind.slice(0, -"List".length) };
  const objects = (items ?? []).map((item: unknown) => toClusterObject(item, type));
  const next = isFields(metadata) && typeof metadata["continue"] === "string" ? metadata["continue"] : "";
  return {
    items: objects.map((object) => {
      if (!object) throw malformed("an item without metadata");
      return object;
    }),
    resourceVersion: resourceVersionOf(list),
    next,
  };
}
