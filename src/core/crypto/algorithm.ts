import { sameBytes } from "../bytes/bytes.ts";
import { parseHex } from "../bytes/hex.ts";
import { bug } from "../bug.ts";
import type { HashName } from "../digest.ts";

/** How a certificate or a CMS message was signed. Ed25519 hashes by itself. `rsa` is PKCS #1 v1.5. */
export type SignatureAlgorithm =
  | { readonly key: "ecdsa"; readonly hash: HashName }
  | { readonly key: "rsa"; readonly hash: HashName }
  | { readonly key: "ed25519" };

/** AlgorithmIdentifiers in DER, parameters included (RFC 5758 §3.2, RFC 4055 §5, RFC 8410 §3). SHA-1 and MD5 are not in the list, on purpose. */
const SIGNATURES: readonly (readonly [Uint8Array, SignatureAlgorithm])[] = [
  [der("300a06082a8648ce3d040302"), { key: "ecdsa", hash: "sha256" }],
  [der("300a06082a8648ce3d040303"), { key: "ecdsa", hash: "sha384" }],
  [der("300a06082a8648ce3d040304"), { key: "ecdsa", hash: "sha512" }],
  [der("300d06092a864886f70d01010b0500"), { key: "rsa", hash: "sha256" }],
  [der("300d06092a864886f70d01010c0500"), { key: "rsa", hash: "sha384" }],
  [der("300d06092a864886f70d01010d0500"), { key: "rsa", hash: "sha512" }],
  [der("300506032b6570"), { key: "ed25519" }],
];

/** `rsaEncryption`, which CMS allows in place of a signature algorithm: the hash is then that of the digest (RFC 3370 §3.2). */
const RSA_ENCRYPTION = der("300d06092a864886f70d0101010500");

const DIGESTS: readonly (readonly [Uint8Array, HashName])[] = [
  [der("300b0609608648016503040201"), "sha256"],
  [der("300b0609608648016503040202"), "sha384"],
  [der("300b0609608648016503040203"), "sha512"],
  [der("300d06096086480165030402010500"), "sha256"],
  [der("300d06096086480165030402020500"), "sha384"],
  [der("300d06096086480165030402030500"), "sha512"],
];

/** Reads a signature AlgorithmIdentifier (DER, whole); `undefined` for one that is never accepted. */
export function parseSignatureAlgorithm(identifier: Uint8Array): SignatureAlgorithm | undefined {
  return SIGNATURES.find(([known]) => sameBytes(known, identifier))?.[1];
}

/** The same for CMS, where RSA may be named without its hash. */
export function parseCmsSignatureAlgorithm(identifier: Uint8Array, digest: HashName): SignatureAlgorithm | undefined {
  if (sameBytes(identifier, RSA_ENCRYPTION)) return { key: "rsa", hash: digest };
  return parseSignatureAlgorithm(identifier);
}

/** Reads a digest AlgorithmIdentifier (DER, whole), parameters absent or NULL (RFC 5754 §2); `undefined` for one that is never accepted. */
export function parseDigestAlgorithm(identifier: Uint8Array): HashName | undefined {
  return DIGESTS.find(([known]) => sameBytes(known, identifier))?.[1];
}

/** The digest AlgorithmIdentifier we write: parameters absent. */
export function digestAlgorithm(hash: HashName): Uint8Array {
  return DIGESTS.find(([, name]) => name === hash)?.[0] ?? bug(`no identifier for ${hash}`);
}

/** The signature AlgorithmIdentifier we write. */
export function signatureAlgorithm(algorithm: SignatureAlgorithm): Uint8Array {
  const hash = algorithm.key === "ed25519" ? undefined : algorithm.hash;
  const found = SIGNATURES.find(
    ([, known]) => known.key === algorithm.key && (known.key === "ed25519" || known.hash === hash),
  );
  return found?.[0] ?? bug(`no identifier for ${algorithm.key}`);
}

function der(hex: string): Uint8Array {
  return parseHex(hex) ?? bug(`hexadecimal ${hex}`);
}
