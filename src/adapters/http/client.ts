import type { Readable } from "node:stream";
import { request as dispatch, type Agent } from "undici";
import { Fault } from "../../core/fault.ts";
import type { HttpClient, HttpHeaders, HttpRequest, HttpStream } from "../../ports/http-client.ts";
import { kindOfAddress, literalAddress, mayUsePlainHttp, type AddressKind, type PlainHttp } from "./address.ts";
import { guardedAgent, kindsOfHost, type TlsOptions } from "./agent.ts";
import { boundedChunks, discard, wholeBody } from "./body.ts";
import { startDeadline } from "./deadline.ts";
import { asHttpFault } from "./fault.ts";
import { nextHop, subjectOf, type Hop } from "./redirect.ts";

export type HttpClientOptions = TlsOptions & {
  /** `loopback` unless given. */
  readonly plainHttp?: PlainHttp;
  /** Kinds of addresses beyond those never connected to; for clients of hosts that strangers name. */
  readonly refused?: readonly AddressKind[];
};

/** An HttpClient with a connection pool of its own. `close` ends the idle connections and waits for the busy ones. */
export type ClosableHttpClient = HttpClient & { close(): Promise<void> };

type Answer = { readonly status: number; readonly headers: HttpHeaders; readonly body: Readable };
type Reach = {
  readonly anywhere: Agent;
  readonly outside: Agent;
  readonly plainHttp: PlainHttp;
  readonly refused: readonly AddressKind[];
};

/** What a host outside may not send us to. */
const INSIDE: readonly AddressKind[] = ["never", "loopback", "private"];

/**
 * The one dispatcher behind all clients of HTTP systems. It takes addresses, anchors and proxies from its options only,
 * never from the environment, and never connects to link-local addresses.
 */
export function undiciHttpClient(options: HttpClientOptions = {}): ClosableHttpClient {
  const refused: readonly AddressKind[] = ["never", ...(options.refused ?? [])];
  const reach: Reach = {
    anywhere: guardedAgent(options, refused),
    outside: guardedAgent(options, INSIDE),
    plainHttp: options.plainHttp ?? "loopback",
    refused,
  };
  return {
    send: async (request, signal) => {
      const subject = subjectOf(request.url);
      const deadline = startDeadline(request.timeoutMs, signal, subject);
      try {
        const { status, headers, body } = await answerTo(reach, request, deadline.signal);
        refuseDeclaredLength(request, headers, body);
        const bytes = await wholeBody(body, headers, { bytesMax: request.bytesMax, subject });
        deadline.clear();
        return { status, headers, body: bytes };
      } catch (cause) {
        throw deadline.end(asHttpFault(cause, subject));
      }
    },
    stream: (request, signal) => openStream(reach, request, signal),
    close: async () => {
      await Promise.all([reach.anywhere.close(), reach.outside.close()]);
    },
  };
}

async function openStream(reach: Reach, request: HttpRequest, signal: AbortSignal): Promise<HttpStream> {
  const subject = subjectOf(request.url);
  const deadline = startDeadline(request.timeoutMs, signal, subject);
  try {
    const { status, headers, body } = await answerTo(reach, request, deadline.signal);
    deadline.restart();
    const limit = { bytesMax: request.bytesMax, subject };
    return { status, headers, body: paced(boundedChunks(body, headers, limit), deadline, subject) };
  } catch (cause) {
    throw deadline.end(asHttpFault(cause, subject));
  }
}

/** Gives each pause between chunks the whole time; ends the clock with the stream, whichever side ends it. */
async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  deadline: ReturnType<typeof startDeadline>,
  subject: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of chunks) {
      yield chunk;
      deadline.restart();
    }
  } catch (cause) {
    throw deadline.end(asHttpFault(cause, subject));
  } finally {
    deadline.clear();
  }
}

/** Sends a request and follows as many redirects as it allows. */
async function answerTo(reach: Reach, request: HttpRequest, signal: AbortSignal): Promise<Answer> {
  const first: Hop = { ...request, url: allowedUrl(request.url, reach) };
  return follow(reach, { hop: first, agent: reach.anywhere, left: request.redirectsMax ?? 0 }, signal);
}

type Step = { readonly hop: Hop; readonly agent: Agent; readonly left: number };

async function follow(reach: Reach, { hop, agent, left }: Step, signal: AbortSignal): Promise<Answer> {
  const answer = await sendOnce(agent, hop, signal);
  const next = left > 0 ? nextHop(hop, answer) : undefined;
  if (!next) return answer;
  discard(answer.body);
  const nextAgent = next.url.host === hop.url.host ? agent : await agentBeyond(reach, hop.url, agent);
  allowedUrl(next.url.href, reach);
  refuseLiteral(next.url, nextAgent === reach.outside ? INSIDE : reach.refused);
  return follow(reach, { hop: next, agent: nextAgent, left: left - 1 }, signal);
}

/** A host outside may send us to hosts outside only; one inside the network may send us anywhere it could itself. */
async function agentBeyond(reach: Reach, from: URL, current: Agent): Promise<Agent> {
  const literal = literalAddress(from);
  const kinds = literal === undefined ? await kindsOfHost(from.hostname) : [kindOfAddress(literal)];
  return current === reach.outside || kinds.every((kind) => kind === "public") ? reach.outside : reach.anywhere;
}

async function sendOnce(agent: Agent, hop: Hop, signal: AbortSignal): Promise<Answer> {
  const { statusCode, headers, body } = await dispatch(hop.url, {
    dispatcher: agent,
    method: hop.method,
    headers: { "accept-encoding": "identity", "user-agent": "countersign", ...hop.headers },
    signal,
    // undici gives a connection up after each HEAD unless told not to; asking registries what they have is mostly HEAD.
    reset: false,
    ...(hop.body === undefined ? {} : { body: hop.body }),
  });
  return { status: statusCode, headers: flatHeaders(headers), body };
}

/** Parses a URL and applies the rules that need no name resolution. */
function allowedUrl(text: string, { plainHttp, refused }: Pick<Reach, "plainHttp" | "refused">): URL {
  const url = URL.parse(text);
  if (!url) throw new Fault("http.refused", "not a URL");
  const schemeAllowed = url.protocol === "https:" || (url.protocol === "http:" && mayUsePlainHttp(url, plainHttp));
  if (!schemeAllowed)
    throw new Fault("http.refused", `${subjectOf(text)}: ${url.protocol} is not allowed to this host`);
  if (url.username !== "" || url.password !== "")
    throw new Fault("http.refused", `${url.host}: credentials in the URL`);
  refuseLiteral(url, refused);
  return url;
}

function refuseLiteral(url: URL, refused: readonly AddressKind[]): void {
  const literal = literalAddress(url);
  if (literal !== undefined && refused.includes(kindOfAddress(literal))) throw new Fault("http.refused", url.host);
}

function refuseDeclaredLength(request: HttpRequest, headers: HttpHeaders, body: Readable): void {
  if (request.method === "HEAD" || !(Number(headers["content-length"] ?? 0) > request.bytesMax)) return;
  discard(body);
  throw new Fault("http.too-large", `${subjectOf(request.url)}: ${headers["content-length"]} bytes announced`);
}

function flatHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): HttpHeaders {
  const flat: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat.push([name.toLowerCase(), typeof value === "string" ? value : value.join(", ")]);
  }
  return Object.fromEntries(flat);
}
