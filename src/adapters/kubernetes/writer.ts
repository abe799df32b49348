import { Fault } from "../../core/fault.ts";
import { PRODUCT } from "../../core/names.ts";
import type { ClusterResource } from "../../ports/cluster.ts";
import type { ClusterWriter, ObjectName, WrittenObject } from "../../ports/cluster-writer.ts";
import type { HttpRequest, HttpResponse } from "../../ports/http-client.ts";
import { listAll } from "./list.ts";
import { collectionPath } from "./objects.ts";
import { pathOf, withRetries, type ApiSession } from "./requests.ts";

/** The API server answers a write with the object. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const WRITE_TIMEOUT_MS = 30_000;

/** Writes reports and events over an API server; an object as a whole by server-side apply (Kubernetes API concepts). */
export function kubernetesWriter(session: ApiSession): ClusterWriter {
  return {
    name: session.name,
    labelled: async (resource, labels, signal) => {
      const labelSelector = Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(",");
      return (await listAll(session, resource, signal, { labelSelector }))?.items;
    },
    apply: async (resource, object, signal) => {
      const query = new URLSearchParams({ fieldManager: PRODUCT, force: "true" });
      const url = `${urlOf(session, resource, object.metadata)}?${query.toString()}`;
      const answer = await send(
        session,
        { method: "PATCH", url, type: "application/apply-patch+yaml", object },
        signal,
      );
      if (answer.status === 404) return "absent";
      if (answer.status !== 200 && answer.status !== 201) throw refused(session, url, answer);
      return "written";
    },
    create: async (resource, object, signal) => {
      const url = urlOf(session, resource, { namespace: object.metadata.namespace });
      const answer = await send(session, { method: "POST", url, type: "application/json", object }, signal);
      if (answer.status === 404) return "absent";
      if (answer.status === 409) return "exists";
      if (answer.status !== 201) throw refused(session, url, answer);
      return "created";
    },
    remove: async (resource, object, signal) => {
      const url = urlOf(session, resource, object);
      const answer = await send(session, { method: "DELETE", url }, signal);
      if (![200, 202, 404].includes(answer.status)) throw refused(session, url, answer);
    },
  };
}

type Write = {
  readonly method: "PATCH" | "POST" | "DELETE";
  readonly url: string;
  readonly type?: string;
  readonly object?: WrittenObject;
};

function send(session: ApiSession, { method, url, type, object }: Write, signal: AbortSignal): Promise<HttpResponse> {
  const request: HttpRequest = {
    method,
    url,
    ...(type !== undefined && { headers: { "content-type": type } }),
    // JSON is YAML, which is what apply takes.
    ...(object && { body: new TextEncoder().encode(JSON.stringify(object)) }),
    bytesMax: ANSWER_BYTES_MAX,
    timeoutMs: WRITE_TIMEOUT_MS,
  };
  return withRetries(session, request, signal, (sent) => session.http.send(sent, signal));
}

function urlOf(
  { server }: ApiSession,
  resource: ClusterResource,
  { namespace, name }: Partial<ObjectName> & Pick<ObjectName, "namespace">,
): string {
  const collection = collectionPath(resource, namespace);
  return `${server}${collection}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
}

/** With what the server said, cut: it may quote the object. */
function refused(session: ApiSession, url: string, { status, body }: HttpResponse): Fault {
  const said = new TextDecoder().decode(body.subarray(0, 300));
  return new Fault("cluster.malformed", `${session.name}: ${pathOf({ url })} answered ${status}: ${said}`);
}
