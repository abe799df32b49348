import { sameBytes } from "../bytes/bytes.ts";
import { sameDigest, type Sha256 } from "../digest.ts";
import { ecdsaKeyId, ed25519KeyId, rsaKeyId } from "./key-id.ts";

/** Tells whether `signature` over `message` is good under one key. It never throws: a signature that cannot be read is a bad one. */
export type SignatureCheck = (message: Uint8Array, signature: Uint8Array) => boolean;

/** The key of a log that signs checkpoints, as the trusted root gives it. */
export type LogKey = {
  /**
   * The host of the log's base URL, without scheme, port or path. A Rekor v2 signs with it as origin and name; a
   * Rekor v1 signs under any name, often that of its pod, and there it is not looked at.
   */
  readonly host: string;
  /** All 32 bytes; equal to the log's id in bundles. */
  readonly keyId: Sha256;
  readonly verifies: SignatureCheck;
};

export type LogKeyType = "ecdsa" | "ed25519" | "rsa";

/** DER of a SubjectPublicKeyInfo of Ed25519 up to the key itself (RFC 8410 §4). */
const ED25519_SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** The 32 bytes of an Ed25519 key within its SubjectPublicKeyInfo; `undefined` for any other key. */
export function parseEd25519Spki(spki: Uint8Array): Uint8Array | undefined {
  const { length } = ED25519_SPKI_PREFIX;
  const fits = spki.length === length + 32 && sameBytes(spki.subarray(0, length), ED25519_SPKI_PREFIX);
  return fits ? spki.subarray(length) : undefined;
}

export function toEd25519Spki(key: Uint8Array): Uint8Array {
  const spki = new Uint8Array(ED25519_SPKI_PREFIX.length + 32);
  spki.set(ED25519_SPKI_PREFIX);
  spki.set(key, ED25519_SPKI_PREFIX.length);
  return spki;
}

/** The id under which a Rekor v2 of this origin signs with this key; `undefined` when key and type do not fit. */
export function rekor2KeyId(origin: string, type: LogKeyType, spki: Uint8Array): Sha256 | undefined {
  if (type === "ecdsa") return ecdsaKeyId(spki);
  if (type === "rsa") return rsaKeyId(origin, spki);
  const key = parseEd25519Spki(spki);
  return key && ed25519KeyId(origin, key);
}

/**
 * Takes a log of a trusted root as a key for checkpoints; `undefined` when its id is neither that of a Rekor v2 of
 * this host nor that of a Rekor v1 with this key, so that a root that contradicts itself is found when it is loaded.
 */
export function parseLogKey(log: {
  readonly host: string;
  readonly logId: Uint8Array;
  readonly type: LogKeyType;
  readonly spki: Uint8Array;
  readonly verifies: SignatureCheck;
}): LogKey | undefined {
  const candidates = [rekor2KeyId(log.host, log.type, log.spki), ecdsaKeyId(log.spki)];
  const keyId = candidates.find((id) => id !== undefined && sameBytes(id, log.logId));
  return keyId && { host: log.host, keyId, verifies: log.verifies };
}

export function sameLogKey(a: LogKey, b: LogKey): boolean {
  return a.host === b.host && sameDigest(a.keyId, b.keyId);
}
