import { fileURLToPath } from "node:url";
import { systemClock } from "../../adapters/system/clock.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { readAssets } from "../http/assets.ts";
import { oneTimeLink } from "../http/auth.ts";
import { cachedEstate } from "../http/estate-queries.ts";
import type { Queries } from "../http/queries.ts";
import { createServer, type ApiServer } from "../http/server.ts";
import { openQueries } from "../wiring/queries.ts";
import type { OpenDemo } from "./run-demo.ts";

/** How old the judgement may be that answers a question, in real time: the story's own runs fast. */
const ESTATE_FRESH_MS = 10_000;

/** What the console asks of the demo: the same as of any installation. */
export function demoQueries({ stores, signing, observer, clock, judge }: OpenDemo): Queries {
  const estate = cachedEstate(judge, systemClock, ESTATE_FRESH_MS);
  return openQueries({ stores, registry: signing.registry, names: observer.names, clock, estate });
}

/** Serves the console over the demo on loopback, behind a link that works once. Faults: `server.port-in-use`. */
export async function serveDemo(
  demo: OpenDemo,
  port: number,
): Promise<{ readonly server: ApiServer; readonly link: string; readonly isBuilt: boolean }> {
  const { authenticator, link } = oneTimeLink(demo.clock, systemRandom);
  const assets = await readAssets(fileURLToPath(new URL("../../../web/dist", import.meta.url)));
  const server = await createServer({
    queries: demoQueries(demo),
    authenticator,
    assets,
    random: systemRandom,
  }).listen("127.0.0.1", port);
  return { server, link: `${server.url}/s/${link}`, isBuilt: assets.size > 0 };
}
