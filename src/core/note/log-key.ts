import { concatBytes, sameBytes } from "../bytes/bytes.ts";
import { importPublicKey, verifySignature, type PublicKey } from "../crypto/public-key.ts";
import type { Sha256 } from "../digest.ts";
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

/** DER of a SubjectPublicKeyInfo of Ed25519 up to the key itself (RFC 8410 §4). */
const ED25519_SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** How notes are signed: Ed25519, or ECDSA (DER) and RSA PKCS #1 v1.5 with SHA-256 whatever the size of the key. */
export function toSignatureCheck(key: PublicKey): SignatureCheck {
  return (message, signature) => verifySignature(key, message, signature, { hash: "sha256" });
}

/** The check of a bare Ed25519 key of 32 bytes, as a verifier key holds it; `undefined` when it is none. */
export function ed25519Check(key: Uint8Array): SignatureCheck | undefined {
  if (key.length !== 32) return undefined;
  const imported = importPublicKey(concatBytes([ED25519_SPKI_PREFIX, key]));
  return imported.ok ? toSignatureCheck(imported.value) : undefined;
}

/** The id under which a Rekor v2 of this origin signs with this key; all 32 bytes. */
export function rekor2KeyId(origin: string, key: PublicKey): Sha256 {
  if (key.alg === "rsa") return rsaKeyId(origin, key.spki);
  return key.alg === "ed25519" ? ed25519KeyId(origin, key.spki.subarray(-32)) : ecdsaKeyId(key.spki);
}

/**
 * Takes a log of a trusted root as a key for checkpoints; `undefined` when its id is neither that of a Rekor v2 of
 * this host nor that of a Rekor v1 with this key, so that a root that contradicts itself is found when it is loaded.
 */
export function parseLogKey(log: {
  readonly host: string;
  readonly logId: Uint8Array;
  readonly key: PublicKey;
}): LogKey | undefined {
  const candidates = [rekor2KeyId(log.host, log.key), ecdsaKeyId(log.key.spki)];
  const keyId = candidates.find((id) => sameBytes(id, log.logId));
  return keyId && { host: log.host, keyId, verifies: toSignatureCheck(log.key) };
}
