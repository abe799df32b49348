import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { unreachable } from "../../../core/bug.ts";
import { parseUtf8 } from "../../../core/bytes/utf8.ts";
import { readIfThere, writeAtomically } from "../files.ts";

export type KeyKind = "p256" | "p384" | "ed25519" | "rsa2048";

/** A key pair of one of the embedded services. `spki`: SubjectPublicKeyInfo, DER. */
export type KeyPair = { readonly kind: KeyKind; readonly privateKey: KeyObject; readonly spki: Uint8Array };

/** Where keys come from; the same `name` always gives the same key of a durable or seeded source. */
export type KeySource = (name: string, kind: KeyKind) => Promise<KeyPair>;

/** Fresh keys, gone with the process. Each name is asked for once. */
export const newKeys: KeySource = async (_name, kind) => pairOf(kind, generate(kind));

/**
 * Keys derived from a seed (HKDF-SHA-256, RFC 5869, with the name as info): anybody who knows the seed has them.
 * For demonstrations and tests only. RSA keys cannot be derived so; they are fresh.
 */
export function seededKeys(seed: string): KeySource {
  return async (name, kind) => pairOf(kind, kind === "rsa2048" ? generate(kind) : derive(kind, seed, name));
}

/** Keys kept as PKCS#8 PEM in `folder`, made at first use from `source`; files are readable by their owner alone. */
export function storedKeys(folder: string, source: KeySource): KeySource {
  return async (name, kind) => {
    const path = join(folder, `${name}.${kind}.pem`);
    const stored = await readIfThere(path);
    if (stored) return pairOf(kind, createPrivateKey(parseUtf8(stored) ?? ""));
    const pair = await source(name, kind);
    await writeAtomically(path, pair.privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
    return pair;
  };
}

function pairOf(kind: KeyKind, privateKey: KeyObject): KeyPair {
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return { kind, privateKey, spki: new Uint8Array(spki) };
}

function generate(kind: KeyKind): KeyObject {
  switch (kind) {
    case "p256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "p384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "rsa2048":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    default:
      return unreachable(kind);
  }
}

type DerivedKind = Exclude<KeyKind, "rsa2048">;

/** PKCS#8 up to the private octets; OpenSSL computes the public half. */
const PKCS8_PREFIX: Readonly<Record<DerivedKind, string>> = {
  p256: "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420",
  p384: "304e020100301006072a8648ce3d020106052b81040022043730350201010430",
  ed25519: "302e020100300506032b657004220420",
};
const PRIVATE_BYTES: Readonly<Record<DerivedKind, number>> = { p256: 32, p384: 48, ed25519: 32 };

function derive(kind: DerivedKind, seed: string, name: string): KeyObject {
  const octets = Buffer.from(hkdfSync("sha256", seed, "countersign embedded sigstore", name, PRIVATE_BYTES[kind]));
  // Below the order of either curve and above zero, at the cost of two bits.
  if (kind !== "ed25519") octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x20;
  const key = Buffer.concat([Buffer.from(PKCS8_PREFIX[kind], "hex"), octets]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}
