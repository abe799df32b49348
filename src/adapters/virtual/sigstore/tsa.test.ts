import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { integer, octetString, oid, sequence } from "../../../core/asn1/writer.ts";
import { toBase64 } from "../../../core/bytes/base64.ts";
import { parsePem } from "../../../core/bytes/pem.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { digestAlgorithm } from "../../../core/crypto/algorithm.ts";
import { hashBytes, sha256 } from "../../../core/digest.ts";
import { addMs, parseUnixMs, type UnixMs } from "../../../core/time.ts";
import type { Listening } from "../serve.ts";
import { openAuthorities, type Chain } from "./authorities.ts";
import { seededKeys } from "./keys.ts";
import { startTsa } from "./tsa.ts";

const NOW = (parseUnixMs(1_790_000_000_123) ?? 0) as UnixMs;
const DATA = toUtf8("a signature");
const OPENSSL = "openssl";
const HAS_OPENSSL = spawnSync(OPENSSL, ["version"]).status === 0;

describe.skipIf(!HAS_OPENSSL)("startTsa, asked and checked by OpenSSL", () => {
  test.each(["p256", "p384"] as const)("stamps with %s, the certificate in the token", async (curve) => {
    await start(curve);
    openssl("ts", "-query", "-data", path("data"), "-sha256", "-cert", "-out", path("query"));
    await stampFile();
    expect(verify("-queryfile", path("query"))).toContain("Verification: OK");
    expect(openssl("ts", "-reply", "-in", path("reply"), "-text")).toContain("Time stamp: Sep 21 14:13:20 2026 GMT");
  });

  test("leaves the certificate out unless asked", async () => {
    await start("p256");
    openssl("ts", "-query", "-data", path("data"), "-sha512", "-no_nonce", "-out", path("query"));
    await stampFile();
    expect(verify("-queryfile", path("query"), "-untrusted", path("signer"))).toContain("Verification: OK");
    expect(verify("-queryfile", path("query"))).toContain("Verification: FAILED");
  });

  test("stamps the JSON form", async () => {
    await start("p256");
    const body = { artifactHash: toBase64(sha256(DATA)), hashAlgorithm: "sha256", certificates: true, nonce: 77 };
    const reply = await post("application/json", JSON.stringify(body));
    expect([reply.status, reply.headers.get("content-type")]).toEqual([201, "application/timestamp-reply"]);
    writeFileSync(path("reply"), new Uint8Array(await reply.arrayBuffer()));
    expect(verify("-data", path("data"))).toContain("Verification: OK");
    expect(openssl("ts", "-reply", "-in", path("reply"), "-text")).toContain("Nonce: 0x4D");
  });

  test("does not stamp other data", async () => {
    await start("p256");
    openssl("ts", "-query", "-data", path("data"), "-sha256", "-cert", "-out", path("query"));
    await stampFile();
    writeFileSync(path("data"), "another signature");
    expect(verify("-data", path("data"))).toContain("Verification: FAILED");
  });
});

describe("startTsa", () => {
  const SHA1 = sequence([oid("1.3.14.3.2.26")]);
  test.each<[string, Uint8Array]>([
    ["SHA-1", request(SHA1, new Uint8Array(20))],
    ["a digest of another length", request(digestAlgorithm("sha256"), new Uint8Array(20))],
    ["another version", sequence([integer(2), sequence([digestAlgorithm("sha256"), octetString(sha256(DATA))])])],
    ["a byte too many", Uint8Array.of(...request(digestAlgorithm("sha256"), sha256(DATA)), 0)],
    ["nothing", new Uint8Array(0)],
  ])("refuses %s", async (_, der) => {
    await start("p256");
    expect((await post("application/timestamp-query", new Uint8Array(der))).status).toBe(400);
  });

  test.each<[string, number, string, string]>([
    ["no JSON", 400, "application/json", "{"],
    ["SHA-1", 400, "application/json", JSON.stringify({ artifactHash: "AAAA", hashAlgorithm: "sha1" })],
    [
      "a digest of another length",
      400,
      "application/json",
      JSON.stringify({ artifactHash: "AAAA", hashAlgorithm: "sha256" }),
    ],
    ["another media type", 415, "text/plain", "x"],
  ])("refuses %s with %i", async (_, status, type, body) => {
    await start("p256");
    expect((await post(type, body)).status).toBe(status);
  });

  test("is not confused by a hash that names a member of every object", async () => {
    await start("p256");
    const body = { artifactHash: toBase64(hashBytes("sha256", DATA)), hashAlgorithm: "constructor" };
    expect((await post("application/json", JSON.stringify(body))).status).toBe(400);
  });

  test("shows its chain, the signer first", async () => {
    await start("p256");
    const pem = await (await fetch(`${server.url}/api/v1/timestamp/certchain`)).text();
    expect(parsePem(pem, "CERTIFICATE")).toEqual([chain.signer.certificate, ...chain.issuers]);
  });
});

let folder = "";
let server: Listening;
let chain: Chain;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsa-"));
  writeFileSync(path("data"), DATA);
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function start(curve: "p256" | "p384"): Promise<void> {
  const organization = "countersign test";
  const authorities = await openAuthorities({
    keys: seededKeys("tsa"),
    notBefore: addMs(NOW, -1000),
    organization,
    curve,
  });
  chain = authorities.tsa;
  server = await startTsa({ now: () => NOW, signer: chain.signer, chain: chain.issuers });
  const pem = await (await fetch(`${server.url}/api/v1/timestamp/certchain`)).text();
  const [signer = "", root = ""] = pem.split(/(?<=-----END CERTIFICATE-----\n)/);
  writeFileSync(path("signer"), signer);
  writeFileSync(path("root"), root);
}

function path(name: string): string {
  return join(folder, name);
}

async function post(type: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(`${server.url}/api/v1/timestamp`, { method: "POST", headers: { "content-type": type }, body });
}

async function stampFile(): Promise<void> {
  const reply = await post("application/timestamp-query", new Uint8Array(readFileSync(path("query"))));
  writeFileSync(path("reply"), new Uint8Array(await reply.arrayBuffer()));
}

function verify(...what: readonly string[]): string {
  return openssl(
    "ts",
    "-verify",
    ...what,
    "-in",
    path("reply"),
    "-CAfile",
    path("root"),
    "-attime",
    String((NOW / 1000) | 0),
  );
}

function openssl(...parameters: readonly string[]): string {
  const { stdout, stderr } = spawnSync(OPENSSL, parameters, { encoding: "utf8" });
  return `${stdout}${stderr}`;
}

function request(algorithm: Uint8Array, digest: Uint8Array): Uint8Array {
  return sequence([integer(1), sequence([algorithm, octetString(digest)])]);
}
