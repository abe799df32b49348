import { concatBytes } from "../bytes/bytes.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { sha256, type Sha256 } from "../digest.ts";

/**
 * Ids of keys that sign notes, untruncated. A signature line carries the first four bytes; Rekor v1's `logID` and
 * v2's `logId.keyId` are all 32 (C2SP signed-note, "Signature types"; rekor-tiles CLIENTS.md).
 */

/** ECDSA, and any key of a Rekor v1: `SHA-256(SPKI)`. It does not depend on the name. */
export function ecdsaKeyId(spki: Uint8Array): Sha256 {
  return sha256(spki);
}

/** Ed25519: `SHA-256(name LF 0x01 key)`, `key` being 32 bytes. */
export function ed25519KeyId(name: string, key: Uint8Array): Sha256 {
  return namedKeyId(name, Uint8Array.of(0x01), key);
}

/** RSA of a Rekor v2: `SHA-256(name LF 0xff "PKIX-RSA-PKCS#1v1.5" SPKI)`. */
export function rsaKeyId(name: string, spki: Uint8Array): Sha256 {
  return namedKeyId(name, concatBytes([Uint8Array.of(0xff), toUtf8("PKIX-RSA-PKCS#1v1.5")]), spki);
}

/** A witness with Ed25519: `SHA-256(name LF 0x04 key)` (C2SP tlog-cosignature). */
export function cosignatureKeyId(name: string, key: Uint8Array): Sha256 {
  return namedKeyId(name, Uint8Array.of(0x04), key);
}

/** A witness with ML-DSA-44, `key` being 1,312 bytes. */
export function mlDsaCosignatureKeyId(name: string, key: Uint8Array): Sha256 {
  return namedKeyId(name, Uint8Array.of(0x06), key);
}

/** The tree head signature of an RFC 6962 log on a checkpoint: `SHA-256(origin LF 0x05 SHA-256(SPKI))` (static-ct-api). */
export function rfc6962KeyId(origin: string, spki: Uint8Array): Sha256 {
  return namedKeyId(origin, Uint8Array.of(0x05), sha256(spki));
}

function namedKeyId(name: string, type: Uint8Array, key: Uint8Array): Sha256 {
  return sha256(concatBytes([toUtf8(`${name}\n`), type, key]));
}
