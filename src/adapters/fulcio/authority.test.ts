import { inspect } from "node:util";
import { expect, test } from "vitest";
import { renderPem } from "../../core/bytes/pem.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import { secret } from "../../core/secret.ts";
import type { HttpClient, HttpRequest } from "../../ports/http-client.ts";
import { fulcioAuthority } from "./authority.ts";

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2kifQ.c2lnbmF0dXJl";
const LEAF = renderPem("CERTIFICATE", Uint8Array.of(1));
const ROOT = renderPem("CERTIFICATE", Uint8Array.of(2));
const REQUEST = { token: secret(JWT), publicKey: Uint8Array.of(3), proofOfPossession: Uint8Array.of(4) };
const never = new AbortController().signal;

/** Gives one answer to everything and keeps what was asked. */
function answering(status: number, document: unknown): HttpClient & { readonly asked: HttpRequest[] } {
  const body = toUtf8(typeof document === "string" ? document : JSON.stringify(document));
  const asked: HttpRequest[] = [];
  return {
    asked,
    send: async (request) => {
      asked.push(request);
      return { status, headers: {}, body };
    },
    stream: () => Promise.reject(new Error("not used")),
  };
}

const chainOf = (certificates: unknown, name = "signedCertificateEmbeddedSct"): unknown => ({
  [name]: { chain: { certificates } },
});
const issue = (http: HttpClient) => fulcioAuthority(http, { url: "https://fulcio.example/" }).issue(REQUEST, never);
const issuers = (http: HttpClient) => fulcioAuthority(http, { url: "https://fulcio.example" }).issuers(never);

test("asks as the v2 API wants to be asked, and follows no redirect", async () => {
  const http = answering(200, chainOf([LEAF, ROOT]));
  expect(await issue(http)).toEqual({ chain: [Uint8Array.of(1), Uint8Array.of(2)], sct: "embedded" });
  const [{ url, method, redirectsMax, body = new Uint8Array(0) } = { url: "", method: "", redirectsMax: 1 }] =
    http.asked;
  expect({ url, method, redirectsMax }).toEqual({
    url: "https://fulcio.example/api/v2/signingCert",
    method: "POST",
    redirectsMax: 0,
  });
  expect(JSON.parse(new TextDecoder().decode(body))).toEqual({
    credentials: { oidcIdentityToken: JWT },
    publicKeyRequest: {
      publicKey: { algorithm: "ECDSA", content: renderPem("PUBLIC KEY", Uint8Array.of(3)) },
      proofOfPossession: "BA==",
    },
  });
});

test("says that an SCT came beside the certificate", async () => {
  const answer = await issue(answering(200, chainOf([LEAF], "signedCertificateDetachedSct")));
  expect(answer.sct).toBe("detached");
});

test.each<[string, number, unknown, FaultId]>([
  ["a refused token", 400, { message: `token ${JWT} is old` }, "fulcio.refused"],
  ["missing credentials", 401, "", "fulcio.refused"],
  ["too many requests", 429, "", "fulcio.unreachable"],
  ["an error of the server", 503, "<html>", "fulcio.unreachable"],
  ["a redirect", 302, "", "fulcio.malformed"],
  ["another kind of server", 404, "", "fulcio.malformed"],
  ["no JSON", 200, "<html>", "fulcio.malformed"],
  ["a list", 200, [], "fulcio.malformed"],
  ["no chain", 200, {}, "fulcio.malformed"],
  ["an empty chain", 200, chainOf([]), "fulcio.malformed"],
  ["a chain without end", 200, chainOf(Array.from({ length: 11 }, () => LEAF)), "fulcio.malformed"],
  ["a certificate that is a number", 200, chainOf([1]), "fulcio.malformed"],
  ["two certificates in one", 200, chainOf([LEAF + ROOT]), "fulcio.malformed"],
])("takes %s for a fault, and never shows the token", async (_, status, document, id) => {
  const error: unknown = await issue(answering(status, document)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "Fault", id });
  expect(inspect(error)).not.toContain(JWT);
});

test.each<[FaultId, FaultId]>([
  ["http.timeout", "fulcio.unreachable"],
  ["http.unreachable", "fulcio.unreachable"],
  ["http.too-large", "fulcio.malformed"],
  ["http.refused", "http.refused"],
])("tells %s as %s", async (from, to) => {
  const broken = { ...answering(200, {}), send: () => Promise.reject(new Fault(from, "x")) };
  await expect(issue(broken)).rejects.toMatchObject({ id: to });
});

test("lets the caller's own reason through", async () => {
  const broken = { ...answering(200, {}), send: () => Promise.reject(new RangeError("enough")) };
  await expect(issue(broken)).rejects.toThrow(RangeError);
});

test("reads the issuers that the CA accepts", async () => {
  const http = answering(200, {
    issuers: [
      { issuerUrl: "https://a.example", audience: "sigstore", challengeClaim: "sub", issuerType: "kubernetes" },
      {
        wildcardIssuerUrl: "https://*.b.example",
        audience: "sigstore",
        challengeClaim: "email",
        spiffeTrustDomain: "x",
      },
    ],
  });
  expect(await issuers(http)).toEqual([
    {
      issuer: "https://a.example",
      wildcard: false,
      audience: "sigstore",
      challengeClaim: "sub",
      issuerType: "kubernetes",
    },
    { issuer: "https://*.b.example", wildcard: true, audience: "sigstore", challengeClaim: "email", issuerType: "" },
  ]);
});

test("knows no issuers where the CA is too old to say", async () => {
  expect(await issuers(answering(404, ""))).toEqual([]);
});

test.each([[{ issuers: {} }], [{ issuers: ["x"] }]])("refuses %j as a configuration", async (document) => {
  await expect(issuers(answering(200, document))).rejects.toMatchObject({ id: "fulcio.malformed" });
});
