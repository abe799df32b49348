import { createPublicKey, sign, type KeyObject } from "node:crypto";
import { bug } from "../../../core/bug.ts";
import { importPublicKey, type PublicKey } from "../../../core/crypto/public-key.ts";
import type { Sha256 } from "../../../core/digest.ts";
import { cosignatureMessage, renderCosignature } from "../../../core/note/cosignature.ts";
import { ecdsaKeyId } from "../../../core/note/key-id.ts";
import { rekor2KeyId, toSignatureCheck, type SignatureCheck } from "../../../core/note/log-key.ts";
import { readKeyId, type NoteSignature } from "../../../core/note/note.ts";
import { toVkey, type Vkey } from "../../../core/note/vkey.ts";

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

/** A witness with an Ed25519 key, which says when it saw a text (C2SP tlog-cosignature). */
export type WitnessSigner = {
  /** What readers need to verify it. */
  readonly vkey: Vkey;
  readonly cosign: (text: string, seconds: number) => NoteSignature;
};

export function witnessSigner(name: string, privateKey: KeyObject): WitnessSigner {
  const key = publicKeyOf(privateKey);
  if (key.alg !== "ed25519") return bug(`a witness with a key of ${key.alg}`);
  const vkey = toVkey(name, "cosignature-ed25519", key.spki.subarray(-32));
  return {
    vkey,
    cosign: (text, seconds) => {
      const signature = new Uint8Array(sign(null, cosignatureMessage(text, seconds), privateKey));
      return { name, keyId: readKeyId(vkey.keyId), signature: renderCosignature(seconds, signature) };
    },
  };
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

function publicKeyOf(privateKey: KeyObject): PublicKey {
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const key = importPublicKey(new Uint8Array(spki));
  return key.ok ? key.value : bug(`a log's key: ${key.detail}`);
}
