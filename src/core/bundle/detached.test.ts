import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64 } from "../bytes/base64.ts";
import { renderPem } from "../bytes/pem.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { DSSE_MEDIA_TYPE, readDetached, SIMPLE_SIGNING_MEDIA_TYPE, type DetachedLayer } from "./detached.ts";
import { judgeSimpleSigning } from "./simple-signing.ts";
import type { DigestRef } from "../digest.ts";

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);
const pem = renderPem("CERTIFICATE", bytes(40));
const body = toUtf8(JSON.stringify({ kind: "hashedrekord", apiVersion: "0.0.1", spec: {} }));
const promise = {
  SignedEntryTimestamp: toBase64(bytes(70)),
  Payload: { body: toBase64(body), integratedTime: 1_700_000_000, logIndex: 5, logID: "ab".repeat(32) },
};
const annotations = {
  "dev.cosignproject.cosign/signature": toBase64(bytes(71)),
  "dev.sigstore.cosign/certificate": pem,
  "dev.sigstore.cosign/chain": pem + pem,
  "dev.sigstore.cosign/bundle": JSON.stringify(promise),
  "dev.sigstore.cosign/rfc3161timestamp": JSON.stringify({ SignedRFC3161Timestamp: toBase64(bytes(9)) }),
};
const signature: DetachedLayer = { mediaType: SIMPLE_SIGNING_MEDIA_TYPE, annotations, blob: toUtf8("{}") };
const envelope = {
  payloadType: "application/vnd.in-toto+json",
  payload: toBase64(bytes(4)),
  signatures: [{ keyid: "", sig: toBase64(bytes(70)) }],
};
const attestation: DetachedLayer = {
  mediaType: DSSE_MEDIA_TYPE,
  annotations: { ...annotations, "dev.cosignproject.cosign/signature": "" },
  blob: toUtf8(JSON.stringify(envelope)),
};
const annotated = (change: Record<string, string>): DetachedLayer => ({
  ...signature,
  annotations: { ...annotations, ...change },
});
const logged = (change: object): DetachedLayer =>
  annotated({
    "dev.sigstore.cosign/bundle": JSON.stringify({ ...promise, Payload: { ...promise.Payload, ...change } }),
  });

describe("readDetached", () => {
  test("reads a signature layer", () => {
    expect(readDetached(signature)).toMatchObject({
      ok: true,
      value: {
        version: "detached",
        key: { kind: "certificate", leaf: bytes(40), chain: [bytes(40), bytes(40)] },
        entries: [
          {
            logIndex: 5,
            kind: "hashedrekord",
            apiVersion: "0.0.1",
            integratedTime: 1_700_000_000,
            signedEntryTimestamp: bytes(70),
          },
        ],
        timestamps: [bytes(9)],
        content: { kind: "message", signature: bytes(71) },
      },
    });
  });

  test("reads an attestation layer, keeping the envelope as it is stored", () => {
    expect(readDetached(attestation)).toMatchObject({
      ok: true,
      value: { content: { kind: "dsse", payload: bytes(4), signature: bytes(70), envelope: attestation.blob } },
    });
  });

  test("reads a layer without certificate and log entry as a key's", () => {
    const { "dev.cosignproject.cosign/signature": only } = annotations;
    const layer = { ...signature, annotations: { "dev.cosignproject.cosign/signature": only } };
    expect(readDetached(layer)).toMatchObject({
      ok: true,
      value: { key: { kind: "public-key" }, entries: [], timestamps: [] },
    });
  });

  test.each<[string, DetachedLayer, string]>([
    ["another media type", { ...signature, mediaType: "application/json" }, "layer-media-type"],
    ["no signature", annotated({ "dev.cosignproject.cosign/signature": "" }), "field-missing"],
    ["a signature in base64url", annotated({ "dev.cosignproject.cosign/signature": "-_-_" }), "base64"],
    ["two certificates as the leaf", annotated({ "dev.sigstore.cosign/certificate": pem + pem }), "annotation-syntax"],
    ["a certificate that is not PEM", annotated({ "dev.sigstore.cosign/certificate": "x" }), "annotation-syntax"],
    ["a chain that is not PEM", annotated({ "dev.sigstore.cosign/chain": "x" }), "annotation-syntax"],
    ["a chain of ten", annotated({ "dev.sigstore.cosign/chain": pem.repeat(10) }), "too-many-certificates"],
    ["an entry that is not JSON", annotated({ "dev.sigstore.cosign/bundle": "{" }), "json-syntax"],
    [
      "an entry with a doubled member",
      annotated({ "dev.sigstore.cosign/bundle": `{"Payload":{},"Payload":{}}` }),
      "json-duplicate-key",
    ],
    [
      "an entry without SET",
      annotated({ "dev.sigstore.cosign/bundle": JSON.stringify({ Payload: promise.Payload }) }),
      "field-missing",
    ],
    ["a log id in upper case", logged({ logID: "AB".repeat(32) }), "annotation-syntax"],
    ["a negative log index", logged({ logIndex: -1 }), "int"],
    ["no body", logged({ body: "" }), "field-missing"],
    ["an unknown member", logged({ x: 1 }), "unknown-field"],
    [
      "an envelope with two signatures",
      { ...attestation, blob: toUtf8(JSON.stringify({ ...envelope, signatures: [{}, {}] })) },
      "dsse-signature-count",
    ],
  ])("refuses %s", (_, layer, code) => {
    expect(readDetached(layer)).toMatchObject({ ok: false, code });
  });

  test("never throws, whatever an annotation or the blob holds", () => {
    const names = fc.constantFrom(...Object.keys(annotations));
    fc.assert(
      fc.property(names, fc.oneof(fc.string(), fc.json()), fc.uint8Array(), (name, text, blob) => {
        expect(readDetached({ ...annotated({ [name]: text }), blob })).toHaveProperty("ok");
        expect(readDetached({ ...attestation, blob })).toHaveProperty("ok");
      }),
    );
  });
});

describe("judgeSimpleSigning", () => {
  const image = `sha256:${"0".repeat(64)}` as DigestRef;
  const critical = {
    identity: { "docker-reference": "registry.example/team/app" },
    image: { "docker-manifest-digest": image },
    type: "cosign container image signature",
  };
  const judge = (payload: unknown) => judgeSimpleSigning(toUtf8(JSON.stringify(payload)), image);

  test("passes a payload about the image", () => {
    expect(judge({ critical, optional: null })).toEqual({ kind: "pass" });
    expect(judge({ critical, optional: { a: 1 } })).toEqual({ kind: "pass" });
  });

  test.each([
    [
      "another image",
      { ...critical, image: { "docker-manifest-digest": `sha256:${"1".repeat(64)}` } },
      "payload-digest-mismatch",
    ],
    [
      "an image by sha512",
      { ...critical, image: { "docker-manifest-digest": `sha512:${"1".repeat(128)}` } },
      "payload-digest",
    ],
    ["no image", { ...critical, image: {} }, "field-missing"],
    ["another type", { ...critical, type: "atomic container signature" }, "payload-type"],
    ["an unknown critical member", { ...critical, x: 1 }, "unknown-field"],
  ])("fails a payload about %s", (_, changed, reason) => {
    expect(judge({ critical: changed, optional: null })).toMatchObject({ kind: "fail", reasons: [{ reason }] });
  });
});
