import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyPrehashed } from "./verify-prehashed.ts";

describe.each([
  ["P-256", "sha256", 65],
  ["P-384", "sha384", 97],
] as const)("verifyPrehashed · %s", (curve, hash, pointBytes) => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: curve });
  const point = new Uint8Array(publicKey.export({ type: "spki", format: "der" }).subarray(-pointBytes));
  const message = new TextEncoder().encode("the artifact that is not here");
  const digestOf = (algorithm: string): Uint8Array => new Uint8Array(createHash(algorithm).update(message).digest());
  const signature = new Uint8Array(sign(hash, message, privateKey));
  const valid = { curve, point, digest: digestOf(hash), signature };

  test("agrees with OpenSSL on what a key has signed, over any digest", () => {
    expect(verifyPrehashed(valid)).toBe(true);
    const other = new Uint8Array(sign("sha256", message, privateKey));
    expect(verifyPrehashed({ ...valid, digest: digestOf("sha256"), signature: other })).toBe(true);
  });

  test("accepts the high half of S as the low one", () => {
    const flipped = withOtherS(signature, curve);
    expect(verify(hash, message, publicKey, flipped)).toBe(true);
    expect(verifyPrehashed({ ...valid, signature: flipped })).toBe(true);
  });

  test("refuses another digest, key, curve and every flipped bit, and never throws", () => {
    const stranger = generateKeyPairSync("ec", { namedCurve: curve }).publicKey;
    const strange = new Uint8Array(stranger.export({ type: "spki", format: "der" }).subarray(-pointBytes));
    expect(verifyPrehashed({ ...valid, digest: digestOf("sha512").subarray(0, 32) })).toBe(false);
    expect(verifyPrehashed({ ...valid, point: strange })).toBe(false);
    expect(verifyPrehashed({ ...valid, curve: curve === "P-256" ? "P-384" : "P-256" })).toBe(false);
    expect(verifyPrehashed({ ...valid, point: new Uint8Array(pointBytes) })).toBe(false);
    fc.assert(
      fc.property(fc.nat({ max: signature.length * 8 - 1 }), (bit) => {
        const changed = signature.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        expect(verifyPrehashed({ ...valid, signature: changed })).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  test("takes only DER: neither side by side nor with a byte after it", () => {
    const jose = new Uint8Array(sign(hash, message, { key: privateKey, dsaEncoding: "ieee-p1363" }));
    expect(verifyPrehashed({ ...valid, signature: jose })).toBe(false);
    expect(verifyPrehashed({ ...valid, signature: Uint8Array.from([...signature, 0]) })).toBe(false);
    expect(verifyPrehashed({ ...valid, signature: new Uint8Array(0) })).toBe(false);
  });
});

test("the point of a key is the end of its SubjectPublicKeyInfo", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  expect(createPublicKey({ key: spki, format: "der", type: "spki" }).equals(publicKey)).toBe(true);
  expect(spki.at(-65)).toBe(4);
});

const ORDERS = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  "P-384": 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
} as const;

/** The signature with n − s in place of s, which is as good. */
function withOtherS(signature: Uint8Array, curve: keyof typeof ORDERS): Uint8Array {
  const rLength = signature[3] ?? 0;
  const r = signature.subarray(2, 4 + rLength);
  const s = BigInt(`0x${Buffer.from(signature.subarray(6 + rLength)).toString("hex")}`);
  const digits = (ORDERS[curve] - s).toString(16);
  const magnitude = Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
  const other = (magnitude[0] ?? 0) >= 0x80 ? [0, ...magnitude] : [...magnitude];
  return Uint8Array.from([0x30, r.length + 2 + other.length, ...r, 0x02, other.length, ...other]);
}
