import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { secret, type Secret } from "../../core/secret.ts";
import type { HttpClient, HttpRequest } from "../../ports/http-client.ts";
import { AUDIENCE } from "./estate.ts";
import type { DemoObject } from "./objects.ts";
import type { StandInCluster } from "./stand-ins.ts";

/** Who plays the controllers and kubelets of a stand-in cluster: it writes, over the socket, as they would. */
export type KubeAdmin = {
  /** Creates an object, or replaces the one of that name. */
  readonly apply: (object: DemoObject, signal: AbortSignal) => Promise<void>;
  readonly remove: (object: DemoObject, signal: AbortSignal) => Promise<void>;
  /** All objects of a kind that exist now. */
  readonly list: (like: Pick<DemoObject, "apiVersion" | "kind">, signal: AbortSignal) => Promise<readonly unknown[]>;
  /** What a kubelet projects into a pod: a token of ten minutes, bound to it. */
  readonly projectToken: (
    pod: { readonly namespace: string; readonly name: string; readonly uid: string; readonly serviceAccount: string },
    signal: AbortSignal,
  ) => Promise<Secret<string>>;
};

const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
const TOKEN_SECONDS = 600;

export function kubeAdmin(http: HttpClient, cluster: StandInCluster): KubeAdmin {
  const headers = { authorization: `Bearer ${cluster.adminToken}`, "content-type": "application/json" };
  const send = async (
    method: HttpRequest["method"],
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly json: unknown }> => {
    const request: HttpRequest = {
      method,
      url: `${cluster.url}${path}`,
      headers,
      ...(body === undefined ? {} : { body: toUtf8(JSON.stringify(body)) }),
      bytesMax: ANSWER_BYTES_MAX,
      timeoutMs: TIMEOUT_MS,
    };
    const answer = await http.send(request, signal);
    return {
      status: answer.status,
      json: answer.body.length > 0 ? JSON.parse(parseUtf8(answer.body) ?? "") : undefined,
    };
  };

  return {
    apply: async (object, signal) => {
      const created = await send("POST", collectionOf(object), object, signal);
      if (created.status === 201) return;
      const path = `${collectionOf(object)}/${object.metadata.name}`;
      const replaced = created.status === 409 ? await send("PUT", path, object, signal) : created;
      if (replaced.status >= 300) throw new Fault("cluster.malformed", `${path}: HTTP ${replaced.status}`);
    },
    remove: async (object, signal) => {
      await send("DELETE", `${collectionOf(object)}/${object.metadata.name}`, undefined, signal);
    },
    list: async ({ apiVersion, kind }, signal) => {
      const { json } = await send("GET", collectionOf({ apiVersion, kind, metadata: { name: "" } }), undefined, signal);
      const items = typeof json === "object" && json !== null && "items" in json ? json.items : [];
      return Array.isArray(items) ? items : [];
    },
    projectToken: async (pod, signal) => {
      const path = `/api/v1/namespaces/${pod.namespace}/serviceaccounts/${pod.serviceAccount}/token`;
      const body = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {
          audiences: [AUDIENCE],
          expirationSeconds: TOKEN_SECONDS,
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid },
        },
      };
      const { status, json } = await send("POST", path, body, signal);
      const token = tokenOf(json);
      if (token === undefined) throw new Fault("cluster.malformed", `${path}: HTTP ${status}`);
      return secret(token);
    },
  };
}

function tokenOf(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null || !("status" in json)) return undefined;
  const { status } = json;
  if (typeof status !== "object" || status === null || !("token" in status)) return undefined;
  return typeof status.token === "string" ? status.token : undefined;
}

const PLURALS: Readonly<Record<string, string>> = {
  Namespace: "namespaces",
  ServiceAccount: "serviceaccounts",
  Pod: "pods",
  Deployment: "deployments",
  ReplicaSet: "replicasets",
  TaskRun: "taskruns",
  PipelineRun: "pipelineruns",
};

function collectionOf({ apiVersion, kind, metadata }: Pick<DemoObject, "apiVersion" | "kind" | "metadata">): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  return `${root}${place}/${PLURALS[kind] ?? kind.toLowerCase()}`;
}
