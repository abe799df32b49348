import { join } from "node:path";
import { addMs, type UnixMs } from "../../../core/time.ts";
import type { VerifyPrehashed } from "../../../ports/prehash-verifier.ts";
import type { TileStore } from "../../../ports/tile-store.ts";
import { startRegistry, type RegistryOptions, type VirtualRegistry } from "../registry/registry.ts";
import { memoryTileStore } from "../tile-store.ts";
import { openAuthorities } from "./authorities.ts";
import { renderDocuments, type SigstoreDocuments, type SigstoreNames } from "./documents.ts";
import { startFulcio } from "./fulcio.ts";
import { newKeys, seededKeys, storedKeys, type KeySource } from "./keys.ts";
import { newLauncher, type ServiceName } from "./launch.ts";
import { startLogs, type LogsStart } from "./logs.ts";
import { startOidcIssuer, type OidcIssuer } from "./oidc-issuer.ts";
import type { Outage } from "../serve.ts";
import { readState, writeState, type SigstoreState } from "./state.ts";
import { startTsa } from "./tsa.ts";
import { newTufRepository, startTufServer, type TufRepository } from "./tuf-repository.ts";

/** An issuer of tokens that Fulcio accepts. `url` is what tokens say; where it listens, unless given. */
export type IssuerRequest = {
  readonly name: string;
  readonly url?: string;
  readonly type?: "kubernetes" | "email";
  /** ES256 unless given. */
  readonly algorithm?: "ES256" | "RS256";
};

/** Where an embedded Sigstore keeps what must outlive it, and how it opens the files of its logs there. */
export type DurableOptions = {
  readonly dir: string;
  readonly openTileStore: (folder: string) => Promise<TileStore & { close(): void }>;
};

export type SigstoreOptions = {
  readonly now: () => UnixMs;
  /** Whether a signature fits a digest, for the logs. */
  readonly verifyPrehashed: VerifyPrehashed;
  readonly durable?: DurableOptions;
  /** Keys are derived from it, for demonstrations and tests; else they are random. */
  readonly seed?: string;
  /** Part of the names of its logs, `rekor2.<name>.localhost`; `demo` unless given. */
  readonly name?: string;
  /** In its certificates and as the operator; `countersign <name>` unless given. */
  readonly organization?: string;
  /** One of type `kubernetes` unless given. */
  readonly issuers?: readonly [IssuerRequest, ...IssuerRequest[]];
  readonly audience?: string;
  /** Of the certificate and timestamp authorities. */
  readonly curve?: "p256" | "p384";
  /** Its keys and certificates are valid from here on; 400 days before the first start unless given. */
  readonly since?: UnixMs;
  /** The log that signing clients are led to; 1 unless given, as the public-good instance does. */
  readonly rekorVersion?: 1 | 2;
  readonly registry?: Pick<RegistryOptions, "referrersApi" | "referrersPerPage" | "blobBytesMax">;
  readonly batchMs?: number;
  readonly outage?: (service: ServiceName, call: Parameters<Outage>[0]) => ReturnType<Outage>;
};

export type SigstoreUrls = Readonly<Record<"fulcio" | "ctlog" | "rekor1" | "rekor2" | "tuf" | "registry", string>> & {
  /** The full path. */
  readonly tsa: string;
};

/** A whole Sigstore on loopback. Never for production: it names itself embedded wherever a name is. */
export type Sigstore = SigstoreDocuments & {
  readonly urls: SigstoreUrls;
  readonly registry: VirtualRegistry;
  /** By name. */
  readonly issuers: ReadonlyMap<string, OidcIssuer>;
  /** Of the first issuer. */
  readonly issueToken: OidcIssuer["issueToken"];
  readonly issueEmailToken: OidcIssuer["issueEmailToken"];
  /** The root that TUF clients start from. */
  readonly tufRoot: Uint8Array;
  readonly tuf: TufRepository;
  close(): Promise<void>;
};

const LEAD_MS = 400 * 86_400_000;

