import {
  createServer as createPlain,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createTls, type Server as TlsServer } from "node:https";
import { Fault } from "../../core/fault.ts";
import { parseDigestRef, type DigestRef } from "../../core/digest.ts";
import { isJsonObject, type JsonObject } from "../../core/json/json.ts";
import { readJson } from "../../core/json/read-json.ts";
import { isLoopback } from "../config/units.ts";
import type { Authenticator } from "../http/auth.ts";
import { listenOn, type ListenAddress } from "../listen.ts";
import type { PemPair } from "./issue-certificates.ts";

/** What whoever operates a webhook may ask of it. Nothing here can let an image in. */
export type Admin = {
  readonly status: () => JsonObject;
  /** Forgets what is known of a digest, so that it is judged anew; how many verdicts that were. */
  readonly forget: (digest: DigestRef) => number;
};

export type AdminListen = ListenAddress & {
  readonly authenticator: Authenticator;
  /** Beyond loopback the port speaks TLS, with the webhook's own certificate. */
  readonly certificate: PemPair;
};

export type AdminServer = {
  readonly port: number;
  readonly useCertificate: (pair: PemPair) => void;
  readonly close: () => Promise<void>;
};

const BODY_BYTES_MAX = 4096;
const TIMEOUT_MS = 10_000;

/**
 * `GET /status` and `POST /forget`. Plain on loopback, for whoever is on the machine or forwards a port to it; elsewhere
 * with TLS and only for callers that `auth` of the configuration knows. Faults: `server.insecure-listen`, `server.port-in-use`.
 */
export async function serveAdmin(admin: Admin, listen: AdminListen): Promise<AdminServer> {
  const { host, port, authenticator, certificate } = listen;
  const isLocal = isLoopback(host);
  if (!isLocal && !authenticator.guards) throw new Fault("server.insecure-listen", `${host}:${port}`);
  const handle: RequestListener = (request, response) =>
    void answer({ admin, authenticator, isLocal }, request, response);
  const tls: TlsServer | undefined = isLocal
    ? undefined
    : createTls({ requestTimeout: TIMEOUT_MS, ...secureOptions(certificate) }, handle);
  const server = tls ?? createPlain({ requestTimeout: TIMEOUT_MS }, handle);
  return {
    port: await listenOn(server, listen),
    useCertificate: (pair) => tls?.setSecureContext(secureOptions(pair)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function secureOptions({ certificate, key }: PemPair) {
  return { cert: certificate, key, minVersion: "TLSv1.2" } as const;
}

type Desk = { readonly admin: Admin; readonly authenticator: Authenticator; readonly isLocal: boolean };

async function answer(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  if (!isMeant(desk, request)) return send(response, 403, { error: "not for a browser" });
  const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  const caller = await desk.authenticator.authenticate(bearer === undefined ? {} : { bearer }).catch(() => undefined);
  if (!caller) return send(response, 401, { error: "unauthenticated" });
  const asked = `${request.method ?? ""} ${request.url ?? ""}`;
  if (asked === "GET /status") return send(response, 200, desk.admin.status());
  if (asked !== "POST /forget") return send(response, 404, { error: "not found" });
  const digest = body && digestIn(body);
  if (!digest) return send(response, 400, { error: "the body is no digest" });
  return send(response, 200, { digest, forgotten: desk.admin.forget(digest) });
}

/** On loopback a page in somebody's browser could ask, too: by a name of its own choice, and with an Origin. */
function isMeant({ isLocal }: Desk, { headers }: IncomingMessage): boolean {
  const name = headers.host?.replace(/:\d+$/, "").replace(/^\[|\]$/g, "") ?? "";
  return headers.origin === undefined && (!isLocal || name === "localhost" || isLoopback(name));
}

function digestIn(body: Uint8Array): DigestRef | undefined {
  const json = readJson(body, { bytesMax: BODY_BYTES_MAX, depthMax: 2 });
  const digest = json.ok && isJsonObject(json.value) ? json.value["digest"] : undefined;
  return typeof digest === "string" ? parseDigestRef(digest) : undefined;
}

function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_BYTES_MAX) chunks.push(chunk);
    });
    request.on("end", () => resolve(size > BODY_BYTES_MAX ? undefined : new Uint8Array(Buffer.concat(chunks))));
    request.on("error", () => resolve(undefined));
  });
}

function send(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(body)}\n`);
}
