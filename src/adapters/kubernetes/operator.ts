import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { readFields } from "../../core/pipelines/field-reader.ts";
import type { ClusterOperator, OperatedObject } from "../../ports/cluster-operator.ts";
import type { HttpRequest, HttpResponse } from "../../ports/http-client.ts";
import { apiVersionOf, collectionPath, toClusterObject } from "./objects.ts";
import { pathOf, readAnswer, sendOnce, withRetries, type ApiSession } from "./requests.ts";

const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const TIMEOUT_MS = 15_000;
const REVIEW_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const REVIEW = toUtf8('{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}');

/** A cluster in the hands of whoever the credential is of. */
export function kubernetesOperator(session: ApiSession): ClusterOperator {
  const bounds = { bytesMax: ANSWER_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  return {
    name: session.name,
    whoAmI: async (signal) => {
      const headers = { "content-type": "application/json" };
      const request = { method: "POST", url: session.server + REVIEW_PATH, headers, body: REVIEW, ...bounds } as const;
      const answer = await withRetries(session, request, signal, (sent) => session.http.send(sent, signal));
      const user = readFields(readAnswer(session, request, answer.body), [])
        .at("status", "userInfo")
        .text("username");
      if (user === undefined || user === "") throw unexpected(session, request, answer);
      return user;
    },
    read: async (object, signal) => {
      const request = { method: "GET", url: urlOf(session, object), ...bounds } as const;
      const answer = await withRetries(session, request, signal, (sent) => session.http.send(sent, signal));
      if (answer.status === 404) return undefined;
      const type = { apiVersion: apiVersionOf(object.resource), kind: "" };
      const found = answer.status === 200 && toClusterObject(readAnswer(session, request, answer.body), type);
      if (!found) throw unexpected(session, request, answer);
      return found;
    },
    merge: async (object, patch, signal) => {
      const headers = { "content-type": "application/merge-patch+json" };
      const body = toUtf8(JSON.stringify(patch));
      const request = { method: "PATCH", url: urlOf(session, object), headers, body, ...bounds } as const;
      // Once: whoever asked is there, and a second attempt could meet another object.
      const answer = await sendOnce(session, request, signal, (sent) => session.http.send(sent, signal));
      if (answer.status === 200) return { kind: "done" };
      if (answer.status === 404) return { kind: "absent" };
      if (answer.status === 409) return { kind: "conflict" };
      if (answer.status === 401) throw new Fault("cluster.unauthorized", `${session.name}: ${pathOf(request)}`);
      const message = readFields(readAnswer(session, request, answer.body), []).text("message");
      if (answer.status === 403 && message !== undefined) return { kind: "refused", message };
      throw unexpected(session, request, answer);
    },
  };
}

function urlOf({ server }: ApiSession, { resource, namespace, name }: OperatedObject): string {
  return `${server}${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
}

function unexpected({ name }: ApiSession, request: Pick<HttpRequest, "url">, { status }: HttpResponse): Fault {
  const id = status >= 500 ? "cluster.unreachable" : "cluster.malformed";
  return new Fault(id, `${name}: ${pathOf(request)} answered ${status}`);
}
