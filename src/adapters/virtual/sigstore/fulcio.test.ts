import { generateKeyPairSync, sign, X509Certificate, type KeyObject } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { contextConstructed } from "../../../core/asn1/tag.ts";
import { bitString, element, integer, sequence } from "../../../core/asn1/writer.ts";
import { parsePem, renderPem } from "../../../core/bytes/pem.ts";
import { signatureAlgorithm } from "../../../core/crypto/algorithm.ts";
import { Fault } from "../../../core/fault.ts";
import { addMs, parseUnixMs, type UnixMs } from "../../../core/time.ts";
import { parseCertificate, type Certificate } from "../../../core/x509/certificate.ts";
import type { Listening } from "../serve.ts";
import { openAuthorities, type Chain } from "./authorities.ts";
import { startFulcio, type AddPreChain } from "./fulcio.ts";
import { seededKeys } from "./keys.ts";
import { startOidcIssuer, type OidcIssuer } from "./oidc-issuer.ts";

const NOW = (parseUnixMs(1_790_000_000_123) ?? 0) as UnixMs;
const SUBJECT = "system:serviceaccount:payments-prod:builder";
const SCT = {
  logId: new Uint8Array(32).fill(7),
  timestamp: NOW,
  extensions: Uint8Array.of(1, 2),
  signature: new Uint8Array(70),
};
const SERVICE_ACCOUNT = {
  namespace: "payments-prod",
  serviceAccount: "builder",
  serviceAccountUid: "00000000-0000-4000-8000-000000000001",
  audience: "sigstore",
  expirationSeconds: 600,
};

