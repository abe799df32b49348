import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bitString, integer, sequence } from "../asn1/writer.ts";
import { bug } from "../bug.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { parseHex } from "../bytes/hex.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { ecPoint, importPkcs1, importPublicKey, verifySignature, type PublicKey } from "./public-key.ts";

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
const hex = (text: string): Uint8Array => parseHex(text) ?? bug(text);
const spkiOf = ({ publicKey }: Pair): Uint8Array => new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
const ec = (namedCurve: string): Pair => generateKeyPairSync("ec", { namedCurve });
const rsa = (modulusLength: number, publicExponent = 65_537): Pair =>
  generateKeyPairSync("rsa", { modulusLength, publicExponent });

const P256 = ec("P-256");
const P384 = ec("P-384");
const P521 = ec("P-521");
const ED25519: Pair = generateKeyPairSync("ed25519");
const RSA2048 = rsa(2048);
const MESSAGE = toUtf8("what was signed");

function imported(pair: Pair): PublicKey {
  const key = importPublicKey(spkiOf(pair));
  return key.ok ? key.value : bug(key.detail);
}

describe("importPublicKey", () => {
  test.each<[string, Pair, string, number]>([
    ["P-256", P256, "ecdsa-p256", 256],
    ["P-384", P384, "ecdsa-p384", 384],
    ["P-521", P521, "ecdsa-p521", 521],
    ["Ed25519", ED25519, "ed25519", 256],
    ["RSA of 2048 bits", RSA2048, "rsa", 2048],
    ["RSA of 3072 bits", rsa(3072), "rsa", 3072],
  ])("takes %s", (_, pair, alg, bits) => {
    const spki = spkiOf(pair);
    expect(importPublicKey(spki)).toMatchObject({ ok: true, value: { alg, bits, spki } });
  });

  test.each([
    [2048, 256, 0xff],
    [3071, 384, 0x7f],
    [3065, 384, 0x01],
    [4096, 512, 0xff],
  ])("counts %d bits of a modulus", (bits, octets, first) => {
    const modulus = new Uint8Array(octets).fill(0xff).fill(first, 0, 1);
    expect(importPublicKey(rsaSpki(modulus))).toMatchObject({ ok: true, value: { alg: "rsa", bits } });
  });

  test.each<[string, () => Uint8Array, string]>([
    ["RSA of 1024 bits", () => spkiOf(rsa(1024)), "key-alg"],
    ["RSA of 2047 bits", () => spkiOf(rsa(2047)), "key-alg"],
    ["RSA of exponent 3", () => spkiOf(rsa(2048, 3)), "key-alg"],
    ["RSA beyond 4096 bits", () => rsaSpki(new Uint8Array(513).fill(0xff)), "key-alg"],
    ["RSA for PSS alone", () => spkiOf(generateKeyPairSync("rsa-pss", { modulusLength: 2048 })), "key-alg"],
    ["secp256k1", () => spkiOf(ec("secp256k1")), "key-alg"],
    ["P-224", () => spkiOf(ec("P-224")), "key-alg"],
    ["Ed448", () => spkiOf(generateKeyPairSync("ed448")), "key-alg"],
    ["X25519", () => spkiOf(generateKeyPairSync("x25519")), "key-alg"],
    ["P-256 with its parameters written out", () => spkiOf(explicitP256()), "key-alg"],
    ["a compressed point", compressed, "key-import"],
    [
      "a point beside its curve",
      () => spkiOf(P256).map((byte, i, all) => (i === all.length - 1 ? byte ^ 1 : byte)),
      "key-import",
    ],
    ["the point at infinity", () => concatBytes([spkiOf(P256).subarray(0, 27), new Uint8Array(64)]), "key-import"],
    [
      "a P-256 point named P-384",
      () => sequence([spkiOf(P384).subarray(2, 20), bitString(spkiOf(P256).subarray(-65))]),
      "key-import",
    ],
    [
      "RSA without its parameters",
      () => sequence([hex("300b06092a864886f70d010101"), spkiOf(RSA2048).subarray(19)]),
      "key-alg",
    ],
    ["a byte after it", () => concatBytes([spkiOf(P256), Uint8Array.of(0)]), "key-import"],
    ["a byte after RSA", () => concatBytes([spkiOf(RSA2048), Uint8Array.of(0)]), "key-import"],
    ["a byte missing", () => spkiOf(P256).subarray(0, -1), "key-import"],
    ["a negative modulus", () => rsaSpki(new Uint8Array(256).fill(0xff), true), "key-import"],
    ["the least negative modulus", () => rsaSpki(new Uint8Array(256).fill(0x80, 0, 1), true), "key-import"],
    ["nothing", () => new Uint8Array(0), "key-import"],
  ])("refuses %s", (_, bytes, code) => {
    expect(importPublicKey(bytes())).toMatchObject({ ok: false, code });
  });

  test("never throws", () => {
    const real = [P256, P384, ED25519, RSA2048].map(spkiOf);
    fc.assert(
      fc.property(fc.constantFrom(...real), fc.nat(), fc.integer({ min: 1, max: 255 }), (spki, at, change) => {
        const changed = spki.map((byte, i) => (i === at % spki.length ? byte ^ change : byte));
        const key = importPublicKey(changed);
        expect(key.ok ? "" : key.code).toMatch(/^(|key-alg|key-import)$/);
      }),
    );
  });
});

