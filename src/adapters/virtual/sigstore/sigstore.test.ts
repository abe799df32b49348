import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleToJSON, type Bundle as StockBundle } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import {
  DSSEBundleBuilder,
  FulcioSigner,
  MessageSignatureBundleBuilder,
  RekorWitness,
  TSAWitness,
  type BundleBuilder,
} from "@sigstore/sign";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { afterEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { parseUnixMs, type UnixMs } from "../../../core/time.ts";
import { compileTrust } from "../../../core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { judgeBundle } from "../../../core/verify/judge-bundle.ts";
import { openFileTileStore } from "../../files/tile-store.ts";
import { verifyPrehashed } from "../../noble/verify-prehashed.ts";
import { startSigstore, type Sigstore, type SigstoreOptions } from "./sigstore.ts";

const ARTIFACT = Buffer.from("what is signed");
const STATEMENT = Buffer.from(
  JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: "4bc453b53cb3d914b45f4b250294236adba2c0e09ff6f03793949e7e39fd4cc1" } }],
    predicateType: "https://example.org/test",
    predicate: {},
  }),
);
const TYPE = "application/vnd.in-toto+json";
const SAN = "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder";

describe("startSigstore, used by stock clients", () => {
  test.each<[string, SigstoreOptions["curve"], 1 | 2]>([
    ["a message over Rekor v1", "p256", 1],
    ["a message over Rekor v2", "p256", 2],
    ["a message over Rekor v1 with P-384", "p384", 1],
    ["a message over Rekor v2 with P-384", "p384", 2],
  ])("signs and verifies %s", async (_, curve = "p256", version) => {
    const sigstore = await start({ curve });
    const builder = new MessageSignatureBundleBuilder(clientsOf(sigstore, version));
    const bundle = await builder.create({ data: ARTIFACT });
    const signer = verifierOf(sigstore).verify(toSignedEntity(bundle, ARTIFACT), policyOf(sigstore));
    expect(signer.identity?.subjectAlternativeName).toBe(SAN);
    expect(judge(sigstore, bundle, ARTIFACT)).toEqual({ kind: "pass" });
    expect(judge(sigstore, bundle, Buffer.from("another"))).toMatchObject({ kind: "fail" });
  });

  test("signs and verifies an attestation over Rekor v1", async () => {
    const sigstore = await start();
    const bundle = await builderOf(sigstore).create({ data: STATEMENT, type: TYPE });
    expect(() => verifierOf(sigstore).verify(toSignedEntity(bundle), policyOf(sigstore))).not.toThrow();
  });

  test("is not believed under the root of another", async () => {
    const [sigstore, other] = await Promise.all([start(), start()]);
    const bundle = await builderOf(sigstore).create({ data: STATEMENT, type: TYPE });
    expect(() => verifierOf(other).verify(toSignedEntity(bundle), policyOf(sigstore))).toThrow(/./);
  });
});

describe("startSigstore", () => {
  test("issues tokens under as many names as it is asked for", async () => {
    const sigstore = await start({
      issuers: [
        { name: "prod-eu", url: "https://prod-eu.example" },
        { name: "people", type: "email" },
      ],
    });
    const configuration = await (await fetch(`${sigstore.urls.fulcio}/api/v2/configuration`)).json();
    expect(configuration).toMatchObject({
      issuers: [
        { issuerUrl: "https://prod-eu.example", issuerType: "kubernetes" },
        { issuerUrl: sigstore.issuers.get("people")?.url, issuerType: "email" },
      ],
    });
  });

  test("has the same keys for the same seed", async () => {
    const [one, two] = await Promise.all([start({ seed: "a" }), start({ seed: "a" })]);
    expect(logKeys(one)).toEqual(logKeys(two));
    expect(logKeys(await start({ seed: "b" }))).not.toEqual(logKeys(one));
  });

  test("leads clients to the log it is told to", async () => {
    const sigstore = await start({ rekorVersion: 2 });
    expect(sigstore.signingConfig).toEqual(sigstore.signingConfigs[2]);
    expect(JSON.parse(new TextDecoder().decode(sigstore.signingConfig))).toMatchObject({
      rekorTlogUrls: [
        { url: sigstore.urls.rekor2, majorApiVersion: 2 },
        { url: sigstore.urls.rekor1, majorApiVersion: 1 },
      ],
    });
  });

  test("breaks the service that the fault switch names, and no other", async () => {
    const sigstore = await start({ outage: (service) => (service === "tsa" ? { status: 503 } : undefined) });
    expect((await fetch(sigstore.urls.tsa)).status).toBe(503);
    expect((await fetch(`${sigstore.urls.fulcio}/healthz`)).status).toBe(200);
  });

  test("lets the ports go when it cannot start", async () => {
    const dir = await newFolder();
    const first = await start(durable(dir));
    await expect(startSigstore({ ...OPTIONS, ...durable(dir) })).rejects.toMatchObject({ id: "store.busy" });
    await first.close();
    await start(durable(dir));
  });
});

