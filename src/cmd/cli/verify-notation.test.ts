import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { keyUsage } from "../../../test/setup/make-certificate.ts";
import { makeCose, makeJws } from "../../../test/setup/make-notation.ts";
import { GOOD, IDENTITY, makeSigner, root } from "../../../test/setup/notation-world.ts";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { ociRegistry } from "../../adapters/oci/registry.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { startRegistry, type VirtualRegistry } from "../../adapters/virtual/registry/registry.ts";
import { renderPem } from "../../core/bytes/pem.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { addMs, renderRfc3339 } from "../../core/time.ts";
import type { Descriptor } from "../../ports/registry.ts";
import { runCli } from "./run.ts";
import { command } from "./verify.ts";

/** The whole command over a registry, a trust policy and a trust store that are real, with Notation's own folders. */
const never = new AbortController().signal;
const home = mkdtempSync(join(tmpdir(), "countersign-notation-cli-"));
const http = undiciHttpClient();
const registry = ociRegistry(http);
const DAY_MS = 86_400_000;
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
let host: VirtualRegistry;
let repository = "";

beforeAll(async () => {
  host = await startRegistry();
  repository = `${host.host}/team/app`;
  const store = join(home, ".config/notation/truststore/x509/ca/example");
  mkdirSync(store, { recursive: true });
  writeFileSync(join(store, "root.pem"), renderPem("CERTIFICATE", root.der));
  writeFileSync(join(home, ".config/notation/trustpolicy.json"), policyOf({}));
});
afterAll(async () => {
  rmSync(home, { recursive: true });
  await Promise.all([host.close(), http.close()]);
});

function policyOf(change: object): string {
  const statement = {
    name: "release",
    registryScopes: [repository],
    signatureVerification: { level: "strict" },
    trustStores: ["ca:example"],
    trustedIdentities: [IDENTITY],
    ...change,
  };
  return JSON.stringify({ version: "1.0", trustPolicies: [statement] });
}

const push = (document: object, mediaType = MANIFEST): Promise<Descriptor> =>
  registry.pushManifest(
    repository,
    { mediaType, bytes: toUtf8(JSON.stringify({ schemaVersion: 2, mediaType, ...document })) },
    never,
  );

async function newImage(seed: string): Promise<Descriptor> {
  const config = await registry.pushBlob(repository, toUtf8(JSON.stringify({ seed })), never);
  return push({ config: { ...config, mediaType: "application/vnd.oci.image.config.v1+json" }, layers: [] });
}

/** Valid for a day around today, whatever day that is. */
const signer = makeSigner({
  notBefore: renderRfc3339(addMs(systemClock.now(), -DAY_MS)).replace(/\.\d+/, ""),
  notAfter: renderRfc3339(addMs(systemClock.now(), DAY_MS)).replace(/\.\d+/, ""),
  extensions: [keyUsage(1)],
});

async function signImage({ mediaType, digest, size }: Descriptor, make = makeJws): Promise<void> {
  const envelope = make({ ...GOOD, chain: [signer, root], target: { mediaType, digest, size } });
  const [config, layer] = await Promise.all([
    registry.pushBlob(repository, toUtf8("{}"), never),
    registry.pushBlob(repository, envelope, never),
  ]);
  await push({
    config: { ...config, mediaType: "application/vnd.cncf.notary.signature" },
    layers: [{ ...layer, mediaType: make === makeJws ? "application/jose+json" : "application/cose" }],
    subject: { mediaType, digest, size },
  });
}

async function run(...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo({ env: { HOME: home } });
  const load = async () => ({ command: (given: typeof io) => command(given) });
  await runCli(["verify", ...argv], io, [{ name: "verify", summary: "verify", group: "Sign and verify", load }]);
  return heard;
}

