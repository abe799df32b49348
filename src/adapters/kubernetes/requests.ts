import { Fault } from "../../core/fault.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { JsonValue } from "../../core/json/json.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HttpClient, HttpHeaders, HttpRequest } from "../../ports/http-client.ts";
import type { Random } from "../../ports/random.ts";
import type { TokenSource } from "../../ports/token-source.ts";

/** What requests to one API server need. */
export type ApiSession = {
  readonly name: string;
  readonly server: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  /** Asked before each request; without it none is sent (client certificates, or a stand-in). */
  readonly token?: TokenSource;
};

export type ApiAnswer = { readonly status: number; readonly headers: HttpHeaders };

/** Kubernetes objects nest deeper than Sigstore documents: CRD schemas reach 40, and 100 is where the API server stops. */
export const OBJECT_DEPTH_MAX: number = Math.max(JSON_DEPTH_MAX, 100);

const ATTEMPTS_MAX = 5;
const DELAY_FIRST_MS = 500;
const DELAY_MAX_MS = 30_000;

/** Sends a request, and again while the server says that it has too much to do or is not itself. Faults: those of the Cluster port. */
export async function withRetries<A extends ApiAnswer>(
  session: ApiSession,
  request: HttpRequest,
  signal: AbortSignal,
  send: (request: HttpRequest) => Promise<A>,
): Promise<A> {
  for (let attempt = 1; ; attempt++) {
    // oxlint-disable-next-line no-await-in-loop -- the next attempt depends on this one
    const answer = await sendOnce(session, request, signal, send);
    if (answer.status !== 429 && answer.status < 500) return accepted(session, request, answer);
    if (attempt === ATTEMPTS_MAX) {
      throw new Fault("cluster.unreachable", `${session.name}: ${pathOf(request)} answered ${answer.status}`);
    }
    // oxlint-disable-next-line no-await-in-loop -- as above
    await session.clock.sleep(delayOf(session, attempt, answer.headers), signal);
  }
}

/** Sends a request once; what the server answers is the caller's to judge. Faults: those of the transport. */
export async function sendOnce<A extends ApiAnswer>(
  session: ApiSession,
  request: HttpRequest,
  signal: AbortSignal,
  send: (request: HttpRequest) => Promise<A>,
): Promise<A> {
  const token = await session.token?.read(signal);
  const authorization = token?.use((text) => `Bearer ${text}`);
  const headers = {
    accept: "application/json",
    ...request.headers,
    ...(authorization !== undefined && { authorization }),
  };
  try {
    return await send({ ...request, headers });
  } catch (cause) {
    throw asClusterFault(session, request, cause);
  }
}

function accepted<A extends ApiAnswer>(session: ApiSession, request: HttpRequest, answer: A): A {
  const subject = `${session.name}: ${pathOf(request)}`;
  if (answer.status === 401) throw new Fault("cluster.unauthorized", subject);
  if (answer.status === 403) throw new Fault("cluster.forbidden", subject);
  return answer;
}

/** A failure of the transport, in the words of the port; what is not one of ours flies on. */
export function asClusterFault(session: ApiSession, request: HttpRequest, cause: unknown): unknown {
  if (!(cause instanceof Fault) || !cause.id.startsWith("http.")) return cause;
  const id =
    cause.id === "http.too-large" || cause.id === "http.malformed" ? "cluster.malformed" : "cluster.unreachable";
  return new Fault(id, `${session.name}: ${pathOf(request)}`, { cause });
}

/** The server's `Retry-After` in seconds, else twice as long each time; a quarter is chance, so that watchers spread. */
function delayOf({ random }: ApiSession, attempt: number, headers: HttpHeaders): number {
  const asked = /^\d{1,5}$/.test(headers["retry-after"] ?? "") ? Number(headers["retry-after"]) * 1000 : undefined;
  if (asked !== undefined) return Math.min(asked, DELAY_MAX_MS);
  const delay = Math.min(DELAY_FIRST_MS * 2 ** (attempt - 1), DELAY_MAX_MS);
  return Math.round(delay * (0.75 + fraction(random) / 4));
}

/** A number in [0, 1) out of one byte. */
export function fraction(random: Random): number {
  return (random.bytes(1)[0] ?? 0) / 256;
}

/** The JSON of an answer. Faults: `cluster.malformed`. */
export function readAnswer(session: ApiSession, request: Pick<HttpRequest, "url">, bytes: Uint8Array): JsonValue {
  const json = readJson(bytes, { bytesMax: bytes.length, depthMax: OBJECT_DEPTH_MAX });
  if (json.ok) return json.value;
  throw new Fault("cluster.malformed", `${session.name}: ${pathOf(request)}: ${json.code}`);
}

/** Path and query of a request, for messages: the server is named already. */
export function pathOf({ url }: Pick<HttpRequest, "url">): string {
  const parsed = URL.parse(url);
  return parsed ? parsed.pathname : url;
}
