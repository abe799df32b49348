import { generateKeyPairSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { startCt, type Ct } from "../../src/adapters/virtual/log/ct.ts";
import { newKeys } from "../../src/adapters/virtual/sigstore/keys.ts";
import { memoryTileStore } from "../../src/adapters/virtual/tile-store.ts";
import { toBase64 } from "../../src/core/bytes/base64.ts";
import { parsePem } from "../../src/core/bytes/pem.ts";
import { parseUtf8 } from "../../src/core/bytes/utf8.ts";
import { ed25519KeyId } from "../../src/core/note/key-id.ts";
import { openPeerWorld, peer, SAN, type PeerWorld } from "./peer-world.ts";
import { freePorts, startServer, type ServerProcess } from "./server-process.ts";

const FULCIO = peer("fulcio-v1.8.8") ?? "";
const TSA = peer("timestamp-server-v2.1.3") ?? "";
const REKOR = peer("rekor-tiles-v2.3.0") ?? "";
const COSIGN = peer("cosign-v3.1.3") ?? "";

const VALID_FOR = { start: "2020-01-01T00:00:00Z" };

/** Members of the two documents in which the embedded services are exchanged for a real one. */
type Exchanged = { readonly root: object; readonly config: object };

/** Our client signs against a real server, the rest embedded; our verifier, and cosign where it is, judge by its root. */
function signsAgainst(start: (world: PeerWorld) => Promise<Exchanged>): void {
  let world: PeerWorld;
  const documents = (): string[] => ["--trusted-root", world.at("real_root.json")];
  const whom = (): string[] => ["--certificate-identity", SAN, "--certificate-oidc-issuer", world.issuer];
  const where = (): string[] => [
    ...documents(),
    "--signing-config",
    world.at("real_config.json"),
    "--token-file",
    world.at("token"),
  ];

  beforeAll(async () => {
    world = await openPeerWorld({ rekorVersion: 2 });
    const { root, config } = await start(world);
    await writeFile(world.at("real_root.json"), merged(world.sigstore.trustedRoot, root));
    await writeFile(world.at("real_config.json"), merged(world.sigstore.signingConfig, config));
  });
  afterAll(() => world.close());

  test("signs a file, and others accept it", async () => {
    const [file, bundle] = [world.at("file.txt"), world.at("bundle.json")];
    expect(await world.countersign(["sign", "blob", file, "--bundle-out", bundle, ...where()])).toMatchObject({
      exit: 0,
      err: "",
    });
    expect(await world.countersign(["verify", file, "--bundle", bundle, ...documents(), ...whom()])).toMatchObject({
      exit: 0,
    });
    const cosign =
      COSIGN === ""
        ? { exit: 0 }
        : await world.run(COSIGN, ["verify-blob", file, "--bundle", bundle, ...documents(), ...whom()]);
    expect(cosign).toMatchObject({ exit: 0 });
  });

  test("signs an image and an attestation of it in one run", async () => {
    const { ref } = await world.newImage();
    await writeFile(world.at("sbom.json"), '{"bomFormat":"CycloneDX","specVersion":"1.6"}');
    const sign = ["sign", "image", ref, "--sbom", world.at("sbom.json"), ...where()];
    expect(await world.countersign(sign)).toMatchObject({ exit: 0 });
    expect(await world.countersign(["verify", ref, ...documents(), ...whom()])).toMatchObject({ exit: 0 });
    const sbom = ["verify", ref, "--type", "cyclonedx", ...documents(), ...whom()];
    expect(await world.countersign(sbom)).toMatchObject({ exit: 0 });
  });
}

describe.skipIf(FULCIO === "")(
  "a real Fulcio v1.8.8, our issuer configured as kubernetes, our CT log behind it",
  () => {
    let fulcio: ServerProcess | undefined;
    let ct: Ct | undefined;
    afterAll(async () => {
      await Promise.all([fulcio?.close(), ct?.close()]);
    });

    signsAgainst(async (world) => {
      const [port = 0, grpc = 0, metrics = 0, ctPort = 0] = await freePorts(4);
      const issuer = { IssuerURL: world.issuer, ClientID: "sigstore", Type: "kubernetes" };
      await writeFile(world.at("fulcio.json"), JSON.stringify({ OIDCIssuers: { [world.issuer]: issuer } }));
      const url = `http://127.0.0.1:${port}`;
      const ports = [
        `--port=${port}`,
        `--grpc-port=${grpc}`,
        `--metrics-port=${metrics}`,
        "--host=127.0.0.1",
        "--grpc-host=127.0.0.1",
      ];
      const socket = `--legacy-unix-domain-socket=${world.at("fulcio.sock")}`;
      const log = `--ct-log-url=http://127.0.0.1:${ctPort}`;
      const config = `--config-path=${world.at("fulcio.json")}`;
      const args = ["serve", "--ca=ephemeralca", config, log, socket, ...ports];
      fulcio = await startServer(FULCIO, args, { url: `${url}/api/v2/trustBundle`, folder: world.folder });
      const bundle = (await (await fetch(`${url}/api/v2/trustBundle`)).json()) as {
        chains: { certificates: string[] }[];
      };
      const chain = (bundle.chains[0]?.certificates ?? []).flatMap((pem) => parsePem(pem.trim(), "CERTIFICATE") ?? []);
      const { privateKey } = await newKeys("ct", "p256");
      ct = await startCt({
        store: memoryTileStore(),
        privateKey,
        roots: chain,
        now: () => systemClock.now(),
        port: ctPort,
      });
      return {
        root: {
          certificateAuthorities: [
            { uri: url, certChain: { certificates: chain.map(toRawBytes) }, validFor: VALID_FOR },
          ],
          ctlogs: [toLog(ct.instance)],
        },
        config: { caUrls: [toService(url, 1)] },
      };
    });
  },
);

describe.skipIf(TSA === "")("a real timestamp-authority v2.1.3", () => {
  let tsa: ServerProcess | undefined;
  afterAll(() => tsa?.close());

  signsAgainst(async (world) => {
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}/api/v1/timestamp`;
    const args = [
      "serve",
      "--host=127.0.0.1",
      `--port=${port}`,
      "--timestamp-signer=memory",
      "--disable-ntp-monitoring",
    ];
    tsa = await startServer(TSA, args, { url: `${url}/certchain`, folder: world.folder });
    const chain = parsePem(await (await fetch(`${url}/certchain`)).text(), "CERTIFICATE") ?? [];
    return {
      root: {
        timestampAuthorities: [{ uri: url, certChain: { certificates: chain.map(toRawBytes) }, validFor: VALID_FOR }],
      },
      config: { tsaUrls: [toService(url, 1)] },
    };
  });
});

describe.skipIf(REKOR === "")("a real Rekor v2 (rekor-tiles v2.3.0, POSIX storage)", () => {
  let rekor: ServerProcess | undefined;
  afterAll(() => rekor?.close());

  signsAgainst(async (world) => {
    const [port = 0, grpc = 0, metrics = 0] = await freePorts(3);
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
    await writeFile(world.at("log.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    await mkdir(world.at("tiles"));
    const url = `http://localhost:${port}`;
    const http = [`--http-port=${port}`, "--http-address=127.0.0.1", `--http-metrics-port=${metrics}`];
    const rpc = [`--grpc-port=${grpc}`, "--grpc-address=127.0.0.1"];
    const log = [
      "--hostname=localhost",
      `--storage-dir=${world.at("tiles")}`,
      `--signer-filepath=${world.at("log.pem")}`,
    ];
    const args = ["serve", ...http, ...rpc, ...log, "--checkpoint-interval=1s"];
    rekor = await startServer(REKOR, args, { url: `${url}/healthz`, folder: world.folder });
    const logId = ed25519KeyId("localhost", spki.subarray(-32));
    return {
      root: { tlogs: [toLog({ baseUrl: url, spki, keyDetails: "PKIX_ED25519", logId })] },
      config: { rekorTlogUrls: [toService(url, 2)] },
    };
  });
});

function merged(document: Uint8Array, change: object): string {
  return JSON.stringify({ ...(JSON.parse(parseUtf8(document) ?? "") as object), ...change });
}

function toService(url: string, majorApiVersion: number): object {
  return { url, majorApiVersion, validFor: VALID_FOR, operator: "peer" };
}

function toRawBytes(der: Uint8Array): object {
  return { rawBytes: toBase64(der) };
}

function toLog(instance: Ct["instance"]): object {
  const { baseUrl, spki, keyDetails, logId } = instance;
  const publicKey = { rawBytes: toBase64(spki), keyDetails, validFor: VALID_FOR };
  return { baseUrl, hashAlgorithm: "SHA2_256", publicKey, logId: { keyId: toBase64(logId) } };
}
