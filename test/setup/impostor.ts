import { writeFile } from "node:fs/promises";
import { createServer as createPlain } from "node:http";
import { createServer } from "node:https";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { issueAuthority, issueServing } from "../../src/app/webhook/issue-certificates.ts";
import { listen, portOf } from "./wiretap.ts";

/** Somebody who wants to be taken for a service, with a certificate of an authority of their own, or for a proxy. */
export type Impostor = {
  readonly https: number;
  readonly proxy: number;
  /** The requests that came, whole: what would be stolen. */
  readonly stolen: readonly string[];
  readonly close: () => void;
};

/** Writes the authority's certificate to `caPath`. */
export async function openImpostor(caPath: string): Promise<Impostor> {
  const authority = issueAuthority(systemClock.now());
  const { certificate: cert, key } = issueServing(authority, ["localhost"], systemClock.now());
  await writeFile(caPath, authority.certificate);
  const stolen: string[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    stolen.push(`${request.method} ${request.url}`);
    response.end("{}");
  });
  const proxy = createPlain((request, response) => {
    stolen.push(`proxy ${request.method} ${request.url}`);
    response.end("{}");
  });
  proxy.on("connect", (request, socket) => {
    stolen.push(`proxy CONNECT ${request.url}`);
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await Promise.all([listen(server), listen(proxy)]);
  return {
    https: portOf(server),
    proxy: portOf(proxy),
    stolen,
    close: () => {
      for (const one of [server, proxy]) {
        one.close();
        one.closeAllConnections();
      }
    },
  };
}
