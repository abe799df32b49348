import { importPkcs1, importPublicKey, type KeyAlgorithm, type PublicKey } from "../crypto/public-key.ts";
import { malformed, type Parsed } from "../parsed.ts";

/** `PublicKeyDetails` (`sigstore_common.proto`) that we verify, and the kind of key each says. */
const DETAILS: ReadonlyMap<string, { readonly alg: KeyAlgorithm; readonly bits?: number; readonly pkcs1?: true }> =
  new Map([
    ["PKIX_ECDSA_P256_SHA_256", { alg: "ecdsa-p256" }],
    ["PKIX_ECDSA_P384_SHA_384", { alg: "ecdsa-p384" }],
    ["PKIX_ECDSA_P384_SHA_256", { alg: "ecdsa-p384" }],
    ["PKIX_ECDSA_P521_SHA_512", { alg: "ecdsa-p521" }],
    ["PKIX_ECDSA_P521_SHA_256", { alg: "ecdsa-p521" }],
    ["PKIX_ED25519", { alg: "ed25519" }],
    ["PKIX_RSA_PKCS1V15_2048_SHA256", { alg: "rsa", bits: 2048 }],
    ["PKIX_RSA_PKCS1V15_3072_SHA256", { alg: "rsa", bits: 3072 }],
    ["PKIX_RSA_PKCS1V15_4096_SHA256", { alg: "rsa", bits: 4096 }],
    ["PKIX_RSA_PKCS1V5", { alg: "rsa" }],
    ["PKCS1_RSA_PKCS1V5", { alg: "rsa", pkcs1: true }],
  ]);

/** Whether a name of `PublicKeyDetails` is one that this key can have. */
export function fitsKeyDetails(key: PublicKey, details: string): boolean {
  const expected = DETAILS.get(details);
  return expected?.alg === key.alg && (expected.bits === undefined || expected.bits === key.bits);
}

/** Imports a key as `PublicKeyDetails` says it is encoded, and checks that it is of that kind. */
export function importKeyOf(raw: Uint8Array, details: string): Parsed<PublicKey, "trust-key"> {
  const known = DETAILS.get(details);
  if (!known) return malformed("trust-key", `keys of kind ${details.slice(0, 60)} are not accepted`);
  const key = known.pkcs1 ? importPkcs1(raw) : importPublicKey(raw);
  if (!key.ok) return malformed("trust-key", key.detail);
  return fitsKeyDetails(key.value, details) ? key : malformed("trust-key", `the key is not of kind ${details}`);
}
