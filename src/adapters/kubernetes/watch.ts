import { Fault } from "../../core/fault.ts";
import { isFields } from "../../core/pipelines/field-reader.ts";
import type { ClusterEvent, ClusterResource } from "../../ports/cluster.ts";
import type { HttpRequest } from "../../ports/http-client.ts";
import { readLines } from "./json-lines.ts";
import { apiVersionOf, collectionPath, resourceVersionOf, selectorOf, toClusterObject } from "./objects.ts";
import { asClusterFault, fraction, pathOf, readAnswer, withRetries, type ApiSession } from "./requests.ts";

/** As client-go asks, with chance so that not all watches end together (pipelines chapter §9). */
const WATCH_SECONDS_MIN = 240;
const WATCH_SECONDS_SPREAD = 60;
/** Bookmarks come about once a minute; silence beyond the watch's own end is a dead connection. */
const SILENCE_MS_MAX = (WATCH_SECONDS_MIN + WATCH_SECONDS_SPREAD + 30) * 1000;
/** An object of etcd has 1.5 MiB at most; JSON of it may be a few times that. */
const EVENT_BYTES_MAX = 8 * 1024 * 1024;
const WATCH_BYTES_MAX = 4 * 1024 * 1024 * 1024;

/** Watches from a version on. Ends when the server ends it, and with `gone` when the version is too old (410). */
export async function* watchFrom(
  session: ApiSession,
  resource: ClusterResource,
  resourceVersion: string,
  signal: AbortSignal,
): AsyncGenerator<ClusterEvent, void, undefined> {
  const seconds = WATCH_SECONDS_MIN + Math.floor(fraction(session.random) * WATCH_SECONDS_SPREAD);
  const query = new URLSearchParams({
    watch: "true",
    resourceVersion,
    allowWatchBookmarks: "true",
    timeoutSeconds: String(seconds),
    ...selectorOf(resource),
  });
  const request: HttpRequest = {
    method: "GET",
    url: `${session.server}${collectionPath(resource)}?${query.toString()}`,
    bytesMax: WATCH_BYTES_MAX,
    timeoutMs: SILENCE_MS_MAX,
  };
  const answer = await withRetries(session, request, signal, (sent) => session.http.stream(sent, signal));
  if (answer.status === 410) {
    yield { kind: "gone" };
    return;
  }
  const subject = `${session.name}: ${pathOf(request)}`;
  if (answer.status !== 200) throw new Fault("cluster.malformed", `${subject} answered ${answer.status}`);
  try {
    for await (const line of readLines(answer.body, EVENT_BYTES_MAX, subject)) {
      const event = toEvent(readAnswer(session, request, line), resource, subject);
      yield event;
      if (event.kind === "gone") return;
    }
  } catch (cause) {
    throw asClusterFault(session, request, cause);
  }
}

const KINDS = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;

function toEvent(value: unknown, resource: ClusterResource, subject: string): ClusterEvent {
  const { type, object } = isFields(value) ? value : {};
  const resourceVersion = resourceVersionOf(object);
  if (type === "BOOKMARK" && resourceVersion !== "") return { kind: "bookmark", resourceVersion };
  if (type === "ERROR") return toGone(object, subject);
  const kind = type === "ADDED" || type === "MODIFIED" || type === "DELETED" ? KINDS[type] : undefined;
  const found = toClusterObject(object, { apiVersion: apiVersionOf(resource), kind: "" });
  if (kind && found && resourceVersion !== "") return { kind, object: found, resourceVersion };
  throw new Fault("cluster.malformed", `${subject}: an event that is none`);
}

/** A `Status` in the stream: 410 says that the version is too old, anything else that the server could not go on. */
function toGone(status: unknown, subject: string): ClusterEvent {
  const code = isFields(status) ? status["code"] : undefined;
  if (code === 410) return { kind: "gone" };
  throw new Fault(
    "cluster.unreachable",
    `${subject}: the watch ended with ${typeof code === "number" ? code : "an error"}`,
  );
}
