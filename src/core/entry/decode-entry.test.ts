import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64 } from "../bytes/base64.ts";
import { toHex } from "../bytes/hex.ts";
import { renderPem } from "../bytes/pem.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { renderCanonicalJson } from "../json/canonical.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { decodeEntry } from "./decode-entry.ts";
import { ENTRY_KINDS } from "./kinds.ts";

const filled = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const [signature, der, digest] = [filled(70, 1), filled(40, 2), filled(32, 3)];
const pem = (label: "CERTIFICATE" | "PUBLIC KEY"): string => toBase64(toUtf8(renderPem(label, der)));
const hexHash = { algorithm: "sha256", value: toHex(digest) };
const protoHash = { algorithm: "SHA2_256", digest: toBase64(digest) };
const verifier = { keyDetails: "PKIX_ECDSA_P256_SHA_256", x509Certificate: { rawBytes: toBase64(der) } };

/** One valid spec for each kind. */
const SPECS: Readonly<Record<string, JsonObject>> = {
  "hashedrekord/0.0.1": {
    data: { hash: hexHash },
    signature: { content: toBase64(signature), publicKey: { content: pem("CERTIFICATE") } },
  },
  "hashedrekord/0.0.2": {
    hashedRekordV002: { data: protoHash, signature: { content: toBase64(signature), verifier } },
  },
  "dsse/0.0.1": {
    envelopeHash: hexHash,
    payloadHash: hexHash,
    signatures: [{ signature: toBase64(signature), verifier: pem("CERTIFICATE") }],
  },
  "dsse/0.0.2": { dsseV002: { payloadHash: protoHash, signatures: [{ content: toBase64(signature), verifier }] } },
  "intoto/0.0.1": { content: { hash: hexHash, payloadHash: hexHash }, publicKey: pem("CERTIFICATE") },
  "intoto/0.0.2": {
    content: {
      envelope: { signatures: [{ publicKey: pem("CERTIFICATE"), sig: toBase64(toUtf8(toBase64(signature))) }] },
      hash: hexHash,
      payloadHash: hexHash,
    },
  },
};
const bodyOf = (name: string, spec: JsonValue): Uint8Array => {
  const [kind = "", apiVersion = ""] = name.split("/");
  return toUtf8(renderCanonicalJson({ apiVersion, kind, spec }));
};
const hashedrekord = (change: JsonObject): Uint8Array =>
  bodyOf("hashedrekord/0.0.1", { ...SPECS["hashedrekord/0.0.1"], ...change });
const withKey = (content: string): Uint8Array =>
  hashedrekord({ signature: { content: toBase64(signature), publicKey: { content } } });
const withVerifier = (change: JsonObject): Uint8Array =>
  bodyOf("hashedrekord/0.0.2", {
    hashedRekordV002: {
      data: protoHash,
      signature: { content: toBase64(signature), verifier: { ...verifier, ...change } },
    },
  });

