import type { HashName } from "../digest.ts";
import { quote, shapeOf, toBytes, toObject, toText, type Reading } from "../json/fields.ts";
import type { JsonValue } from "../json/json.ts";

/** `HashOutput` of `sigstore_common.proto`. */
export type MessageDigest = { readonly algorithm: HashName; readonly bytes: Uint8Array };

const HASH_OUTPUT = shapeOf("messageDigest", ["algorithm", "digest"]);

/** The hashes we know, by their name in `sigstore_common.proto`, with their length in bytes. */
const ALGORITHMS: ReadonlyMap<string, { readonly name: HashName; readonly length: number }> = new Map([
  ["SHA2_256", { name: "sha256", length: 32 }],
  ["SHA2_384", { name: "sha384", length: 48 }],
  ["SHA2_512", { name: "sha512", length: 64 }],
]);
const DIGEST_BYTES_MAX = 64;

/** The names of `sigstore_common.proto`, HashAlgorithm, for writing. */
export const PROTO_HASH_NAMES: Readonly<Record<HashName, string>> = {
  sha256: "SHA2_256",
  sha384: "SHA2_384",
  sha512: "SHA2_512",
};

/** Reads a digest whose algorithm is known and fits its length. */
export function toMessageDigest(
  reading: Reading<"message-digest-algorithm">,
  value: JsonValue | undefined,
): MessageDigest | undefined {
  const output = toObject(reading, value, HASH_OUTPUT);
  const name = toText(reading, output["algorithm"], "messageDigest.algorithm");
  const bytes = toBytes(reading, output["digest"], "messageDigest.digest", DIGEST_BYTES_MAX);
  const algorithm = ALGORITHMS.get(name);
  if (algorithm?.length === bytes.length) return { algorithm: algorithm.name, bytes };
  reading.refuse("message-digest-algorithm", `${quote(name)} does not fit a digest of ${bytes.length} bytes`);
  return undefined;
}
