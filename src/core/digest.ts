import { hash } from "node:crypto";
import { branded, type Brand } from "./brand.ts";
import { parseHex, toHex } from "./bytes/hex.ts";

/** 32 bytes of SHA-256. */
export type Sha256 = Brand<Uint8Array, "Sha256">;

/** A content digest as registries write it: `sha256:` and 64 lower-case hexadecimal digits. */
export type DigestRef = Brand<string, "DigestRef">;

export type HashName = "sha256" | "sha384" | "sha512";

/**
 * Hashes bytes. The digest comes as text of one character a byte, which costs Node a third of a Buffer: 0.4 µs against
 * 1.2 for a node of a Merkle tree, and nothing outside the heap to collect.
 */
export function hashBytes(algorithm: HashName, data: Uint8Array): Uint8Array {
  const text = hash(algorithm, data, "latin1");
  const digest = new Uint8Array(text.length);
  for (let i = 0; i < digest.length; i++) digest[i] = text.charCodeAt(i);
  return digest;
}

export function sha256(data: Uint8Array): Sha256 {
  return branded<Sha256>(hashBytes("sha256", data));
}

/** Takes 32 bytes as a digest computed elsewhere; `undefined` when the length is wrong. */
export function parseSha256(bytes: Uint8Array): Sha256 | undefined {
  return bytes.length === 32 ? branded<Sha256>(bytes) : undefined;
}

/** Parses 64 lower-case hexadecimal digits. */
export function parseSha256Hex(text: string): Sha256 | undefined {
  const bytes = parseHex(text);
  return bytes ? parseSha256(bytes) : undefined;
}

/** Compares two digests. Not constant-time: digests are public. */
export function sameDigest(a: Sha256, b: Sha256): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[i]) return false;
  return true;
}

const DIGEST_REF = /^sha256:[0-9a-f]{64}$/;

/** Parses `sha256:<64 hex>`; `undefined` for other algorithms, upper case and surroundings. */
export function parseDigestRef(text: string): DigestRef | undefined {
  return DIGEST_REF.test(text) ? branded<DigestRef>(text) : undefined;
}

export function toDigestRef(digest: Sha256): DigestRef {
  return branded<DigestRef>(`sha256:${toHex(digest)}`);
}

/** The digest of content, as registries write it. */
export function digestRefOf(content: Uint8Array): DigestRef {
  return toDigestRef(sha256(content));
}
