import { parseBase64, toBase64 } from "../bytes/base64.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { parseHex, toHex } from "../bytes/hex.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { Sha256 } from "../digest.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { cosignatureKeyId, ecdsaKeyId, ed25519KeyId, mlDsaCosignatureKeyId, rsaKeyId } from "./key-id.ts";
import { isKeyName, readKeyId } from "./note.ts";

/** A verifier key: a name and a public key in one line, `name+id+key` (C2SP signed-note, "Verifier keys"). */
export type Vkey = {
  readonly name: string;
  readonly type: VkeyType;
  /** Ed25519: 32 bytes. ECDSA and RSA: SubjectPublicKeyInfo. ML-DSA-44: 1,312 bytes. */
  readonly key: Uint8Array;
  /** All 32 bytes. */
  readonly keyId: Sha256;
};

export type VkeyType = "ed25519" | "ecdsa" | "cosignature-ed25519" | "cosignature-ml-dsa-44" | "rsa";

type VkeyForm = {
  readonly prefix: Uint8Array;
  readonly keyBytes?: number;
  readonly id: (name: string, key: Uint8Array) => Sha256;
};

const FORMS: Readonly<Record<VkeyType, VkeyForm>> = {
  ed25519: { prefix: Uint8Array.of(0x01), keyBytes: 32, id: ed25519KeyId },
  ecdsa: { prefix: Uint8Array.of(0x02), id: (_, spki) => ecdsaKeyId(spki) },
  "cosignature-ed25519": { prefix: Uint8Array.of(0x04), keyBytes: 32, id: cosignatureKeyId },
  "cosignature-ml-dsa-44": { prefix: Uint8Array.of(0x06), keyBytes: 1312, id: mlDsaCosignatureKeyId },
  rsa: { prefix: concatBytes([Uint8Array.of(0xff), toUtf8("PKIX-RSA-PKCS#1v1.5")]), id: rsaKeyId },
};
const TYPES: readonly VkeyType[] = ["ed25519", "ecdsa", "cosignature-ed25519", "cosignature-ml-dsa-44", "rsa"];
const VKEY_LENGTH_MAX = 4096;

/** Reads one verifier key. The id is recomputed: a line whose id is not that of its key is refused. */
export function parseVkey(line: string): Parsed<Vkey, "vkey"> {
  if (line.length > VKEY_LENGTH_MAX) return malformed("vkey", `a verifier key of ${line.length} characters`);
  const [name = "", idText = "", ...encoded] = line.split("+");
  // Base64 uses `+` too, so everything behind the second one is the key.
  const bytes = parseBase64(encoded.join("+"));
  const id = parseHex(idText);
  if (!isKeyName(name) || id?.length !== 4 || !bytes) return malformed("vkey", "not of the form name+id+key");

  const type = TYPES.find((candidate) => startsWith(bytes, FORMS[candidate].prefix));
  if (!type) return malformed("vkey", `key type ${bytes[0] ?? "absent"} is not known`);
  const key = bytes.subarray(FORMS[type].prefix.length);
  if (!isKeyLength(type, key.length)) return malformed("vkey", `a key of ${key.length} bytes`);
  const vkey = toVkey(name, type, key);
  if (readKeyId(vkey.keyId) === readKeyId(id)) return parsed(vkey);
  return malformed("vkey", `the id of this key is ${toHex(vkey.keyId.subarray(0, 4))}`);
}

function isKeyLength(type: VkeyType, length: number): boolean {
  const { keyBytes } = FORMS[type];
  return keyBytes === undefined ? length > 0 : length === keyBytes;
}

/** Makes a verifier key of its parts; the id follows from them. */
export function toVkey(name: string, type: VkeyType, key: Uint8Array): Vkey {
  return { name, type, key, keyId: FORMS[type].id(name, key) };
}

export function renderVkey(vkey: Vkey): string {
  const encoded = toBase64(concatBytes([FORMS[vkey.type].prefix, vkey.key]));
  return `${vkey.name}+${toHex(vkey.keyId.subarray(0, 4))}+${encoded}`;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}
