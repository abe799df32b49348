import { createServer } from "node:http";
import { listenOn, type ListenAddress } from "../listen.ts";

/** What is answered without TLS, to the kubelet and to Prometheus. */
export type Health = {
  /** Why no request should come here now; `undefined` when they may. */
  readonly unready: () => string | undefined;
  readonly metrics: () => string;
};

/** `/livez`, `/readyz` and `/metrics` (trust-policy chapter §5.1). Faults: `server.port-in-use`. */
export async function serveHealth(
  health: Health,
  address: ListenAddress,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    request.resume();
    const { status, type, body } = answer(health, request.url ?? "");
    response.writeHead(request.method === "GET" ? status : 405, { "content-type": type }).end(body);
  });
  return {
    port: await listenOn(server, address),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const TEXT = "text/plain; charset=utf-8";
const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Answer = { readonly status: number; readonly type: string; readonly body: string };

function answer({ unready, metrics }: Health, url: string): Answer {
  if (url === "/metrics") return { status: 200, type: OPENMETRICS, body: metrics() };
  if (url === "/livez") return { status: 200, type: TEXT, body: "ok\n" };
  if (url !== "/readyz") return { status: 404, type: TEXT, body: "" };
  const why = unready();
  return why === undefined ? { status: 200, type: TEXT, body: "ok\n" } : { status: 503, type: TEXT, body: `${why}\n` };
}