describe("startFulcio", () => {
  test("issues a certificate for a service account, the promise of the log in it", async () => {
    const world = await start();
    const reply = await ask(world, request(world.issuer.issueToken(SERVICE_ACCOUNT), KEY, SUBJECT));
    expect(reply.status).toBe(200);
    const leaf = certificateOf(reply.certificates[0]);
    expect(leaf).toMatchObject({
      isCa: false,
      keyUsage: 1,
      ekus: ["1.3.6.1.5.5.7.3.3"],
      sans: [{ type: "uri", value: "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder" }],
      notBefore: NOW - 123,
      notAfter: NOW - 123 + 600_000,
    });
    expect([...leaf.fulcio]).toEqual([
      [1, world.issuer.issuer],
      [8, world.issuer.issuer],
      [24, SUBJECT],
    ]);
    expect(leaf.spki).toEqual(spkiOf(KEY));
    expect(leaf.sctList).toBeDefined();
    expect(reply.certificates.slice(1)).toEqual(world.bundle);
    const [leafPem = "", intermediate = "", root = ""] = reply.certificates;
    expect(new X509Certificate(leafPem).verify(new X509Certificate(intermediate).publicKey)).toBe(true);
    expect(new X509Certificate(intermediate).verify(new X509Certificate(root).publicKey)).toBe(true);
  });

  test("gives the log a precertificate that differs from the certificate in the poison alone", async () => {
    const world = await start();
    const reply = await ask(world, request(world.issuer.issueToken(SERVICE_ACCOUNT), KEY, SUBJECT));
    const leaf = certificateOf(reply.certificates[0]);
    const [precertificate = new Uint8Array(0), ...chain] = world.logged[0] ?? [];
    expect(chain).toEqual([world.fulcio.signer.certificate, ...world.fulcio.issuers]);
    // Poisoned, so no reader of certificates takes it.
    expect(parseCertificate(precertificate)).toMatchObject({ ok: false, code: "cert-critical-ext" });
    const extensions = leaf.der.subarray(leaf.layout.extensionList, leaf.layout.sct?.start);
    expect(Buffer.from(precertificate).includes(Buffer.from(extensions))).toBe(true);
    expect(new X509Certificate(precertificate).serialNumber).toBe(new X509Certificate(leaf.der).serialNumber);
  });

  test("issues a certificate for a person, by an issuer that says so", async () => {
    const person = { email: "dev@example.org", audience: "sigstore", expirationSeconds: 60 };
    const email = await start("email");
    const reply = await ask(email, request(email.issuer.issueEmailToken(person), KEY, person.email));
    const leaf = certificateOf(reply.certificates[0]);
    expect(leaf.sans).toEqual([{ type: "email", value: person.email }]);
    expect(leaf.fulcio.has(24)).toBe(false);
    const world = await start("kubernetes");
    expect((await ask(world, request(world.issuer.issueEmailToken(person), KEY, person.email))).status).toBe(400);
  });

  test("takes the token as a bearer, and members in snake_case", async () => {
    const world = await start();
    const { publicKeyRequest } = request("", KEY, SUBJECT);
    const { publicKey, proofOfPossession } = publicKeyRequest;
    const body = { public_key_request: { public_key: publicKey, proof_of_possession: proofOfPossession } };
    const reply = await ask(world, body, world.issuer.issueToken(SERVICE_ACCOUNT));
    expect(reply.status).toBe(200);
  });

  test.each(["P-256", "P-384", "P-521"])("takes a certificate signing request with %s", async (namedCurve) => {
    const world = await start();
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
    const reply = await ask(world, csrRequest(world, privateKey, publicKey));
    expect(certificateOf(reply.certificates[0]).spki).toEqual(spkiOf({ privateKey, publicKey }));
  });

  test("refuses a certificate signing request signed by another key", async () => {
    const world = await start();
    const reply = await ask(world, csrRequest(world, OTHER.privateKey, KEY.publicKey));
    expect(reply).toMatchObject({ status: 400, code: 3, message: expect.stringContaining("signature") });
  });

  test.each<[string, (world: World) => unknown, string]>([
    ["no token", () => request("", KEY, SUBJECT), "identity token"],
    ["no JWT", () => request("x.y.z", KEY, SUBJECT), "identity token"],
    [
      "a changed token",
      ({ issuer }) => request(changed(issuer.issueToken(SERVICE_ACCOUNT)), KEY, SUBJECT),
      "identity token",
    ],
    [
      "an unsigned token",
      ({ issuer }) => request(unsigned(issuer.issueToken(SERVICE_ACCOUNT)), KEY, SUBJECT),
      "identity token",
    ],
    [
      "an expired token",
      ({ issuer }) => request(issuer.issueToken({ ...SERVICE_ACCOUNT, expirationSeconds: 0 }), KEY, SUBJECT),
      "identity token",
    ],
    [
      "another audience",
      ({ issuer }) => request(issuer.issueToken({ ...SERVICE_ACCOUNT, audience: "x" }), KEY, SUBJECT),
      "identity token",
    ],
    [
      "an empty namespace",
      ({ issuer }) => request(issuer.issueToken({ ...SERVICE_ACCOUNT, namespace: "" }), KEY, SUBJECT),
      "identity token",
    ],
    [
      "a proof over another subject",
      ({ issuer }) => request(issuer.issueToken(SERVICE_ACCOUNT), KEY, "x"),
      "signature",
    ],
    [
      "a proof by another key",
      ({ issuer }) => mixed(request(issuer.issueToken(SERVICE_ACCOUNT), KEY, SUBJECT)),
      "signature",
    ],
    [
      "no key",
      ({ issuer }) => ({ credentials: { oidcIdentityToken: issuer.issueToken(SERVICE_ACCOUNT) } }),
      "public key",
    ],
    [
      "no CSR",
      ({ issuer }) => ({
        credentials: { oidcIdentityToken: issuer.issueToken(SERVICE_ACCOUNT) },
        certificateSigningRequest: "AAAA",
      }),
      "signing request",
    ],
    ["no object", () => [], "invalid request"],
  ])("refuses %s", async (_, body, words) => {
    const world = await start();
    expect(await ask(world, body(world))).toMatchObject({
      status: 400,
      code: 3,
      message: expect.stringContaining(words),
    });
    expect(world.logged).toEqual([]);
  });

  test("refuses tokens of an issuer with the right name and another key", async () => {
    const world = await start();
    const impostor = await startOidcIssuer({
      key: await seededKeys("impostor")("oidc", "p256"),
      now: () => NOW,
      issuer: world.issuer.issuer,
    });
    started.push(impostor);
    expect((await ask(world, request(impostor.issueToken(SERVICE_ACCOUNT), KEY, SUBJECT))).status).toBe(400);
  });

  test("does not issue what the log has not promised", async () => {
    const world = await start("kubernetes", () => Promise.reject(new Fault("log.unreachable", "the log")));
    const reply = await ask(world, request(world.issuer.issueToken(SERVICE_ACCOUNT), KEY, SUBJECT));
    expect(reply).toMatchObject({ status: 500, code: 13, certificates: [] });
  });

  test("shows its configuration and its chain", async () => {
    const world = await start();
    const configuration = await (await fetch(`${world.server.url}/api/v2/configuration`)).json();
    expect(configuration).toEqual({
      issuers: [
        {
          issuerUrl: world.issuer.issuer,
          audience: "sigstore",
          challengeClaim: "sub",
          spiffeTrustDomain: "",
          issuerType: "kubernetes",
        },
      ],
    });
    const bundle = await (await fetch(`${world.server.url}/api/v2/trustBundle`)).json();
    expect(bundle).toEqual({ chains: [{ certificates: world.bundle }] });
    expect((await fetch(`${world.server.url}/api/v1/signingCert`)).status).toBe(404);
  });
});

