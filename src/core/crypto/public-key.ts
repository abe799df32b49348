import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { enter, finish, leave, openDer, readElement, type DerCode } from "../asn1/reader.ts";
import { TAG } from "../asn1/tag.ts";
import { readBitString, readInteger } from "../asn1/values.ts";
import { bitString, sequence } from "../asn1/writer.ts";
import { bug } from "../bug.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parseHex } from "../bytes/hex.ts";
import type { HashName } from "../digest.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";

export type KeyAlgorithm = "ecdsa-p256" | "ecdsa-p384" | "ecdsa-p521" | "ed25519" | "rsa";

/** `key-alg`: a kind or size of key that is never accepted. `key-import`: not a well-formed key of its kind. */
export type KeyCode = "key-alg" | "key-import";

/** A public key, read and imported. Opaque: made by `importPublicKey` and `importPkcs1` alone. */
export type PublicKey = {
  readonly alg: KeyAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** Size of the curve or of the modulus. */
  readonly bits: number;
  /** Checks a signature with the imported key, which stays in the closure. */
  readonly [check]: (request: CheckRequest) => boolean;
};
const check: unique symbol = Symbol("check");

type CheckRequest = {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly hash: HashName | null;
  readonly pss: boolean;
  readonly encoding: "der" | "ieee-p1363";
};

const RSA_BITS_MIN = 2048;
/** The largest that PublicKeyDetails knows; a larger one costs time and nobody we verify has it. */
const RSA_BITS_MAX = 4096;
const RSA_EXPONENT = der("010001");
const RSA_IDENTIFIER = der("300d06092a864886f70d0101010500");

type FixedKind = {
  readonly alg: KeyAlgorithm;
  readonly bits: number;
  readonly size: number;
  readonly identifier: Uint8Array;
  /** Everything before the key itself. */
  readonly prefix: Uint8Array;
};

/** Kinds whose SubjectPublicKeyInfo has one length: named curves with uncompressed points (RFC 5480 §2), Ed25519 (RFC 8410 §4). */
const FIXED: readonly FixedKind[] = [
  fixedKind("ecdsa-p256", 256, ["3059", "301306072a8648ce3d020106082a8648ce3d030107", "03420004"]),
  fixedKind("ecdsa-p384", 384, ["3076", "301006072a8648ce3d020106052b81040022", "03620004"]),
  fixedKind("ecdsa-p521", 521, ["30819b", "301006072a8648ce3d020106052b81040023", "0381860004"]),
  fixedKind("ed25519", 256, ["302a", "300506032b6570", "032100"]),
];

function fixedKind(alg: KeyAlgorithm, bits: number, parts: readonly [string, string, string]): FixedKind {
  const [outer, identifier, inner] = parts;
  const prefix = der(outer + identifier + inner);
  const size = prefix[1] === 0x81 ? (prefix[2] ?? 0) + 3 : (prefix[1] ?? 0) + 2;
  return { alg, bits, size, identifier: der(identifier), prefix };
}

/**
 * Imports a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): P-256, P-384, P-521 as named curves with uncompressed points,
 * Ed25519, RSA of 2048 … 4096 bits with exponent 65537. Costs 30–80 µs: do it once per key.
 */
export function importPublicKey(spki: Uint8Array): Parsed<PublicKey, KeyCode> {
  const fixed = FIXED.find((kind) => spki.length === kind.size && startsWith(spki, kind.prefix));
  if (fixed) return toPublicKey(spki, fixed.alg, fixed.bits);

  const r = openDer(spki);
  const outer = enter(r, TAG.sequence);
  const identifier = readElement(r, TAG.sequence);
  const key = readBitString(r);
  leave(r, outer);
  const shape = finish(r, undefined);
  if (!shape.ok) return malformed("key-import", `SubjectPublicKeyInfo: ${shape.code}, ${shape.detail}`);
  if (!sameBytes(identifier, RSA_IDENTIFIER)) return refuseKind(identifier);
  const modulus = readModulus(key);
  return modulus.ok ? toPublicKey(spki, "rsa", modulus.value) : modulus;
}

/** Imports an RSAPublicKey of PKCS #1 (RFC 8017 §A.1.1), as the CT log of the staging instance is published; same limits. */
export function importPkcs1(key: Uint8Array): Parsed<PublicKey, KeyCode> {
  const modulus = readModulus(key);
  return modulus.ok ? toPublicKey(sequence([RSA_IDENTIFIER, bitString(key)]), "rsa", modulus.value) : modulus;
}

function refuseKind(identifier: Uint8Array): Parsed<never, KeyCode> {
  return FIXED.some((kind) => sameBytes(kind.identifier, identifier))
    ? malformed("key-import", "not the uncompressed point or the key of its curve")
    : malformed("key-alg", "a kind of key, a curve or parameters that are not accepted");
}

