import { fulcioAuthority } from "../../src/adapters/fulcio/authority.ts";
import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { verifyPrehashed } from "../../src/adapters/noble/verify-prehashed.ts";
import { ociRegistry } from "../../src/adapters/oci/registry.ts";
import { rekor1Writer } from "../../src/adapters/rekor1/writer.ts";
import { rekor2Writer } from "../../src/adapters/rekor2/writer.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { newEphemeralSigner } from "../../src/adapters/system/signer.ts";
import { httpTimestampAuthority } from "../../src/adapters/tsa/authority.ts";
import { startCt } from "../../src/adapters/virtual/log/ct.ts";
import { startRekor1 } from "../../src/adapters/virtual/log/rekor1.ts";
import { startRekor2 } from "../../src/adapters/virtual/log/rekor2.ts";
import { startRegistry, type RegistryOptions } from "../../src/adapters/virtual/registry/registry.ts";
import { openAuthorities } from "../../src/adapters/virtual/sigstore/authorities.ts";
import { startFulcio } from "../../src/adapters/virtual/sigstore/fulcio.ts";
import { newKeys } from "../../src/adapters/virtual/sigstore/keys.ts";
import { startOidcIssuer, type OidcIssuer } from "../../src/adapters/virtual/sigstore/oidc-issuer.ts";
import { renderTrustedRoot } from "../../src/adapters/virtual/sigstore/trust-documents.ts";
import { startTsa } from "../../src/adapters/virtual/sigstore/tsa.ts";
import { memoryTileStore } from "../../src/adapters/virtual/tile-store.ts";
import type { ImageTarget, SigningPorts } from "../../src/capabilities/sign/job.ts";
import { gatherSignatures } from "../../src/capabilities/verify/gather-signatures.ts";
import { verifyImage, type ImageAnswer } from "../../src/capabilities/verify/verify-image.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import type { Identity } from "../../src/core/identity/identity.ts";
import { secret } from "../../src/core/secret.ts";
import { addMs, type UnixMs } from "../../src/core/time.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import type { Descriptor, Registry } from "../../src/ports/registry.ts";

export const never: AbortSignal = new AbortController().signal;
export const IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json";
export const BUILDER = {
  namespace: "payments",
  serviceAccount: "builder",
  serviceAccountUid: "00000000-0000-4000-8000-000000000001",
  pod: { name: "sign-pod", uid: "00000000-0000-4000-8000-000000000002" },
  audience: "sigstore",
  expirationSeconds: 600,
};

/** Fulcio is given its keys, so nobody has to reach it. */
const ISSUER = "https://oidc.prod.example";

const now = (): UnixMs => systemClock.now();

/** Everything that signing meets, embedded and on real sockets: an issuer, a CA, a TSA, a log of either kind, a registry. */
export type SignerWorld = {
  readonly ports: SigningPorts;
  readonly log: { readonly size: () => number };
  readonly issueToken: OidcIssuer["issueToken"];
  /** Of the service accounts' tokens. */
  readonly issuer: string;
  /** TrustedRoot, JSON. */
  readonly trustedRoot: string;
  /** `localhost:<port>` of the registry. */
  readonly host: string;
  /** A fresh image in a fresh repository. */
  readonly newImage: (registry?: Registry) => Promise<{ readonly repository: string; readonly image: Descriptor }>;
  readonly close: () => Promise<void>;
};

