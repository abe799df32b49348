import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { bug } from "../../core/bug.ts";
import { Fault } from "../../core/fault.ts";

/** One request, read whole. `path` is as it was sent: percent-encoded, without the query. */
export type Exchange = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
};

export type Reply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Instead of a body: one that never ends, a byte a second. */
  readonly trickles?: true;
};

export type Answer = (exchange: Exchange) => Reply | Promise<Reply>;

/** The fault switch: what happens instead of the answer to the n-th request (from 1); `undefined` lets it through. */
export type Outage = (call: {
  readonly method: string;
  readonly path: string;
  readonly number: number;
}) => Reply | "reset" | undefined;

/** What every server of the virtual world can be told. */
export type ListenOptions = {
  /** 0, unless given: a free one. */
  readonly port?: number;
  readonly outage?: Outage;
};

export type Listening = {
  /** `http://127.0.0.1:<port>`, no slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and ends every connection, idle or not. */
  close(): Promise<void>;
};

/** How long an idle connection is kept: longer than any pause between two builds of the demo. */
const KEEP_ALIVE_MS = 60_000;
const REQUEST_MS = 30_000;
const TRICKLE_MS = 1000;

/**
 * Serves `answer` on loopback. Requests are read whole before they are answered; a body larger than `bodyBytesMax` is
 * answered with 413 and its connection is closed. Faults: `server.port-in-use`.
 */
export async function serve(answer: Answer, bodyBytesMax: number, options: ListenOptions = {}): Promise<Listening> {
  let number = 0;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS }, (request, response) => {
    number += 1;
    const outage = options.outage?.({ method: request.method ?? "", path: pathOf(request), number });
    if (outage === "reset") request.socket.destroy();
    else if (outage) send(response, outage, request.method === "HEAD");
    else void respond(answer, request, response, bodyBytesMax);
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Until whoever listens has had enough. */
function trickle(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/octet-stream" });
  const timer = setInterval(() => response.write(" "), TRICKLE_MS);
  response.on("close", () => clearInterval(timer));
}

/** A JSON answer. */
export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/** Listens on loopback, and returns the port. Faults: `server.port-in-use`. */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(cause.code === "EADDRINUSE" ? new Fault("server.port-in-use", `127.0.0.1:${port}`, { cause }) : cause),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  return typeof address === "object" && address ? address.port : bug("a listening server has no port");
}

async function respond(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  bodyBytesMax: number,
): Promise<void> {
  const body = await readBody(request, bodyBytesMax);
  if (body === "gone") return;
  if (body === "too-large") {
    send(response, jsonReply(413, { code: 413, message: "request too large" }, { connection: "close" }));
    return;
  }
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const method = request.method ?? "";
  const exchange = { method, path, query: new URLSearchParams(query), headers: request.headers, body };
  send(response, await answerOrFault(answer, exchange), method === "HEAD");
}

/** A fault of the server's own disk is a 500 to its client; a bug stays a bug. */
async function answerOrFault(answer: Answer, exchange: Exchange): Promise<Reply> {
  try {
    return await answer(exchange);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return jsonReply(500, { code: 500, message: error.message });
  }
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array | "too-large" | "gone"> {
  const { method } = request;
  if (method === "GET" || method === "HEAD") return new Uint8Array(0);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytesMax) resolve("too-large");
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(plain(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))));
    request.on("error", () => resolve("gone"));
    request.on("close", () => resolve("gone"));
  });
}

/** A Buffer as a plain Uint8Array over the same memory: their `slice` differ. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function send(response: ServerResponse, reply: Reply, headOnly = false): void {
  const { body = "" } = reply;
  if (reply.trickles) return trickle(response);
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  const headers: Record<string, string> = { ...reply.headers };
  if (reply.status !== 204 && headers["content-length"] === undefined) headers["content-length"] = String(length);
  response.writeHead(reply.status, headers);
  response.end(headOnly ? undefined : body);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?", 1)[0] ?? "";
}