/** Gives the bits of the modulus of an RSAPublicKey. */
function readModulus(key: Uint8Array): Parsed<number, KeyCode> {
  const r = openDer(key);
  const outer = enter(r, TAG.sequence);
  const modulus = readInteger(r);
  const exponent = readInteger(r);
  leave(r, outer);
  const shape: Parsed<undefined, DerCode> = finish(r, undefined);
  const [first = 0, second = 0] = modulus;
  if (!shape.ok || first >= 0x80) return malformed("key-import", "RSAPublicKey is malformed");
  const bits = 8 * modulus.length - (first === 0 ? 8 + Math.clz32(second) - 24 : Math.clz32(first) - 24);
  if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) return malformed("key-alg", `RSA of ${bits} bits`);
  return sameBytes(exponent, RSA_EXPONENT) ? parsed(bits) : malformed("key-alg", "RSA exponent other than 65537");
}

function toPublicKey(spki: Uint8Array, alg: KeyAlgorithm, bits: number): Parsed<PublicKey, KeyCode> {
  const key = tryImport(spki);
  if (!key) return malformed("key-import", `not a valid ${alg} key`);
  return parsed({ alg, spki, bits, [check]: (request) => checkWith(key, request) });
}

/** OpenSSL says by an exception that a point is not on its curve; there is no question to ask beforehand. */
function tryImport(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

const RSA_PKCS1_PSS_PADDING = 6;

function checkWith(key: KeyObject, { bytes, signature, hash, pss, encoding }: CheckRequest): boolean {
  if (pss) {
    const saltLength = hash === "sha512" ? 64 : hash === "sha384" ? 48 : 32;
    return verify(hash, bytes, { key, padding: RSA_PKCS1_PSS_PADDING, saltLength }, signature);
  }
  return verify(hash, bytes, encoding === "der" ? key : { key, dsaEncoding: encoding }, signature);
}

/** How a signature is to be read. Never taken from the signature or the bundle itself. */
export type SignatureOptions = {
  /** Where a signed AlgorithmIdentifier names it; else it follows the key. Ignored by Ed25519. */
  readonly hash?: HashName;
  /** P-384 and P-521 with SHA-256, tried second: sigstore-python 1.x signed so. */
  readonly allowSha256Compat?: boolean;
  /** RSASSA-PSS, salt as long as the hash. */
  readonly pss?: boolean;
  /** ECDSA as two integers in DER (the default), or side by side as JWS and COSE have it. */
  readonly encoding?: "der" | "ieee-p1363";
};

/**
 * Verifies a signature over `bytes`. Without `hash`, the hash is that of the key: SHA-256 for P-256 and RSA, SHA-384
 * for P-384, SHA-512 for P-521.
 */
export function verifySignature(
  key: PublicKey,
  bytes: Uint8Array,
  signature: Uint8Array,
  options: SignatureOptions = {},
): boolean {
  const { pss = false, encoding = "der" } = options;
  if ((pss && key.alg !== "rsa") || signature.length === 0) return false;
  const hash = key.alg === "ed25519" ? null : (options.hash ?? hashOf(key.alg));
  if (key[check]({ bytes, signature, hash, pss, encoding })) return true;
  return tryCompat(key, options) && key[check]({ bytes, signature, hash: "sha256", pss, encoding });
}

function tryCompat(key: PublicKey, options: SignatureOptions): boolean {
  const larger = key.alg === "ecdsa-p384" || key.alg === "ecdsa-p521";
  return options.allowSha256Compat === true && larger && options.hash === undefined;
}

/** The hash that goes with a kind of key (sigstore `PublicKeyDetails`). */
export function hashOf(alg: Exclude<KeyAlgorithm, "ed25519">): HashName {
  if (alg === "ecdsa-p384") return "sha384";
  return alg === "ecdsa-p521" ? "sha512" : "sha256";
}

/** The uncompressed point of a P-256 or P-384 key, for verifying over a digest; `undefined` for other kinds. */
export function ecPoint(key: PublicKey): { readonly curve: "P-256" | "P-384"; readonly point: Uint8Array } | undefined {
  if (key.alg === "ecdsa-p256") return { curve: "P-256", point: key.spki.subarray(-65) };
  return key.alg === "ecdsa-p384" ? { curve: "P-384", point: key.spki.subarray(-97) } : undefined;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return sameBytes(bytes.subarray(0, prefix.length), prefix);
}

function der(hex: string): Uint8Array {
  return parseHex(hex) ?? bug(`hexadecimal ${hex}`);
}