test.each([
  ["JWS", makeJws],
  ["COSE", makeCose],
])("verifies an image signed in %s, under the user's own trust policy", async (name, make) => {
  const image = await newImage(name);
  await signImage(image, make);
  const ref = `${repository}@${image.digest}`;
  const { exit, out } = await run("--notation", ref);
  expect([exit, out]).toEqual([
    0,
    `✓ verified  ${ref}\n  digest  ${image.digest}\n  policy  release, level strict\n` +
      "  by      CN=signer,OU=Release,O=Example,ST=Zurich,C=CH\n",
  ]);
  const json = JSON.parse((await run("--notation", ref, "-o", "json")).out) as object;
  expect(json).toMatchObject({
    verdict: { kind: "pass" },
    policy: { name: "release" },
    signatures: [{ layout: "notation", format: name.toLowerCase(), checks: expect.any(Array) as unknown[] }],
  });
});

test("refuses an image that nobody signed, and one that is not there", async () => {
  const image = await newImage("plain");
  expect(await run("--notation", `${repository}@${image.digest}`)).toMatchObject({ exit: 1 });
  expect(await run("--notation", `${repository}:none`)).toMatchObject({ exit: 2 });
});

test("takes another policy and other stores", async () => {
  const image = await newImage("other");
  await signImage(image);
  const ref = `${repository}@${image.digest}`;
  const file = join(home, "policy.json");
  writeFileSync(file, policyOf({ trustedIdentities: ["x509.subject: C=CH, ST=Zurich, O=Other"] }));
  const refused = await run("--notation", ref, "--trust-policy", file);
  expect([refused.exit, refused.out]).toEqual([1, expect.stringContaining("notation-identity") as string]);
  expect(await run("--notation", ref, "--trust-store", join(home, "none"))).toMatchObject({ exit: 2 });
  writeFileSync(file, policyOf({ signatureVerification: { level: "audit" } }));
  expect(await run("--notation", ref, "--trust-policy", file)).toMatchObject({ exit: 3 });
  writeFileSync(file, "{}");
  expect(await run("--notation", ref, "--trust-policy", file)).toMatchObject({ exit: 2 });
});

test("asks for each platform by itself", async () => {
  const [amd, arm] = [await newImage("amd"), await newImage("arm")];
  const index = await push(
    {
      manifests: [
        { ...amd, platform: { os: "linux", architecture: "amd64" } },
        { ...arm, platform: { os: "linux", architecture: "arm64" } },
      ],
    },
    INDEX,
  );
  const ref = `${repository}@${index.digest}`;
  await signImage(index);
  await signImage(amd);
  expect(await run("--notation", ref)).toMatchObject({ exit: 0 });
  const half = await run("--notation", "--all-platforms", ref);
  expect(half.exit).toBe(1);
  expect(half.out).toContain(`✓ verified  ${ref} (linux/amd64)`);
  expect(half.out).toContain(`✗ not verified  ${ref} (linux/arm64)`);
  await signImage(arm);
  expect(await run("--notation", "--all-platforms", ref)).toMatchObject({ exit: 0 });
  expect(await run("--notation", "--all-platforms", `${repository}:none`)).toMatchObject({ exit: 2 });
});

test.each<[string, readonly string[]]>([
  ["an identity of Sigstore's", ["--certificate-identity", "x"]],
  ["a key", ["--key", "x"]],
  ["a bundle", ["--bundle", "x"]],
  ["a type", ["--type", "spdx"]],
])("refuses %s beside --notation", async (_, argv) => {
  expect(await run("--notation", "r.example/a:v1", ...argv)).toMatchObject({ exit: 2, out: "" });
});

test("refuses a trust policy without --notation, and a digest that it cannot compare", async () => {
  expect(await run("r.example/a:v1", "--trust-policy", "x")).toMatchObject({ exit: 2 });
  const sha512 = `r.example/a@sha512:${"0".repeat(128)}`;
  expect(await run(sha512, "--notation")).toMatchObject({ exit: 2 });
  const whom = ["--certificate-identity", "x", "--certificate-oidc-issuer", "https://i.example"];
  const bySigstore = await run(sha512, ...whom);
  expect(bySigstore.exit).toBe(2);
  expect(bySigstore.err).toContain("only sha256");
});
