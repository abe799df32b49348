import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import type { JsonValue } from "../../core/json/json.ts";
import { readFields } from "../../core/pipelines/field-reader.ts";
import { secret, type Secret } from "../../core/secret.ts";
import type { AccountRef, ClusterIssuer, PodRef, TokenAsked } from "../../ports/cluster-issuer.ts";
import type { HttpRequest, HttpResponse } from "../../ports/http-client.ts";
import { pathOf, readAnswer, withRetries, type ApiSession } from "./requests.ts";

const ANSWER_BYTES_MAX = 1024 * 1024;
const PODS_BYTES_MAX = 32 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
/** Any account has one that runs among so many, or it runs nothing worth asking. */
const PODS_MAX = 500;
const OPENSHIFT_PATH = "/apis/config.openshift.io/v1/authentications/cluster";
const REVIEW_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/** The issuer behind an API server: its documents, its tokens, and whom it takes for whom. */
export function kubernetesIssuer(session: ApiSession): ClusterIssuer {
  const { server } = session;
  const get = (path: string, bytesMax = ANSWER_BYTES_MAX): HttpRequest => ({
    method: "GET",
    url: `${server}${path}`,
    // The API server answers 406 to who does not name the type of a JWK set (RFC 7517 §8.5.1).
    headers: { accept: "application/json, application/jwk-set+json" },
    bytesMax,
    timeoutMs: TIMEOUT_MS,
  });
  const document = async (path: string, signal: AbortSignal): Promise<JsonValue> => {
    const request = get(path);
    return readAnswer(session, request, expected(session, request, await send(session, request, signal), 200).body);
  };
  return {
    server,
    openshiftIssuer: async (signal) => {
      const request = get(OPENSHIFT_PATH);
      const answer = await send(session, request, signal);
      if (answer.status === 404) return null;
      const body = readAnswer(session, request, expected(session, request, answer, 200).body);
      return readFields(body, []).at("spec").text("serviceAccountIssuer") ?? "";
    },
    discovery: (signal) => document("/.well-known/openid-configuration", signal),
    keys: (signal) => document("/openid/v1/jwks", signal),
    podOf: async (account, signal) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(account.namespace)}/pods?limit=${PODS_MAX}`;
      const request = get(path, PODS_BYTES_MAX);
      const body = readAnswer(
        session,
        request,
        expected(session, request, await send(session, request, signal), 200).body,
      );
      return runningPod(body, account);
    },
    requestToken: (asked, signal) => requestToken(session, asked, signal),
    takes: (token, signal) => takes(session, token, signal),
    readClock: async (signal) => {
      const before = session.clock.now();
      const { headers } = await send(session, get("/version"), signal);
      const host = server.replace(/^https?:\/\//, "");
      return { host, dateMs: Date.parse(headers["date"] ?? ""), before, after: session.clock.now() };
    },
  };
}

function send(session: ApiSession, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  return withRetries(session, request, signal, (sent) => session.http.send(sent, signal));
}

function expected(session: ApiSession, request: HttpRequest, answer: HttpResponse, status: number): HttpResponse {
  if (answer.status === status) return answer;
  throw new Fault("cluster.malformed", `${session.name}: ${pathOf(request)} answered ${answer.status}`);
}

function runningPod(list: JsonValue, { serviceAccount }: AccountRef): PodRef | undefined {
  for (const pod of readFields(list, []).items("items")) {
    const metadata = pod.at("metadata");
    const [name, uid] = [metadata.text("name"), metadata.text("uid")];
    const over = ["Succeeded", "Failed"].includes(pod.at("status").text("phase") ?? "");
    const ending = metadata.text("deletionTimestamp") !== undefined;
    if (name === undefined || uid === undefined || over || ending) continue;
    if (pod.at("spec").text("serviceAccountName") === serviceAccount) return { name, uid };
  }
  return undefined;
}

/** `authentication.k8s.io/v1` TokenRequest, as the kubelet sends it. */
async function requestToken(session: ApiSession, asked: TokenAsked, signal: AbortSignal): Promise<Secret<string>> {
  const { namespace, serviceAccount, audience, expirationSeconds, pod } = asked;
  const boundObjectRef = pod && { kind: "Pod", apiVersion: "v1", name: pod.name, uid: pod.uid };
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [audience], expirationSeconds, ...(boundObjectRef && { boundObjectRef }) },
  };
  const [inNamespace, account] = [encodeURIComponent(namespace), encodeURIComponent(serviceAccount)];
  const request = post(session, `/api/v1/namespaces/${inNamespace}/serviceaccounts/${account}/token`, body);
  const answer = await send(session, request, signal);
  if (answer.status === 404)
    throw new Fault("cluster.malformed", `${session.name}: no service account ${namespace}/${serviceAccount}`);
  const token = readFields(readAnswer(session, request, expected(session, request, answer, 201).body), [])
    .at("status")
    .text("token");
  if (token === undefined) throw new Fault("cluster.malformed", `${session.name}: ${pathOf(request)}: no token`);
  return secret(token);
}

/** Asks the API server who the token's bearer is: 401 is "nobody I know". The token goes to its own issuer and to nobody else. */
async function takes(session: ApiSession, token: Secret<string>, signal: AbortSignal): Promise<boolean> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const bearer: ApiSession = { ...session, token: { read: async () => token } };
  const request = post(bearer, REVIEW_PATH, body);
  try {
    expected(bearer, request, await send(bearer, request, signal), 201);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.id === "cluster.unauthorized") return false;
    throw error;
  }
}

function post({ server }: ApiSession, path: string, body: object): HttpRequest {
  return {
    method: "POST",
    url: `${server}${path}`,
    headers: { "content-type": "application/json" },
    body: toUtf8(JSON.stringify(body)),
    bytesMax: ANSWER_BYTES_MAX,
    timeoutMs: TIMEOUT_MS,
  };
}