describe("decodeEntry", () => {
  test("has an example of every kind here", () => {
    expect(ENTRY_KINDS.map(({ kind, apiVersion }) => `${kind}/${apiVersion}`).toSorted()).toEqual(
      Object.keys(SPECS).toSorted(),
    );
  });

  test.each(Object.entries(SPECS))("decodes %s", (name, spec) => {
    const hasSignature = name !== "intoto/0.0.1";
    const entry = decodeEntry(bodyOf(name, spec));
    expect(entry).toMatchObject({
      parsed: true,
      canonical: true,
      signers: [{ ...(hasSignature && { signature }), verifier: { kind: "certificate", der } }],
      flags: [],
    });
    expect(entry).toHaveProperty("digests.0", {
      role: name.startsWith("hashed") ? "data" : "payload",
      algorithm: "sha256",
      bytes: digest,
    });
  });

  test("decodes a bare key", () => {
    expect(decodeEntry(withKey(pem("PUBLIC KEY")))).toMatchObject({
      signers: [{ verifier: { kind: "public-key", der } }],
    });
    expect(
      decodeEntry(withVerifier({ x509Certificate: undefined as never, publicKey: { rawBytes: toBase64(der) } })),
    ).toMatchObject({
      signers: [{ verifier: { kind: "public-key", der } }],
    });
  });

  test("flags an entry of early Rekor v2, and a body that is not canonical", () => {
    const { hashedRekordV002 } = SPECS["hashedrekord/0.0.2"] as { hashedRekordV002: JsonObject };
    expect(decodeEntry(bodyOf("hashedrekord/0.0.2", { hashedRekordV0_0_2: hashedRekordV002 }))).toMatchObject({
      flags: ["early-spec-key"],
    });
    const spaced = toUtf8(
      JSON.stringify({ kind: "dsse", apiVersion: "0.0.1", spec: SPECS["dsse/0.0.1"] }, undefined, 1),
    );
    expect(decodeEntry(spaced)).toMatchObject({ parsed: true, canonical: false });
  });

  test.each<[string, Uint8Array, string]>([
    ["an unknown kind", bodyOf("rekord/0.0.1", {}), "entry-kind-unsupported"],
    ["an unknown version", bodyOf("dsse/0.0.3", {}), "entry-kind-unsupported"],
    ["a body that is no object", toUtf8("[]"), "entry-body-syntax"],
    ["a body without a kind", toUtf8(`{"apiVersion":"0.0.1","spec":{}}`), "entry-body-syntax"],
    ["a body that is not JSON", toUtf8("{"), "json-syntax"],
    ["a body with a member twice", toUtf8(`{"kind":"dsse","kind":"dsse"}`), "json-duplicate-key"],
    ["no spec", bodyOf("dsse/0.0.1", null), "entry-body-syntax"],
    [
      "two certificates",
      withKey(toBase64(toUtf8(renderPem("CERTIFICATE", der) + renderPem("CERTIFICATE", der)))),
      "entry-body-syntax",
    ],
    [
      "a certificate and a key",
      withKey(toBase64(toUtf8(renderPem("CERTIFICATE", der) + renderPem("PUBLIC KEY", der)))),
      "entry-body-syntax",
    ],
    ["a key that is not PEM", withKey(toBase64(der)), "entry-body-syntax"],
    [
      "a signature in base64url",
      hashedrekord({ signature: { content: "-_-_", publicKey: { content: pem("CERTIFICATE") } } }),
      "base64",
    ],
    ["no signature", hashedrekord({ signature: { publicKey: { content: pem("CERTIFICATE") } } }), "field-missing"],
    [
      "a digest of SHA-1",
      hashedrekord({ data: { hash: { algorithm: "sha1", value: "00".repeat(20) } } }),
      "entry-body-syntax",
    ],
    [
      "a digest that is too short",
      hashedrekord({ data: { hash: { algorithm: "sha256", value: "00" } } }),
      "entry-body-syntax",
    ],
    [
      "an intoto signature encoded once",
      bodyOf("intoto/0.0.2", {
        content: {
          envelope: { signatures: [{ publicKey: pem("CERTIFICATE"), sig: toBase64(signature) }] },
          payloadHash: hexHash,
        },
      }),
      "base64",
    ],
    [
      "a dsse entry without signatures",
      bodyOf("dsse/0.0.1", { ...SPECS["dsse/0.0.1"], signatures: [] }),
      "entry-body-syntax",
    ],
    ["a v2 entry with two verifiers", withVerifier({ publicKey: { rawBytes: toBase64(der) } }), "entry-body-syntax"],
    ["a v2 entry without key details", withVerifier({ keyDetails: "" }), "field-missing"],
  ])("says why it cannot decode %s, and drops nothing", (_, body, code) => {
    expect(decodeEntry(body)).toMatchObject({ parsed: false, problem: { code } });
  });

  test("never throws, whatever one member is replaced by", () => {
    const paths = Object.entries(SPECS).flatMap(([name, spec]) => pathsOf(spec).map((path) => ({ name, path })));
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), ({ name, path }, value) => {
        const spec = structuredClone(SPECS[name] ?? {}) as Record<string, JsonValue>;
        put(spec, path, JSON.parse(JSON.stringify(value)) as JsonValue);
        expect(decodeEntry(bodyOf(name, spec))).toHaveProperty("parsed");
      }),
      { numRuns: 300 },
    );
  });

  test("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeEntry(bytes)).toHaveProperty("parsed", false);
      }),
    );
  });
});

function pathsOf(value: JsonValue): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[name], ...pathsOf(member).map((rest) => [name, ...rest])]);
}

function put(root: Record<string, JsonValue>, path: readonly string[], value: JsonValue): void {
  let at = root;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, JsonValue>;
  at[path.at(-1) ?? ""] = value;
}
