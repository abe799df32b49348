import { expect, test } from "vitest";
import { nullValue, oid, sequence } from "../asn1/writer.ts";
import {
  digestAlgorithm,
  parseCmsSignatureAlgorithm,
  parseDigestAlgorithm,
  parseSignatureAlgorithm,
  signatureAlgorithm,
  type SignatureAlgorithm,
} from "./algorithm.ts";

test.each<[string, Uint8Array, SignatureAlgorithm | undefined]>([
  ["ecdsa-with-SHA256", sequence([oid("1.2.840.10045.4.3.2")]), { key: "ecdsa", hash: "sha256" }],
  ["ecdsa-with-SHA384", sequence([oid("1.2.840.10045.4.3.3")]), { key: "ecdsa", hash: "sha384" }],
  ["ecdsa-with-SHA512", sequence([oid("1.2.840.10045.4.3.4")]), { key: "ecdsa", hash: "sha512" }],
  ["sha256WithRSAEncryption", sequence([oid("1.2.840.113549.1.1.11"), nullValue()]), { key: "rsa", hash: "sha256" }],
  ["sha384WithRSAEncryption", sequence([oid("1.2.840.113549.1.1.12"), nullValue()]), { key: "rsa", hash: "sha384" }],
  ["sha512WithRSAEncryption", sequence([oid("1.2.840.113549.1.1.13"), nullValue()]), { key: "rsa", hash: "sha512" }],
  ["Ed25519", sequence([oid("1.3.101.112")]), { key: "ed25519" }],
  ["ecdsa-with-SHA1", sequence([oid("1.2.840.10045.4.1")]), undefined],
  ["sha1WithRSAEncryption", sequence([oid("1.2.840.113549.1.1.5"), nullValue()]), undefined],
  ["md5WithRSAEncryption", sequence([oid("1.2.840.113549.1.1.4"), nullValue()]), undefined],
  ["RSA without its NULL", sequence([oid("1.2.840.113549.1.1.11")]), undefined],
  ["ECDSA with a NULL too many", sequence([oid("1.2.840.10045.4.3.2"), nullValue()]), undefined],
  ["rsaEncryption, which names no hash", sequence([oid("1.2.840.113549.1.1.1"), nullValue()]), undefined],
])("parseSignatureAlgorithm: %s", (_, identifier, algorithm) => {
  expect(parseSignatureAlgorithm(identifier)).toEqual(algorithm);
});

test("in CMS, RSA takes the hash of the digest", () => {
  const rsaEncryption = sequence([oid("1.2.840.113549.1.1.1"), nullValue()]);
  expect(parseCmsSignatureAlgorithm(rsaEncryption, "sha384")).toEqual({ key: "rsa", hash: "sha384" });
  expect(parseCmsSignatureAlgorithm(sequence([oid("1.3.101.112")]), "sha384")).toEqual({ key: "ed25519" });
});

test("digests: SHA-2 with and without NULL, never SHA-1", () => {
  expect(parseDigestAlgorithm(sequence([oid("2.16.840.1.101.3.4.2.1")]))).toBe("sha256");
  expect(parseDigestAlgorithm(sequence([oid("2.16.840.1.101.3.4.2.3"), nullValue()]))).toBe("sha512");
  expect(parseDigestAlgorithm(sequence([oid("1.3.14.3.2.26")]))).toBeUndefined();
});

test("what is written is read", () => {
  for (const hash of ["sha256", "sha384", "sha512"] as const) {
    expect(parseDigestAlgorithm(digestAlgorithm(hash))).toBe(hash);
    expect(parseSignatureAlgorithm(signatureAlgorithm({ key: "ecdsa", hash }))).toEqual({ key: "ecdsa", hash });
    expect(parseSignatureAlgorithm(signatureAlgorithm({ key: "rsa", hash }))).toEqual({ key: "rsa", hash });
  }
  expect(parseSignatureAlgorithm(signatureAlgorithm({ key: "ed25519" }))).toEqual({ key: "ed25519" });
});
