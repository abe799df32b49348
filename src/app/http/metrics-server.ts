import { createServer } from "node:http";
import { listenOn, type ListenAddress } from "../listen.ts";

/** Serves one text under `/metrics`, made anew for each scrape. It holds no identities, so it asks for none. Faults: `server.port-in-use`. */
export async function serveMetrics(
  render: () => Promise<string>,
  address: ListenAddress,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    request.resume();
    if (request.url !== "/metrics" || request.method !== "GET") {
      response.writeHead(404).end();
      return;
    }
    // A scrape that fails is a gap in the graph, which has an alert of its own.
    const answer = async (): Promise<void> => {
      const text = await render();
      response
        .writeHead(200, { "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8" })
        .end(text);
    };
    answer().catch(() => response.writeHead(503).end());
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
