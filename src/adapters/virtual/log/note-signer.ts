import { createPublicKey, sign, type KeyObject } from "node:crypto";
import { bug } from "../../../core/bug.ts";
import { importPublicKey } from "../../../core/crypto/public-key.ts";
import type { Sha256 } from "../../../core/digest.ts";
import { ecdsaKeyId } from "../../../core/note/key-id.ts";
import { rekor2KeyId, toSignatureCheck, type SignatureCheck } from "../../../core/note/log-key.ts";

/** A key that signs checkpoints under a name. */
export type NoteSigner = {
  readonly name: string;
  /** All 32 bytes: the log's id. */
  readonly keyId: Sha256;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly sign: (text: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  readonly verifies: SignatureCheck;
};

/** Signs as a Rekor v2 does: the id of the key holds the name (Ed25519) or not (ECDSA P-256). */
export function rekor2Signer(origin: string, privateKey: KeyObject): NoteSigner {
  const key = publicKeyOf(privateKey);
  return { ...signerOf(origin, privateKey), keyId: rekor2KeyId(origin, key) };
}

/** Signs as a Rekor v1 or a CT log does: the id is the digest of the key. */
export function rekor1Signer(hostname: string, privateKey: KeyObject): NoteSigner {
  return signerOf(hostname, privateKey);
}

function signerOf(name: string, privateKey: KeyObject): NoteSigner {
  const key = publicKeyOf(privateKey);
  const hash = key.alg === "ed25519" ? null : "sha256";
  return {
    name,
    keyId: ecdsaKeyId(key.spki),
    spki: key.spki,
    sign: (text) => new Uint8Array(sign(hash, text, privateKey)),
    verifies: toSignatureCheck(key),
  };
}

function publicKeyOf(privateKey: KeyObject) {
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const key = importPublicKey(new Uint8Array(spki));
  return key.ok ? key.value : bug(`a log's key: ${key.detail}`);
}