/** Starts an OIDC issuer, Fulcio with a CT log, Rekor v1 and v2, a timestamp authority, TUF and a registry, for each other. */
export async function startSigstore(options: SigstoreOptions): Promise<Sigstore> {
  const { durable } = options;
  const state = await nextState(options);
  const launcher = newLauncher({ ports: state.ports, ...(options.outage && { outage: options.outage }) });
  const stores: { close(): void }[] = [];
  const close = async (): Promise<void> => {
    await launcher.close();
    for (const store of stores.splice(0)) store.close();
  };
  const openStore = async (name: string): Promise<TileStore> => {
    if (!durable) return memoryTileStore();
    const store = await durable.openTileStore(join(durable.dir, name));
    stores.push(store);
    return store;
  };
  try {
    // Before anything is served: metadata of this start is newer than that of the last, however this one ends.
    if (durable) await writeState(durable.dir, state);
    const sigstore = await startAll({
      options,
      state,
      launcher,
      openStore,
      names: namesOf(options),
      keys: keysOf(options),
    });
    if (durable) await writeState(durable.dir, { ...state, ports: launcher.ports() });
    return { ...sigstore, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function nextState({ durable, since, now }: SigstoreOptions): Promise<SigstoreState> {
  const last = durable && (await readState(durable.dir));
  if (last) return { ...last, generation: last.generation + 1 };
  return { generation: 1, since: since ?? addMs(now(), -LEAD_MS), ports: {} };
}

type Start = LogsStart & { readonly options: SigstoreOptions; readonly state: SigstoreState };

function namesOf({ name = "demo", organization = `countersign ${name}` }: SigstoreOptions): SigstoreNames {
  return { name, organization };
}

function keysOf({ seed, durable }: SigstoreOptions): KeySource {
  const source = seed === undefined ? newKeys : seededKeys(seed);
  return durable ? storedKeys(join(durable.dir, "keys"), source) : source;
}

async function startAll(start: Start): Promise<Omit<Sigstore, "close">> {
  const { options, launcher, names } = start;
  const authorities = await openAuthorities({
    keys: start.keys,
    notBefore: start.state.since,
    organization: names.organization,
    curve: options.curve ?? "p256",
    ...(options.durable && { folder: join(options.durable.dir, "certificates") }),
  });
  const issuers = await startIssuers(start);
  const audience = options.audience ?? "sigstore";
  const logs = await startLogs(start, { ...options, roots: authorities.fulcio.issuers });
  const fulcio = await launcher.launch("fulcio", (listen) =>
    startFulcio({
      ...listen,
      now: options.now,
      issuers: issuers.map(({ type, issuer, jwks }) => ({ issuer, type, jwks, audience })),
      authority: authorities.fulcio.signer,
      chain: authorities.fulcio.issuers,
      addPreChain: (chain) => logs.ct.addPreChain(chain),
    }),
  );
  const { signer, issuers: chain } = authorities.tsa;
  const tsa = await launcher.launch("tsa", (listen) => startTsa({ ...listen, now: options.now, signer, chain }));
  const registryPath = options.durable && join(options.durable.dir, "registry.journal");
  const registry = await launcher.launch("registry", (listen) =>
    startRegistry({ ...listen, ...options.registry, ...(registryPath !== undefined && { path: registryPath }) }),
  );
  const urls = {
    fulcio: fulcio.url,
    ctlog: logs.ct.url,
    rekor1: logs.rekor1.url,
    rekor2: logs.rekor2.url,
    tsa: `${tsa.url}/api/v1/timestamp`,
    registry: registry.url,
  };
  const [first] = issuers;
  const documents = renderDocuments({
    names,
    since: start.state.since,
    authorities,
    logs,
    urls: { ...urls, oidc: first.url },
    rekorVersion: options.rekorVersion ?? 1,
  });
  const { repository, url: tufUrl } = await startTuf(start, documents);
  return {
    ...documents,
    urls: { ...urls, tuf: tufUrl },
    registry,
    issuers: new Map(issuers.map((issuer) => [issuer.name, issuer])),
    issueToken: first.issueToken,
    issueEmailToken: first.issueEmailToken,
    tufRoot: repository.root,
    tuf: repository,
  };
}

type StartedIssuer = OidcIssuer & { readonly name: string; readonly type: "kubernetes" | "email" };

async function startIssuers({ options, launcher, keys }: Start): Promise<readonly [StartedIssuer, ...StartedIssuer[]]> {
  const startOne = async ({ name, url, type = "kubernetes", algorithm }: IssuerRequest): Promise<StartedIssuer> => {
    const key = await keys(`oidc-${name}`, algorithm === "RS256" ? "rsa2048" : "p256");
    const issuer = url === undefined ? {} : { issuer: url };
    const started = await launcher.launch(`oidc-${name}`, (listen) =>
      startOidcIssuer({ ...listen, key, now: options.now, ...issuer }),
    );
    return { ...started, name, type };
  };
  const [first, ...others] = options.issuers ?? [{ name: "kubernetes" }];
  return [await startOne(first), ...(await Promise.all(others.map(startOne)))];
}

async function startTuf(
  { options, state, launcher, keys }: Start,
  documents: SigstoreDocuments,
): Promise<{ readonly repository: TufRepository; readonly url: string }> {
  const repository = await newTufRepository({
    keys,
    now: options.now,
    since: state.since,
    version: state.generation * VERSIONS_PER_START,
    targets: {
      "trusted_root.json": documents.trustedRoot,
      "signing_config.v0.2.json": documents.signingConfig,
      "signing_config_rekor_v2.v0.2.json": documents.signingConfigs[2],
    },
  });
  const { url } = await launcher.launch("tuf", (listen) => startTufServer(repository, listen));
  return { repository, url };
}

/** More than one start ever publishes and stamps. */
const VERSIONS_PER_START = 100_000;
