import { generateKeyPair, sign, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { Signer } from "../../ports/signer.ts";

const generate = promisify(generateKeyPair);

/** A fresh P-256 key in this process's memory. */
export async function newEphemeralSigner(): Promise<Signer> {
  const { privateKey, publicKey } = await generate("ec", { namedCurve: "P-256" });
  return signerOf(privateKey, publicKey);
}

/** A Signer over a key pair that is already here. The key must be P-256. */
export function signerOf(privateKey: KeyObject, publicKey: KeyObject): Signer {
  return {
    algorithm: "ecdsa-p256-sha256",
    publicKey: new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
    sign: async (bytes) => new Uint8Array(sign("sha256", bytes, privateKey)),
  };
}
