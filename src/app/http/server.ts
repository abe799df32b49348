import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import type { Random } from "../../ports/random.ts";
import { isLoopback } from "../config/units.ts";
import { listenOn } from "../listen.ts";
import type { Assets } from "./assets.ts";
import type { Authenticator } from "./auth.ts";
import { type AccessRecord, type Outgoing, requestHandler } from "./handler.ts";
import { openApiOf } from "./openapi.ts";
import type { Queries } from "./queries.ts";
import { ROUTES } from "./routes.ts";

export type ServerDeps = {
  readonly queries: Queries;
  readonly authenticator: Authenticator;
  readonly assets: Assets;
  readonly random: Random;
  /** PEM. Without it the server speaks plain http: for loopback, or behind a proxy that ends TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The name under which people reach it, when that is not the address it listens on. */
  readonly publicUrl?: string;
  readonly requestsPerMinute?: number;
  readonly record?: (access: AccessRecord) => void;
};

export type ApiServer = {
  /** `http://127.0.0.1:7443`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, lets the requests at hand end, and drops idle connections. */
  readonly close: () => Promise<void>;
};

const REQUESTS_PER_MINUTE = 600;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const HEADER_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 1000;

/** The API and the console on one port. Nothing listens before `listen`. */
export function createServer(deps: ServerDeps): {
  readonly listen: (host: string, port: number) => Promise<ApiServer>;
} {
  return { listen: (host, port) => listen(deps, host, port) };
}

/** Faults: `server.insecure-listen`, `server.port-in-use`. */
async function listen(deps: ServerDeps, host: string, port: number): Promise<ApiServer> {
  if (!isLoopback(host) && !deps.authenticator.guards) throw new Fault("server.insecure-listen", `${host}:${port}`);
  const handle = requestHandler({
    ...deps,
    routes: ROUTES,
    openapi: toUtf8(JSON.stringify(openApiOf(ROUTES))),
    secure: deps.tls !== undefined,
    requestsPerMinute: deps.requestsPerMinute ?? REQUESTS_PER_MINUTE,
    record: deps.record ?? (() => undefined),
    ...hostsOf(deps, host),
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // What is sent as a body is not read; `handle` answers everything and never rejects.
    request.resume();
    void handle(toIncoming(request)).then((outgoing) => send(response, outgoing));
  };
  const limits = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  };
  const server = deps.tls
    ? createHttpsServer({ ...limits, ...deps.tls }, onRequest)
    : createHttpServer(limits, onRequest);
  server.maxConnections = CONNECTIONS_MAX;
  const bound = await listenOn(server, { host, port });
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `${deps.tls ? "https" : "http"}://${name}:${bound}`, port: bound, close: () => close(server) };
}

/** On loopback the names of loopback; behind `publicUrl` that name too; elsewhere authentication is what keeps strangers out. */
function hostsOf(deps: ServerDeps, host: string): { readonly hosts?: ReadonlySet<string> } {
  const own = deps.publicUrl === undefined ? [] : [new URL(deps.publicUrl).hostname];
  if (isLoopback(host)) return { hosts: new Set(["localhost", "127.0.0.1", "[::1]", host, ...own]) };
  return own.length === 0 ? {} : { hosts: new Set([host, ...own]) };
}

function toIncoming(request: IncomingMessage): Parameters<ReturnType<typeof requestHandler>>[0] {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(", ") : value,
  ]);
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    headers: Object.fromEntries(headers),
    remote: request.socket.remoteAddress ?? "",
  };
}

function send(response: ServerResponse, { status, headers, body }: Outgoing): void {
  const hasBody = status !== 304 && status !== 204;
  response.writeHead(status, {
    ...headers,
    ...(hasBody && response.req.method !== "HEAD" && { "content-length": body.length }),
  });
  response.end(body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
