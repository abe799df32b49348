import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openFileTileStore } from "../../adapters/files/tile-store.ts";
import { verifyPrehashed } from "../../adapters/noble/verify-prehashed.ts";
import { startApiServer } from "../../adapters/virtual/cluster/api-server.ts";
import { API_RESOURCES } from "../../adapters/virtual/cluster/resources.ts";
import { startSigstore, type Sigstore } from "../../adapters/virtual/sigstore/sigstore.ts";
import { bug } from "../../core/bug.ts";
import type { UnixMs } from "../../core/time.ts";
import { keepCluster } from "./cluster-journal.ts";
import { AUDIENCE, CLUSTERS, type ClusterName } from "./estate.ts";
import { storyClock } from "./story-clock.ts";

export type StandInsOptions = {
  /** The memory of the story's clock. */
  readonly shared: SharedArrayBuffer;
  readonly seed: number;
  /** Where everything is kept over a restart; absent: in memory. */
  readonly dir?: string;
};

/** Where the stand-ins listen, and what their clients must know of them: plain values, to cross threads. */
export type StandIns = {
  readonly urls: Sigstore["urls"];
  /** `localhost:port`: the registry as image references name it. */
  readonly registryHost: string;
  readonly trustedRoot: Uint8Array;
  readonly signingConfigs: { readonly 1: Uint8Array; readonly 2: Uint8Array };
  readonly clusters: readonly StandInCluster[];
};

export type StandInCluster = {
  readonly name: ClusterName;
  readonly url: string;
  readonly issuer: string;
  readonly readerToken: string;
  readonly adminToken: string;
};

/** Issuers have names of their own, which resolve nowhere: what was signed stays true when ports change. */
export function issuerOf(cluster: ClusterName): string {
  return `https://oidc.${cluster}.example`;
}

/**
 * Starts a whole Sigstore, a registry and two API servers on loopback: development stand-ins that speak the real
 * protocols. Faults: `server.port-in-use`, those of the stores.
 */
export async function startStandIns(
  options: StandInsOptions,
): Promise<{ readonly standIns: StandIns; readonly close: () => Promise<void> }> {
  const clock = storyClock(options.shared);
  const now = (): UnixMs => clock.now();
  const { dir } = options;
  if (dir !== undefined) for (const part of ["sigstore", "clusters"]) mkdirSync(join(dir, part), { recursive: true });
  const sigstore = await startSigstore({
    now,
    // A log that speaks Rekor v2 sees digests only, and checking a signature over one takes milliseconds. While the history
    // is told, nobody but its own pipelines can reach the log; what comes after is checked.
    verifyPrehashed: (signature) => clock.isReplaying() || verifyPrehashed(signature),
    seed: `countersign demo ${options.seed}`,
    organization: "countersign demo",
    audience: AUDIENCE,
    issuers: [issuerRequest(CLUSTERS[0]), issuerRequest(CLUSTERS[1])],
    ...(dir === undefined ? {} : { durable: { dir: join(dir, "sigstore"), openTileStore: openFileTileStore } }),
  });
  const clusters = await Promise.all(
    CLUSTERS.map(async (name) => {
      const issuer = sigstore.issuers.get(name) ?? bug(`no issuer for ${name}`);
      const server = await startApiServer({ now, issueToken: issuer.issueToken });
      const stopKeeping =
        dir === undefined
          ? undefined
          : keepCluster(join(dir, "clusters", `${name}.jsonl`), server.objects, API_RESOURCES);
      return { name, server, stopKeeping };
    }),
  );
  return {
    standIns: {
      urls: sigstore.urls,
      registryHost: `localhost:${sigstore.registry.port}`,
      trustedRoot: sigstore.trustedRoot,
      signingConfigs: sigstore.signingConfigs,
      clusters: clusters.map(({ name, server: { url, readerToken, adminToken } }) => ({
        name,
        url,
        issuer: issuerOf(name),
        readerToken,
        adminToken,
      })),
    },
    close: async () => {
      await Promise.all(clusters.map(({ server }) => server.close()));
      for (const { stopKeeping } of clusters) stopKeeping?.();
      await sigstore.close();
    },
  };
}

function issuerRequest(name: ClusterName): { readonly name: string; readonly url: string } {
  return { name, url: issuerOf(name) };
}