type World = Awaited<ReturnType<typeof start>>;
type Keys = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
const KEY: Keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const OTHER: Keys = generateKeyPairSync("ec", { namedCurve: "P-256" });

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

async function start(type: "kubernetes" | "email" = "kubernetes", log?: AddPreChain) {
  const keys = seededKeys("fulcio");
  const issuer: OidcIssuer = await startOidcIssuer({ key: await keys("oidc", "p256"), now: () => NOW });
  const made = await openAuthorities({ keys, notBefore: addMs(NOW, -1000), organization: "test", curve: "p384" });
  const fulcio: Chain = made.fulcio;
  const logged: (readonly Uint8Array[])[] = [];
  const server: Listening = await startFulcio({
    now: () => NOW,
    issuers: [{ issuer: issuer.issuer, audience: "sigstore", type, jwks: issuer.jwks }],
    authority: fulcio.signer,
    chain: fulcio.issuers,
    addPreChain: log ?? (async (chain) => (logged.push(chain), SCT)),
  });
  started.push(issuer, server);
  const bundle = [fulcio.signer.certificate, ...fulcio.issuers].map((der) => renderPem("CERTIFICATE", der));
  return { issuer, fulcio, logged, server, bundle };
}

async function ask({ server }: World, body: unknown, bearer?: string) {
  const headers = { "content-type": "application/json", ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) };
  const response = await fetch(`${server.url}/api/v2/signingCert`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  const { signedCertificateEmbeddedSct, ...rest } = (await response.json()) as {
    signedCertificateEmbeddedSct?: { chain: { certificates: readonly string[] } };
  };
  return { status: response.status, certificates: signedCertificateEmbeddedSct?.chain.certificates ?? [], ...rest };
}

function request(oidcIdentityToken: string, keys: Keys, challenge: string) {
  return {
    credentials: { oidcIdentityToken },
    publicKeyRequest: {
      publicKey: { algorithm: "ECDSA", content: keys.publicKey.export({ type: "spki", format: "pem" }) },
      proofOfPossession: sign("sha256", Buffer.from(challenge), keys.privateKey).toString("base64"),
    },
  };
}

function mixed(body: ReturnType<typeof request>): unknown {
  const { publicKey } = request("", OTHER, "").publicKeyRequest;
  return { ...body, publicKeyRequest: { ...body.publicKeyRequest, publicKey } };
}

function csrRequest({ issuer }: World, privateKey: KeyObject, publicKey: KeyObject): unknown {
  const attributes = element(contextConstructed(0), new Uint8Array(0));
  const info = sequence([integer(0), sequence([]), spkiOf({ privateKey, publicKey }), attributes]);
  const signature = new Uint8Array(sign("sha256", info, privateKey));
  const csr = sequence([info, signatureAlgorithm({ key: "ecdsa", hash: "sha256" }), bitString(signature)]);
  return {
    credentials: { oidcIdentityToken: issuer.issueToken(SERVICE_ACCOUNT) },
    certificateSigningRequest: Buffer.from(renderPem("CERTIFICATE REQUEST", csr)).toString("base64"),
  };
}

function spkiOf({ publicKey }: Keys): Uint8Array {
  return new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
}

function certificateOf(pem: string | undefined): Certificate {
  const parsed = parseCertificate(parsePem(pem ?? "", "CERTIFICATE")?.[0] ?? new Uint8Array(0));
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

function changed(token: string): string {
  const [header, payload = "", signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const other = { ...claims, "kubernetes.io": { ...claims["kubernetes.io"], namespace: "other" } };
  return [header, Buffer.from(JSON.stringify(other)).toString("base64url"), signature].join(".");
}

function unsigned(token: string): string {
  const [, payload] = token.split(".");
  return `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.AA`;
}
