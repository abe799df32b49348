import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bug } from "../bug.ts";
import { toBase64 } from "../bytes/base64.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { JsonValue } from "../json/json.ts";
import { readBundle } from "./read.ts";
import { renderBundle } from "./render.ts";

type Members = { [name: string]: JsonValue };

const b64 = (length: number, fill = 1): string => toBase64(new Uint8Array(length).fill(fill));
const proof: Members = {
  logIndex: "3",
  rootHash: b64(32),
  treeSize: "7",
  hashes: [b64(32), b64(32)],
  checkpoint: { envelope: "log\n7\nroot\n" },
};
const entry: Members = {
  logIndex: "10",
  logId: { keyId: b64(32) },
  kindVersion: { kind: "hashedrekord", version: "0.0.1" },
  integratedTime: "1700000000",
  inclusionPromise: { signedEntryTimestamp: b64(70) },
  inclusionProof: proof,
  canonicalizedBody: b64(10),
};
const material: Members = {
  certificate: { rawBytes: b64(100) },
  tlogEntries: [entry],
  timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: b64(50) }] },
};
const message: Members = { messageDigest: { algorithm: "SHA2_256", digest: b64(32) }, signature: b64(70) };
const envelope: Members = {
  payload: b64(20),
  payloadType: "application/vnd.in-toto+json",
  signatures: [{ sig: b64(70), keyid: "" }],
};
const V03 = "application/vnd.dev.sigstore.bundle.v0.3+json";
const V01 = "application/vnd.dev.sigstore.bundle+json;version=0.1";
const V02 = "application/vnd.dev.sigstore.bundle+json;version=0.2";
const chain = (...lengths: number[]): Members => ({
  x509CertificateChain: { certificates: lengths.map((length) => ({ rawBytes: b64(length) })) },
});

const valid: Members = { mediaType: V03, verificationMaterial: material, messageSignature: message };
const withMaterial = (change: Members): Members => ({ ...valid, verificationMaterial: { ...material, ...change } });
const withEntry = (change: Members): Members => withMaterial({ tlogEntries: [{ ...entry, ...change }] });
const withProof = (change: Members): Members => withEntry({ inclusionProof: { ...proof, ...change } });
const withMessage = (change: Members): Members => ({ ...valid, messageSignature: { ...message, ...change } });
const withEnvelope = (change: Members): Members =>
  without({ ...valid, dsseEnvelope: { ...envelope, ...change } }, "messageSignature");
const older = (mediaType: string, change: Members, entryChange: Members = {}): Members => ({
  ...valid,
  mediaType,
  verificationMaterial: {
    ...without(material, "certificate"),
    ...chain(100),
    tlogEntries: [{ ...entry, ...entryChange }],
    ...change,
  },
});

const read = (document: JsonValue) => readBundle(toUtf8(JSON.stringify(document)));