export async function openSignerWorld(kind: "rekor1" | "rekor2", options: RegistryOptions = {}): Promise<SignerWorld> {
  const start = addMs(now(), -3_600_000);
  const authorities = await openAuthorities({ keys: newKeys, notBefore: start, organization: "test", curve: "p256" });
  const issuer = await startOidcIssuer({ key: await newKeys("issuer", "p256"), now, issuer: ISSUER });
  const ctKey = await newKeys("ct", "p256");
  const roots = chainOf(authorities.fulcio);
  const ct = await startCt({ store: memoryTileStore(), privateKey: ctKey.privateKey, roots, now });
  const fulcio = await startFulcio({
    now,
    issuers: [{ issuer: issuer.issuer, audience: "sigstore", type: "kubernetes", jwks: issuer.jwks }],
    authority: authorities.fulcio.signer,
    chain: authorities.fulcio.issuers,
    addPreChain: (chain) => ct.addPreChain(chain),
  });
  const tsa = await startTsa({ now, signer: authorities.tsa.signer, chain: authorities.tsa.issuers });
  const { privateKey } = await newKeys("log", "p256");
  const store = memoryTileStore();
  const rekor =
    kind === "rekor1"
      ? await startRekor1({ store, treeId: "1", privateKey, now, verifyPrehashed })
      : await startRekor2({ store, privateKey, verifyPrehashed });
  const server = await startRegistry(options);
  const authority = (uri: string, chain: readonly Uint8Array[]) => ({
    uri,
    organization: "test",
    commonName: "test",
    chain,
    start,
  });
  const trustedRoot = renderTrustedRoot({
    tlogs: [{ ...rekor.instance, start }],
    ctlogs: [{ ...ct.instance, start }],
    certificateAuthorities: [authority(fulcio.url, chainOf(authorities.fulcio))],
    timestampAuthorities: [authority(tsa.url, chainOf(authorities.tsa))],
  });
  const root = readTrustedRoot(toUtf8(trustedRoot));
  const trust = root.ok ? compileTrust(root.value) : root;
  if (!trust.ok) throw new Error(`${trust.code}: ${trust.detail}`);
  const http = undiciHttpClient();
  const registry = ociRegistry(http);
  const { url } = rekor;
  let images = 0;
  return {
    ports: {
      domain: {
        trust: trust.value,
        tokenPolicy: { audience: "sigstore", lifetimeSecondsMax: 3600, podBound: true },
        authorities: { services: [fulcioAuthority(http, { url: fulcio.url })], needed: 1 },
        timestampAuthorities: {
          services: [httpTimestampAuthority(http, { url: `${tsa.url}/api/v1/timestamp` })],
          needed: 1,
        },
        logs: { services: [kind === "rekor1" ? rekor1Writer(http, { url }) : rekor2Writer(http, { url })], needed: 1 },
      },
      tokens: { read: async () => secret(issuer.issueToken(BUILDER)) },
      newSigner: newEphemeralSigner,
      registry,
      clock: { now, sleep: async (_, signal) => signal.throwIfAborted() },
      random: systemRandom,
      attached: async (image, signal) => (await gatherSignatures(registry, image, signal)).signatures,
    },
    issueToken: issuer.issueToken,
    issuer: issuer.issuer,
    trustedRoot,
    host: server.host,
    log: { size: () => rekor.log.head().size },
    newImage: async (to = registry) => {
      const repository = `${server.host}/team/app-${images++}`;
      const config = await to.pushBlob(repository, toUtf8(`{"n":${images}}`), never);
      return { repository, image: await pushImage(to, repository, config) };
    },
    close: async () => {
      await http.close();
      await Promise.all([issuer, ct, fulcio, tsa, rekor, server].map((service) => service.close()));
    },
  };
}

/** An image to sign, as a job names it. */
export type Target = ImageTarget & { readonly image: Descriptor };

export async function newTarget(world: SignerWorld, layout: ImageTarget["layout"]): Promise<Target> {
  const { repository, image } = await world.newImage();
  return { repository, reference: "v1", layout, image };
}

/** What a verifier says of the image: of its signature, or of its attestations of a type. */
export async function judgeAt(
  { ports }: SignerWorld,
  { repository, image }: Target,
  identity: Identity | undefined,
  type: string,
): Promise<ImageAnswer> {
  if (!identity) throw new Error("a run that passed has an identity");
  const question = {
    repository,
    reference: image.digest,
    type: type === "signature" ? ("signature" as const) : { predicateType: type },
    trust: ports.domain.trust,
    policy: { identity },
  };
  return verifyImage(ports.registry)(question, never);
}

function chainOf(chain: {
  readonly signer: { readonly certificate: Uint8Array };
  readonly issuers: readonly Uint8Array[];
}) {
  return [chain.signer.certificate, ...chain.issuers];
}

async function pushImage(registry: Registry, repository: string, config: Descriptor): Promise<Descriptor> {
  const manifest = {
    schemaVersion: 2,
    mediaType: IMAGE_TYPE,
    config: { ...config, mediaType: "application/vnd.oci.image.config.v1+json" },
    layers: [],
  };
  const bytes = toUtf8(JSON.stringify(manifest));
  return registry.pushManifest(repository, { mediaType: IMAGE_TYPE, bytes, tag: "v1" }, never);
}
