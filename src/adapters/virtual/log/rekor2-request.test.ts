import { describe, expect, test } from "vitest";
import { messageRequest, newLogSigner } from "../../../../test/setup/log-signer.ts";
import { bug } from "../../../core/bug.ts";
import { parseBase64, toBase64 } from "../../../core/bytes/base64.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { sha256 } from "../../../core/digest.ts";
import { verifyPrehashed } from "../../noble/verify-prehashed.ts";
import { isDsseRequest, judgeRequest } from "./rekor2-request.ts";

const SIGNER = newLogSigner();
const REQUEST = messageRequest(SIGNER, toUtf8("x"));

describe("judgeRequest", () => {
  test("takes a message, and writes the body that verifiers rebuild", () => {
    const judged = judgeRequest(toUtf8(JSON.stringify(toBody())), verifyPrehashed);
    const body = judged.ok ? new TextDecoder().decode(judged.value) : bug(judged.detail);
    const { digest, signature } = toBody().hashedRekordRequestV002;
    const data = { algorithm: "SHA2_256", digest };
    expect(JSON.parse(body)).toEqual({
      apiVersion: "0.0.2",
      kind: "hashedrekord",
      spec: { hashedRekordV002: { data, signature } },
    });
  });

  test.each<[string, () => unknown]>([
    ["no JSON", () => "{"],
    ["a member twice", () => '{"hashedRekordRequestV002":{},"hashedRekordRequestV002":{}}'],
    ["a member that is not known", () => ({ ...toBody(), more: 1 })],
    ["an inner member that is not known", () => changed((body) => Object.assign(body.signature, { more: 1 }))],
    ["an envelope", () => ({ dsseRequestV002: { envelope: {}, verifiers: [] } })],
    ["no digest", () => changed((body) => (body.digest = ""))],
    ["a digest of another length", () => changed((body) => (body.digest = toBase64(new Uint8Array(31))))],
    ["another digest", () => changed((body) => (body.digest = toBase64(sha256(toUtf8("other")))))],
    ["base64 without padding", () => changed((body) => (body.digest = body.digest.replace("=", "")))],
    ["a flipped signature", () => changed((body) => (body.signature.content = flipLast(body.signature.content)))],
    ["another key's certificate", () => changed((body) => setCertificate(body, newLogSigner().certificate))],
    ["a certificate cut short", () => changed((body) => setCertificate(body, SIGNER.certificate.slice(0, -1)))],
    ["an algorithm that is not the key's", () => changed((body) => setDetails(body, "PKIX_ECDSA_P384_SHA_384"))],
    ["an algorithm that is deprecated", () => changed((body) => setDetails(body, "PKIX_ECDSA_P384_SHA_256"))],
    ["no verifier", () => changed((body) => Object.assign(body.signature, { verifier: undefined }))],
    [
      "a certificate and a key",
      () =>
        changed((body) => Object.assign(body.signature.verifier, { publicKey: { rawBytes: toBase64(SIGNER.spki) } })),
    ],
  ])("refuses %s", (_, make) => {
    const value = make();
    const bytes = toUtf8(typeof value === "string" ? value : JSON.stringify(value));
    expect(judgeRequest(bytes, verifyPrehashed)).toMatchObject({ ok: false });
  });

  test("refuses a curve that is not the algorithm's before it asks for the signature", () => {
    const body = changed((request) => {
      setDetails(request, "PKIX_ECDSA_P384_SHA_384");
      request.digest = toBase64(new Uint8Array(48));
    });
    expect(judgeRequest(toUtf8(JSON.stringify(body)), () => true)).toMatchObject({ ok: false });
  });

  test("tells an envelope from what else it refuses", () => {
    expect(isDsseRequest(toUtf8(JSON.stringify({ dsseRequestV002: {} })))).toBe(true);
    expect(isDsseRequest(toUtf8(JSON.stringify({ dsse_request_v002: {} })))).toBe(true);
    expect(isDsseRequest(toUtf8("{}"))).toBe(false);
  });
});

function toBody() {
  const { signature, verifier } = REQUEST;
  return {
    hashedRekordRequestV002: {
      digest: toBase64(sha256(toUtf8("x"))),
      signature: {
        content: toBase64(signature),
        verifier: { keyDetails: "PKIX_ECDSA_P256_SHA_256", x509Certificate: { rawBytes: toBase64(verifier.der) } },
      },
    },
  };
}

type RequestBody = ReturnType<typeof toBody>["hashedRekordRequestV002"];

function changed(change: (body: RequestBody) => void): ReturnType<typeof toBody> {
  const body = toBody();
  change(body.hashedRekordRequestV002);
  return body;
}

function setCertificate(body: RequestBody, der: Uint8Array): void {
  body.signature.verifier.x509Certificate.rawBytes = toBase64(der);
}

function setDetails(body: RequestBody, keyDetails: string): void {
  body.signature.verifier.keyDetails = keyDetails;
}

function flipLast(base64: string): string {
  const bytes = parseBase64(base64) ?? bug("not base64");
  return toBase64(bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1));
}
