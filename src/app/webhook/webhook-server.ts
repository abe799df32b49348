import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { BytePool } from "../../capabilities/admit/byte-pool.ts";
import { REVIEW_BYTES_MAX } from "../../core/admission/review.ts";
import { listenOn, type ListenAddress } from "../listen.ts";
import type { PemPair } from "./issue-certificates.ts";
import type { WebhookHandler, WebhookReply } from "./webhook-handler.ts";

export type WebhookServer = {
  readonly port: number;
  /** Serves new connections with another certificate; those that are open go on. */
  readonly useCertificate: (pair: PemPair) => void;
  /** Stops listening, and lets the requests at hand end. */
  readonly close: () => Promise<void>;
};

export type WebhookListen = ListenAddress & {
  readonly certificate: PemPair;
  /** Bodies that are in memory at a time, over all connections. */
  readonly pool: BytePool;
  /** What nobody expected: a bug of ours, answered with 500, which the API server takes as a no. */
  readonly onBug: (error: unknown) => void;
};

const REQUEST_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 120_000;
const CONNECTIONS_MAX = 1000;
/** How long a request waits for room among the bodies. */
const ROOM_MS = 1000;

/** Listens with TLS 1.2 and 1.3. Faults: `server.port-in-use`. */
export async function serveWebhook(handle: WebhookHandler, listen: WebhookListen): Promise<WebhookServer> {
  const limits = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(
    { ...limits, ...secureOptions(listen.certificate), keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: 16 * 1024 },
    (request, response) => void answer(handle, listen, request, response),
  );
  server.maxConnections = CONNECTIONS_MAX;
  return {
    port: await listenOn(server, listen),
    useCertificate: (pair) => server.setSecureContext(secureOptions(pair)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function secureOptions({ certificate, key }: PemPair) {
  return { cert: certificate, key, minVersion: "TLSv1.2" } as const;
}

async function answer(
  handle: WebhookHandler,
  listen: WebhookListen,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "POST") return send(response, { status: 405, body: "" });
  const announced = Number(request.headers["content-length"] ?? REVIEW_BYTES_MAX);
  const size = Math.min(Number.isFinite(announced) ? announced : REVIEW_BYTES_MAX, REVIEW_BYTES_MAX);
  const share = await listen.pool.take(size, AbortSignal.timeout(ROOM_MS)).catch(() => undefined);
  if (!share) return send(response, { status: 503, body: "too many requests at once\n" });
  try {
    const body = announced > REVIEW_BYTES_MAX ? undefined : await readBody(request);
    send(response, await handle(request.url ?? "", body));
    if (body === undefined) request.destroy();
  } catch (error) {
    if (!request.destroyed || request.complete) listen.onBug(error);
    send(response, { status: 500, body: "internal error\n" });
  } finally {
    share.release();
  }
}

/** The whole body; `undefined` when there is more of it than is read. */
function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > REVIEW_BYTES_MAX) resolve(undefined);
      else chunks.push(chunk);
    });
    request.on("end", () => {
      const [first] = chunks;
      const whole = first && chunks.length === 1 ? first : Buffer.concat(chunks);
      resolve(new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength));
    });
    request.on("error", reject);
    request.on("close", () => reject(new Error("the request ended before its body")));
  });
}

function send(response: ServerResponse, { status, body }: WebhookReply): void {
  if (response.headersSent || response.destroyed) return;
  const type = status === 200 ? "application/json" : "text/plain; charset=utf-8";
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