describe("startSigstore with a folder", () => {
  test("is the same after a restart", async () => {
    const dir = await newFolder();
    const first = await start(durable(dir));
    const bundle = await builderOf(first).create({ data: STATEMENT, type: TYPE });
    const digest = first.registry.pushBlob(toUtf8("a blob"));
    await first.close();
    const second = await start(durable(dir));
    expect(second.trustedRoot).toEqual(first.trustedRoot);
    expect(second.tufRoot).toEqual(first.tufRoot);
    expect(second.urls).toEqual(first.urls);
    expect(() => verifierOf(second).verify(toSignedEntity(bundle), policyOf(second))).not.toThrow();
    expect((await fetch(`${second.urls.registry}/v2/a/blobs/${digest}`)).status).toBe(200);
    const next = await builderOf(second).create({ data: STATEMENT, type: TYPE });
    expect(next.verificationMaterial.tlogEntries[0]?.logIndex).toBe("1");
  });

  test("publishes metadata with higher versions after a restart", async () => {
    const dir = await newFolder();
    const first = await start(durable(dir));
    const before = await timestampVersion(first);
    await first.close();
    expect(await timestampVersion(await start(durable(dir)))).toBeGreaterThan(before);
  });

  test("keeps its keys where only their owner reads them", async () => {
    const dir = await newFolder();
    await start(durable(dir));
    const keys = await readdir(join(dir, "keys"));
    const modes = await Promise.all(keys.map(async (name) => (await stat(join(dir, "keys", name))).mode & 0o777));
    expect(new Set(modes)).toEqual(new Set([0o600]));
    expect(keys.length).toBeGreaterThanOrEqual(12);
  });
});

const NOW = (parseUnixMs(Date.now()) ?? 0) as UnixMs;
const OPTIONS: SigstoreOptions = { now: () => NOW, verifyPrehashed };
const started: Sigstore[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((sigstore) => sigstore.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function start(options: Partial<SigstoreOptions> = {}): Promise<Sigstore> {
  const sigstore = await startSigstore({ ...OPTIONS, ...options });
  started.push(sigstore);
  return sigstore;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sigstore-"));
  folders.push(folder);
  return folder;
}

function durable(dir: string): Pick<SigstoreOptions, "durable"> {
  return { durable: { dir, openTileStore: openFileTileStore } };
}

function clientsOf({ urls, issueToken }: Sigstore, majorApiVersion: 1 | 2) {
  const getToken = async () =>
    issueToken({
      namespace: "payments-prod",
      serviceAccount: "builder",
      serviceAccountUid: "00000000-0000-4000-8000-000000000001",
      audience: "sigstore",
      expirationSeconds: 600,
    });
  const rekorBaseURL = majorApiVersion === 1 ? urls.rekor1 : urls.rekor2;
  return {
    signer: new FulcioSigner({ fulcioBaseURL: urls.fulcio, identityProvider: { getToken } }),
    witnesses: [
      new TSAWitness({ tsaBaseURL: urls.tsa }),
      new RekorWitness({ rekorBaseURL, majorApiVersion, entryType: "dsse" }),
    ],
  };
}

function builderOf(sigstore: Sigstore): BundleBuilder {
  return new DSSEBundleBuilder({ ...clientsOf(sigstore, 1), certificateChain: false });
}

function verifierOf({ trustedRoot }: Sigstore): Verifier {
  const root = TrustedRoot.fromJSON(JSON.parse(new TextDecoder().decode(trustedRoot)));
  return new Verifier(toTrustMaterial(root), { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 });
}

function policyOf({ issuers }: Sigstore) {
  const [issuer] = issuers.values();
  return { subjectAlternativeName: SAN, extensions: { issuer: issuer?.issuer ?? "" } };
}

function judge(sigstore: Sigstore, bundle: StockBundle, artifact: Uint8Array): unknown {
  const root = readTrustedRoot(sigstore.trustedRoot);
  const trust = root.ok ? compileTrust(root.value) : root;
  if (!trust.ok) throw new Error(trust.detail);
  const [issuer] = sigstore.issuers.values();
  const json = toUtf8(JSON.stringify(bundleToJSON(bundle)));
  const identity = { issuer: issuer?.issuer ?? "", san: SAN };
  return judgeBundle(json, { kind: "bytes", bytes: artifact }, trust.value, { identity }).verdict;
}

function logKeys({ trustedRoot }: Sigstore): unknown {
  const root = readTrustedRoot(trustedRoot);
  return root.ok && [...root.value.tlogs, ...root.value.ctlogs].map(({ key }) => key);
}

async function timestampVersion({ urls }: Sigstore): Promise<number> {
  const { signed } = (await (await fetch(`${urls.tuf}/timestamp.json`)).json()) as { signed: { version: number } };
  return signed.version;
}