describe("importPkcs1", () => {
  test("gives the same key as its SubjectPublicKeyInfo", () => {
    const pkcs1 = new Uint8Array(RSA2048.publicKey.export({ type: "pkcs1", format: "der" }));
    expect(importPkcs1(pkcs1)).toMatchObject({ ok: true, value: { alg: "rsa", bits: 2048, spki: spkiOf(RSA2048) } });
  });

  test("refuses a SubjectPublicKeyInfo", () => {
    expect(importPkcs1(spkiOf(RSA2048))).toMatchObject({ ok: false, code: "key-import" });
  });
});

describe("verifySignature", () => {
  test.each<[string, Pair, string | null]>([
    ["P-256 with SHA-256", P256, "sha256"],
    ["P-384 with SHA-384", P384, "sha384"],
    ["P-521 with SHA-512", P521, "sha512"],
    ["Ed25519", ED25519, null],
    ["RSA with SHA-256", RSA2048, "sha256"],
  ])("accepts %s, and neither another message nor any flipped bit", (_, pair, hash) => {
    const key = imported(pair);
    const signature = new Uint8Array(sign(hash, MESSAGE, pair.privateKey));
    expect(verifySignature(key, MESSAGE, signature)).toBe(true);
    expect(verifySignature(key, toUtf8("what was not"), signature)).toBe(false);
    expect(verifySignature(key, MESSAGE, new Uint8Array(0))).toBe(false);
    fc.assert(
      fc.property(fc.nat({ max: signature.length * 8 - 1 }), (bit) => {
        const changed = signature.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        expect(verifySignature(key, MESSAGE, changed)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  test.each([
    ["P-384", P384],
    ["P-521", P521],
  ])("takes %s with SHA-256 only where asked to", (_, pair) => {
    const key = imported(pair);
    const signature = new Uint8Array(sign("sha256", MESSAGE, pair.privateKey));
    expect(verifySignature(key, MESSAGE, signature)).toBe(false);
    expect(verifySignature(key, MESSAGE, signature, { allowSha256Compat: true })).toBe(true);
    expect(verifySignature(key, MESSAGE, signature, { hash: "sha256" })).toBe(true);
    expect(verifySignature(key, MESSAGE, signature, { hash: "sha384", allowSha256Compat: true })).toBe(false);
  });

  test("does not take P-256 with SHA-384, compatible or not", () => {
    const signature = new Uint8Array(sign("sha384", MESSAGE, P256.privateKey));
    expect(verifySignature(imported(P256), MESSAGE, signature, { allowSha256Compat: true })).toBe(false);
  });

  test("takes RSA-PSS with a salt as long as the hash, and only where asked to", () => {
    const padding = 6;
    const pss = (saltLength: number): Uint8Array =>
      new Uint8Array(sign("sha256", MESSAGE, { key: RSA2048.privateKey, padding, saltLength }));
    const key = imported(RSA2048);
    expect(verifySignature(key, MESSAGE, pss(32), { pss: true })).toBe(true);
    expect(verifySignature(key, MESSAGE, pss(32))).toBe(false);
    expect(verifySignature(key, MESSAGE, pss(20), { pss: true })).toBe(false);
    expect(verifySignature(imported(P256), MESSAGE, pss(32), { pss: true })).toBe(false);
  });

  test("takes ECDSA side by side only where asked to", () => {
    const signature = new Uint8Array(sign("sha256", MESSAGE, { key: P256.privateKey, dsaEncoding: "ieee-p1363" }));
    const key = imported(P256);
    expect(verifySignature(key, MESSAGE, signature, { encoding: "ieee-p1363" })).toBe(true);
    expect(verifySignature(key, MESSAGE, signature)).toBe(false);
  });

  test("never throws, whatever the signature", () => {
    const keys = [P256, P384, ED25519, RSA2048].map(imported);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.uint8Array({ maxLength: 300 }), fc.boolean(), (key, signature, jose) => {
        expect(verifySignature(key, MESSAGE, signature, { encoding: jose ? "ieee-p1363" : "der" })).toBe(false);
      }),
    );
  });
});

test("ecPoint gives the uncompressed point of P-256 and P-384 alone", () => {
  expect(ecPoint(imported(P256))).toEqual({ curve: "P-256", point: spkiOf(P256).subarray(-65) });
  expect(ecPoint(imported(P384))).toEqual({ curve: "P-384", point: spkiOf(P384).subarray(-97) });
  expect(ecPoint(imported(P521))).toBeUndefined();
  expect(ecPoint(imported(ED25519))).toBeUndefined();
});

function rsaSpki(modulus: Uint8Array, negative = false): Uint8Array {
  const encoded = negative ? concatBytes([hex("02820100"), modulus]) : integer(modulus);
  return sequence([hex("300d06092a864886f70d0101010500"), bitString(sequence([encoded, integer(65_537)]))]);
}

function explicitP256(): Pair {
  return generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" });
}

function compressed(): Uint8Array {
  const point = spkiOf(P256).subarray(-65);
  const parity = 2 + ((point[64] ?? 0) & 1);
  return sequence([
    spkiOf(P256).subarray(2, 23),
    bitString(concatBytes([Uint8Array.of(parity), point.subarray(1, 33)])),
  ]);
}
