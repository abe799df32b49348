import { fulcioAuthority } from "../../adapters/fulcio/authority.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { newEphemeralSigner } from "../../adapters/system/signer.ts";
import { gatherIssuer, type AskedAuthority } from "../../capabilities/monitor/gather-issuer.ts";
import { Fault } from "../../core/fault.ts";
import type { IssuerEvidence } from "../../core/health/issuer-evidence.ts";
import type { ClockReading } from "../../core/health/judge-clock.ts";
import { ISSUER_CHECKS, judgeIssuer } from "../../core/health/judge-issuer.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { AccountRef } from "../../ports/cluster-issuer.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { ClusterConfig, Config, TrustDomainConfig } from "../config/config.ts";
import type { Probe } from "../doctor/probe.ts";
import { openCluster } from "./open-cluster.ts";
import { openDomain, thresholdsOf } from "./trust-domain.ts";
import { cacheFolderOf, trustSourceOf } from "./trust-source.ts";

export type IssuerWorld = {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly http: HttpClient;
  /** Whose token is asked for. */
  readonly account: AccountRef;
};

const DOCUMENT_BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS = 5_000;

/** The ten questions about a cluster as an issuer. All are asked by whichever probe runs first, and once. */
export function issuerProbes(cluster: ClusterConfig, world: IssuerWorld): readonly Probe[] {
  let asked: Promise<IssuerEvidence> | undefined;
  return ISSUER_CHECKS.map(({ id, name }) => ({
    group: "cluster-issuer",
    name: `${cluster.name} ${id} ${name}`,
    run: async (signal) => {
      asked ??= gather(cluster, world, signal);
      return judgeIssuer(id, await asked, systemClock.now());
    },
  }));
}

async function gather(config: ClusterConfig, world: IssuerWorld, signal: AbortSignal): Promise<IssuerEvidence> {
  const { name, audience, issuer: configuredIssuer } = config;
  const { issuer, close } = await openCluster(config, world.env);
  try {
    const ask = gatherIssuer({
      issuer,
      authorities: world.config.trust.domains.flatMap((domain) => authorityOf(domain, world)),
      fetchDocument: (url, until) => fetchDocument(world.http, url, until),
      newSigner: newEphemeralSigner,
      clock: systemClock,
    });
    const question = { cluster: name, audience, account: world.account };
    return await ask({ ...question, ...(configuredIssuer !== undefined && { configuredIssuer }) }, signal);
  } finally {
    await close();
  }
}

function authorityOf(domain: TrustDomainConfig, { http, env }: IssuerWorld): readonly AskedAuthority[] {
  const { fulcio: url } = domain;
  if (url === undefined) return [];
  return [
    {
      domain: domain.name,
      url,
      authority: fulcioAuthority(http, { url }),
      openTrust: async (signal) => {
        const source = await trustSourceOf(domain, { http, clock: systemClock, cacheFolder: cacheFolderOf(env) });
        return (await openDomain(source, thresholdsOf(domain), signal)).trust;
      },
      readClock: (signal) => readClockOf(http, url, signal),
    },
  ];
}

async function fetchDocument(http: HttpClient, url: string, signal: AbortSignal): Promise<unknown> {
  const request = { method: "GET", url, bytesMax: DOCUMENT_BYTES_MAX, timeoutMs: TIMEOUT_MS } as const;
  const { status, body } = await http.send(request, signal);
  if (status !== 200) throw new Fault("http.malformed", `${url}: ${status}`);
  const json = readJson(body, { bytesMax: DOCUMENT_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) throw new Fault("http.malformed", `${url}: ${json.code}`);
  return json.value;
}

/** When a service says that it is; its answer's status does not matter. */
export async function readClockOf(http: HttpClient, url: string, signal: AbortSignal): Promise<ClockReading> {
  const before = systemClock.now();
  const { headers } = await http.send(
    { method: "GET", url, bytesMax: DOCUMENT_BYTES_MAX, timeoutMs: TIMEOUT_MS },
    signal,
  );
  return { host: new URL(url).host, dateMs: Date.parse(headers["date"] ?? ""), before, after: systemClock.now() };
}