describe("readBundle", () => {
  test.each<[string, Members]>([
    ["v0.3 with a certificate", valid],
    ["v0.3 by its first media type", { ...valid, mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.3" }],
    ["v0.3 with a public key", without(withMaterial({ publicKey: { hint: "k" } }), "verificationMaterial.certificate")],
    ["v0.3 without SET", withEntry({ inclusionPromise: null })],
    ["v0.1 without proof", older(V01, {}, { inclusionProof: null })],
    ["v0.1 with a proof without checkpoint", older(V01, {}, { inclusionProof: without(proof, "checkpoint") })],
    ["v0.2 without SET", older(V02, {}, { inclusionPromise: null })],
    ["a chain of ten", older(V02, chain(...Array.from({ length: 10 }, () => 5)))],
    ["no log entries", withMaterial({ tlogEntries: [] })],
    ["members that are null", withMaterial({ publicKey: null, timestampVerificationData: null })],
    ["counts as numbers", withEntry({ logIndex: 10, integratedTime: 1700000000 })],
    ["no message digest", { ...valid, messageSignature: without(message, "messageDigest") }],
    ["an envelope with a keyid beside a certificate", withEnvelope({ signatures: [{ sig: b64(7), keyid: "k" }] })],
    ["an envelope", withEnvelope({})],
    [
      "an envelope whose keyid is the hint",
      without(
        {
          ...withEnvelope({ signatures: [{ sig: b64(7), keyid: "k" }] }),
          verificationMaterial: { ...material, publicKey: { hint: "k" } },
        },
        "verificationMaterial.certificate",
      ),
    ],
  ])("reads %s", (_, document) => {
    expect(read(document)).toMatchObject({ ok: true });
  });

  test("puts every member in its place", () => {
    const bundle = read(valid);
    expect(bundle).toMatchObject({
      ok: true,
      value: {
        version: "0.3",
        key: { kind: "certificate", chain: [] },
        entries: [
          {
            logIndex: 10,
            kind: "hashedrekord",
            apiVersion: "0.0.1",
            integratedTime: 1700000000,
            inclusionProof: { logIndex: 3, treeSize: 7, checkpoint: "log\n7\nroot\n" },
          },
        ],
        content: { kind: "message", digest: { algorithm: "sha256" } },
      },
    });
  });

  test.each<[string, JsonValue, string]>([
    ["an array", [valid], "field-type"],
    ["an unknown version", { ...valid, mediaType: `${V03}x` }, "bundle-media-type"],
    ["no media type", without(valid, "mediaType"), "bundle-media-type"],
    ["an unknown member", { ...valid, extra: 1 }, "unknown-field"],
    ["an unknown member deep inside", withProof({ extra: 1 }), "unknown-field"],
    ["no verification material", without(valid, "verificationMaterial"), "field-missing"],
    ["no key", without(valid, "verificationMaterial.certificate"), "bundle-key-material"],
    ["two keys", withMaterial({ publicKey: { hint: "" } }), "bundle-key-material"],
    ["a chain in v0.3", without(withMaterial(chain(5)), "verificationMaterial.certificate"), "bundle-form"],
    ["a single certificate in v0.2", { ...valid, mediaType: V02 }, "bundle-form"],
    ["an empty chain", older(V02, chain()), "bundle-chain-empty"],
    ["a chain of eleven", older(V02, chain(...Array.from({ length: 11 }, () => 5))), "too-many-certificates"],
    ["a certificate of more than 64 KiB", withMaterial({ certificate: { rawBytes: b64(65_540) } }), "too-large"],
    ["seventeen entries", withMaterial({ tlogEntries: Array.from({ length: 17 }, () => entry) }), "too-many-entries"],
    [
      "seventeen timestamps",
      withMaterial({
        timestampVerificationData: {
          rfc3161Timestamps: Array.from({ length: 17 }, () => ({ signedTimestamp: b64(3) })),
        },
      }),
      "too-many-timestamps",
    ],
    ["an empty timestamp", withMaterial({ timestampVerificationData: { rfc3161Timestamps: [{}] } }), "field-missing"],
    ["neither content", without(valid, "messageSignature"), "bundle-content"],
    ["both contents", { ...valid, dsseEnvelope: envelope }, "bundle-content"],
    ["no signature", without(valid, "messageSignature.signature"), "field-missing"],
    ["an envelope without signatures", withEnvelope({ signatures: [] }), "dsse-signature-count"],
    [
      "an envelope with two signatures",
      withEnvelope({ signatures: [{ sig: b64(7) }, { sig: b64(7) }] }),
      "dsse-signature-count",
    ],
    ["an envelope with an empty signature", withEnvelope({ signatures: [{ sig: "" }] }), "field-missing"],
    [
      "an envelope with another keyid than the hint",
      without(
        {
          ...withEnvelope({ signatures: [{ sig: b64(7), keyid: "j" }] }),
          verificationMaterial: { ...material, publicKey: { hint: "k" } },
        },
        "verificationMaterial.certificate",
      ),
      "key-hint-mismatch",
    ],
    [
      "a digest of an unknown algorithm",
      withMessage({ messageDigest: { algorithm: "SHA3_256", digest: b64(32) } }),
      "message-digest-algorithm",
    ],
    [
      "a digest shorter than its algorithm",
      withMessage({ messageDigest: { algorithm: "SHA2_512", digest: b64(32) } }),
      "message-digest-algorithm",
    ],
    ["an empty digest", withMessage({ messageDigest: {} }), "message-digest-algorithm"],
    ["a negative index", withEntry({ logIndex: "-1" }), "int"],
    ["an index with a leading zero", withEntry({ logIndex: "010" }), "int"],
    ["an index beyond 2^53-1", withEntry({ logIndex: "9007199254740992" }), "int"],
    ["a fractional time", withEntry({ integratedTime: 1.5 }), "int"],
    ["an index of white space", withEntry({ logIndex: " 1" }), "int"],
    ["no log id", withEntry({ logId: null }), "field-missing"],
    ["no kind", withEntry({ kindVersion: { version: "0.0.1" } }), "field-missing"],
    ["a kind that is a number", withEntry({ kindVersion: { kind: 1, version: "0.0.1" } }), "field-type"],
    ["no body", withEntry({ canonicalizedBody: "" }), "field-missing"],
    ["a promise without a SET", withEntry({ inclusionPromise: {} }), "field-missing"],
    ["64 hashes", withProof({ hashes: Array.from({ length: 64 }, () => b64(32)) }), "too-many-hashes"],
    ["a hash of 31 bytes", withProof({ hashes: [b64(31)] }), "proof-hash"],
    ["a hash of 33 bytes", withProof({ hashes: [b64(33)] }), "proof-hash"],
    ["no root hash", withProof({ rootHash: null }), "proof-hash"],
    ["a checkpoint of more than 64 KiB", withProof({ checkpoint: { envelope: "x".repeat(65_537) } }), "too-large"],
    ["base64url", withMessage({ signature: "-_-_" }), "base64"],
    ["base64 without padding", withMessage({ signature: "AAA" }), "base64"],
    ["base64 with a line break", withMessage({ signature: "AAAA\nAAA" }), "base64"],
    ["base64 with trailing bits", withMessage({ signature: "AAB=" }), "base64"],
    ["v0.1 without SET", older(V01, {}, { inclusionPromise: null }), "set-missing"],
    ["v0.2 without proof", older(V02, {}, { inclusionProof: null }), "proof-missing"],
    ["v0.3 without proof", withEntry({ inclusionProof: null }), "proof-missing"],
    ["v0.3 without checkpoint", withProof({ checkpoint: null }), "checkpoint-missing"],
    ["v0.3 with an empty checkpoint", withProof({ checkpoint: { envelope: "" } }), "checkpoint-missing"],
  ])("refuses %s", (_, document, code) => {
    expect(read(document)).toMatchObject({ ok: false, code });
  });

  test("never throws when any one member is replaced by any value", () => {
    const paths = pathsOf(valid);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), (path, value) => {
        const document = structuredClone(valid);
        put(document, path, JSON.parse(JSON.stringify(value)) as JsonValue);
        expect(read(document)).toHaveProperty("ok");
      }),
      { numRuns: 500 },
    );
  });

  test("reads what renderBundle writes", () => {
    for (const document of [valid, withEnvelope({}), withEntry({ inclusionPromise: null })]) {
      const bundle = read(document);
      const rendered = renderBundle(bundle.ok ? bundle.value : bug(bundle.detail));
      expect(readBundle(rendered)).toEqual(bundle);
    }
  });
});

/** A copy without one member, named by a dotted path. */
function without(members: Members, path: string): Members {
  const copy = structuredClone(members);
  put(copy, path.split("."), undefined);
  return copy;
}

function put(root: Members, path: readonly string[], value: JsonValue | undefined): void {
  let at = root;
  for (const name of path.slice(0, -1)) at = at[name] as Members;
  const last = path.at(-1) ?? "";
  if (value === undefined) delete at[last];
  else at[last] = value;
}

function pathsOf(value: JsonValue): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[name], ...pathsOf(member).map((rest) => [name, ...rest])]);
}
