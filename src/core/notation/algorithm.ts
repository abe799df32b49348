import { unreachable } from "../bug.ts";
import { verifySignature, type PublicKey } from "../crypto/public-key.ts";
import type { HashName } from "../digest.ts";
import { fail, pass, type Verdict } from "../verdict.ts";

/** The signature algorithms there are (signature-specification, `Algorithm Selection`), as JWS names them. */
export type NotationAlgorithm = "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512";

/** As COSE numbers them (RFC 9053 §2.1, RFC 8230 §2). */
const COSE_ALGORITHMS: ReadonlyMap<number, NotationAlgorithm> = new Map([
  [-37, "PS256"],
  [-38, "PS384"],
  [-39, "PS512"],
  [-7, "ES256"],
  [-35, "ES384"],
  [-36, "ES512"],
]);

const JWS_ALGORITHMS: ReadonlyMap<string, NotationAlgorithm> = new Map(
  [...COSE_ALGORITHMS.values()].map((name) => [name, name]),
);

/** Takes a JWS `alg` or a COSE label; `undefined` for `none`, HMAC and everything else that is never accepted. */
export function parseAlgorithm(name: string | number): NotationAlgorithm | undefined {
  return typeof name === "string" ? JWS_ALGORITHMS.get(name) : COSE_ALGORITHMS.get(name);
}

/** The one algorithm that goes with a key; `undefined` for keys that may not sign. The envelope's own word is only compared. */
function algorithmOf({ alg, bits }: PublicKey): NotationAlgorithm | undefined {
  switch (alg) {
    case "rsa":
      return RSA_ALGORITHMS.get(bits);
    case "ecdsa-p256":
      return "ES256";
    case "ecdsa-p384":
      return "ES384";
    case "ecdsa-p521":
      return "ES512";
    case "ed25519":
      return undefined;
    default:
      return unreachable(alg);
  }
}

const RSA_ALGORITHMS: ReadonlyMap<number, NotationAlgorithm> = new Map([
  [2048, "PS256"],
  [3072, "PS384"],
  [4096, "PS512"],
]);

const HASHES: Readonly<Record<NotationAlgorithm, HashName>> = {
  PS256: "sha256",
  PS384: "sha384",
  PS512: "sha512",
  ES256: "sha256",
  ES384: "sha384",
  ES512: "sha512",
};

/** Bytes of `r‖s`; RSA signatures have no fixed length here. */
const SIGNATURE_BYTES: Readonly<Partial<Record<NotationAlgorithm, number>>> = { ES256: 64, ES384: 96, ES512: 132 };

type Signed = {
  readonly algorithm: NotationAlgorithm;
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
};

/** Judges the signature of an envelope under the signer's key: the algorithm is the key's, and only then the arithmetic. */
export function judgeSignature(
  { algorithm, signedBytes, signature }: Signed,
  key: PublicKey,
): Verdict<"signature" | "notation-algorithm"> {
  const implied = algorithmOf(key);
  if (implied !== algorithm) {
    return fail("notation-algorithm", `${algorithm} by a key of ${key.alg}, ${key.bits} bits, which signs ${implied}`);
  }
  const size = SIGNATURE_BYTES[algorithm];
  const isPss = size === undefined;
  const isGood =
    (isPss || signature.length === size) &&
    verifySignature(key, signedBytes, signature, {
      hash: HASHES[algorithm],
      pss: isPss,
      encoding: isPss ? "der" : "ieee-p1363",
    });
  return isGood ? pass : fail("signature", "the signature is not of the signer's key over this envelope");
}
