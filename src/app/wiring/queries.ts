import type { EstateNames } from "../../capabilities/correlate/gather-world.ts";
import { investigate } from "../../capabilities/investigate/investigate.ts";
import type { Estate } from "../../core/detect/estate.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Registry } from "../../ports/registry.ts";
import { toStatusLines } from "../doctor/status.ts";
import type { ProbeJson } from "../http/contract.ts";
import { estateQueries } from "../http/estate-queries.ts";
import { proofFromStore } from "../http/proof.ts";
import type { Queries } from "../http/queries.ts";
import { toStoryJson } from "../http/to-json.ts";
import { packageVersion } from "../package-version.ts";
import type { OpenStores } from "./stores.ts";

export type QueriesWorld = {
  readonly stores: Omit<OpenStores, "close">;
  readonly registry: Registry;
  readonly names: EstateNames;
  readonly clock: Pick<Clock, "now">;
  /** What is said of the estate now, judged when it was last asked for: `cachedEstate`. */
  readonly estate: () => Promise<Estate>;
};

const BUNDLE_BYTES_MAX = 16 * 1024 * 1024;
const REGISTRY_TIMEOUT_MS = 10_000;

/** What the server asks, over the stores of one installation: the same for `serve` and for the demo. */
export function openQueries({ stores, registry, names, clock, estate }: QueriesWorld): Queries {
  const { events, clusters, signatures } = stores;
  const tell = investigate({ readEstate: estate, events, clusters, signatures, names });
  return estateQueries({
    clock,
    version: packageVersion(),
    events,
    clusters,
    estate,
    proofOf: (log, logIndex) => proofFromStore(events, log, logIndex),
    bundleOf: async (log, logIndex) => {
      const [link] = await signatures.linksOf({ log, logIndex });
      const signal = AbortSignal.timeout(REGISTRY_TIMEOUT_MS);
      return link && registry.blob(link.repository, link.bundle, BUNDLE_BYTES_MAX, signal);
    },
    storyOf: async (digest) => toStoryJson(await tell({ kind: "digest", digest })),
    health: async () => healthOf(stores, clock),
  });
}

/** From the store alone: the overview asks often, and systems outside are the doctor's. */
async function healthOf(
  { events, clusters }: QueriesWorld["stores"],
  clock: Pick<Clock, "now">,
): Promise<readonly ProbeJson[]> {
  const [positions, misbehaviours, count, gaps] = await Promise.all([
    events.positions(),
    events.misbehaviours(),
    events.count(),
    clusters.gaps(),
  ]);
  const lines = toStatusLines({ positions, misbehaviours, count, gaps }, clock.now());
  return lines.map(({ group, name, state, detail, fix }) => ({ group, name, state, detail, fix: fix ?? null }));
}
