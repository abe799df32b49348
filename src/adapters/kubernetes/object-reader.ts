import { Fault } from "../../core/fault.ts";
import type { HttpRequest } from "../../ports/http-client.ts";
import type { ObjectReader } from "../../ports/object-reader.ts";
import { apiVersionOf, collectionPath, toClusterObject } from "./objects.ts";
import { pathOf, readAnswer, withRetries, type ApiSession } from "./requests.ts";

/** etcd keeps no object larger than 1.5 MiB; as JSON it may take more. */
const OBJECT_BYTES_MAX = 8 * 1024 * 1024;
const READ_TIMEOUT_MS = 30_000;

/** Reads objects by name over an API server (Kubernetes API concepts, "Resource URIs"). */
export function kubernetesObjectReader(session: ApiSession): ObjectReader {
  return {
    read: async (resource, { namespace, name }, signal) => {
      const url = `${session.server}${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
      const request: HttpRequest = { method: "GET", url, bytesMax: OBJECT_BYTES_MAX, timeoutMs: READ_TIMEOUT_MS };
      const answer = await withRetries(session, request, signal, (sent) => session.http.send(sent, signal));
      if (answer.status === 404) return undefined;
      const malformed = (what: string): Fault =>
        new Fault("cluster.malformed", `${session.name}: ${pathOf(request)} ${what}`);
      if (answer.status !== 200) throw malformed(`answered ${answer.status}`);
      const type = { apiVersion: apiVersionOf(resource), kind: "" };
      const object = toClusterObject(readAnswer(session, request, answer.body), type);
      if (object?.metadata["name"] !== name) throw malformed("is an object of another name");
      return object;
    },
  };
}
