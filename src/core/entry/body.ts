import { parseHex } from "../bytes/hex.ts";
import { parsePem } from "../bytes/pem.ts";
import { parseUtf8 } from "../bytes/utf8.ts";
import type { HashName } from "../digest.ts";
import { quote, toArray, toFullBytes, toFullText, type Reading } from "../json/fields.ts";
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from "../json/json.ts";
import type { EntryBodyCode, EntryDigest, EntryVerifier } from "./decoded-entry.ts";

/**
 * Parts that entry bodies share. Members that are not known are let be: the log covers the whole body, and what a
 * decoder reads does not change by them.
 */
export type BodyReading = Reading<EntryBodyCode>;

const SIGNATURE_BYTES_MAX = 65_536;
const KEY_BYTES_MAX = 131_072;
const SIGNERS_MAX = 64;

const NO_MEMBERS: JsonObject = {};
const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_VERIFIER: EntryVerifier = { kind: "public-key", der: NO_BYTES };

/** Takes a value as an object. */
export function toMembers(reading: BodyReading, value: JsonValue | undefined, where: string): JsonObject {
  if (isJsonObject(value)) return value;
  reading.refuse("entry-body-syntax", `${where} is absent or not an object`);
  return NO_MEMBERS;
}

/** Takes a value as the list of an entry's signatures: at least one. */
export function toSignatures(reading: BodyReading, value: JsonValue | undefined): JsonArray {
  const signatures = toArray(reading, value, "signatures");
  if (signatures.length === 0 || signatures.length > SIGNERS_MAX) {
    reading.refuse("entry-body-syntax", `${signatures.length} signatures in one entry`);
  }
  return signatures.slice(0, SIGNERS_MAX);
}

export function toSignature(reading: BodyReading, value: JsonValue | undefined): Uint8Array {
  return toFullBytes(reading, value, "signature", SIGNATURE_BYTES_MAX);
}

/** Rekor v1: base64 of exactly one PEM block, a certificate or a public key. */
export function toPemVerifier(reading: BodyReading, value: JsonValue | undefined): EntryVerifier {
  const pem = parseUtf8(toFullBytes(reading, value, "public key", KEY_BYTES_MAX)) ?? "";
  const kind = pem.includes("-----BEGIN PUBLIC KEY-----") ? "public-key" : "certificate";
  const [der, ...more] = parsePem(pem, kind === "certificate" ? "CERTIFICATE" : "PUBLIC KEY") ?? [];
  if (der && more.length === 0) return { kind, der };
  reading.refuse("entry-body-syntax", "the key is not exactly one certificate or public key in PEM");
  return NO_VERIFIER;
}

/** Rekor v2: `Verifier` of `rekor/v2/verifier.proto`. */
export function toVerifier(reading: BodyReading, value: JsonValue | undefined): EntryVerifier {
  const verifier = toMembers(reading, value, "verifier");
  const keyDetails = toFullText(reading, verifier["keyDetails"], "verifier.keyDetails");
  const { x509Certificate, publicKey } = verifier;
  if ((x509Certificate === undefined) === (publicKey === undefined)) {
    reading.refuse("entry-body-syntax", "the verifier is not exactly one of certificate and public key");
  }
  const kind = publicKey === undefined ? "certificate" : "public-key";
  const { rawBytes } = toMembers(reading, x509Certificate ?? publicKey, "verifier");
  return { kind, keyDetails, der: toFullBytes(reading, rawBytes, "verifier.rawBytes", KEY_BYTES_MAX) };
}

const HEX_NAMES: ReadonlyMap<string, HashName> = new Map([
  ["sha256", "sha256"],
  ["sha384", "sha384"],
  ["sha512", "sha512"],
]);
const PROTO_NAMES: ReadonlyMap<string, HashName> = new Map([
  ["SHA2_256", "sha256"],
  ["SHA2_384", "sha384"],
  ["SHA2_512", "sha512"],
]);
const LENGTHS: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** Rekor v1: `{algorithm: "sha256", value: hex}`. */
export function toHexDigest(
  reading: BodyReading,
  value: JsonValue | undefined,
  role: EntryDigest["role"],
): EntryDigest {
  const digest = toMembers(reading, value, `${role} hash`);
  const bytes = parseHex(toFullText(reading, digest["value"], `${role} hash`)) ?? NO_BYTES;
  return toDigest(reading, { role, bytes, algorithm: digest["algorithm"], names: HEX_NAMES });
}

/** Rekor v2: `{algorithm: "SHA2_256", digest: base64}`. */
export function toProtoDigest(
  reading: BodyReading,
  value: JsonValue | undefined,
  role: EntryDigest["role"],
): EntryDigest {
  const digest = toMembers(reading, value, `${role} digest`);
  const bytes = toFullBytes(reading, digest["digest"], `${role} digest`, LENGTHS.sha512);
  return toDigest(reading, { role, bytes, algorithm: digest["algorithm"], names: PROTO_NAMES });
}

function toDigest(
  reading: BodyReading,
  raw: {
    readonly role: EntryDigest["role"];
    readonly bytes: Uint8Array;
    readonly algorithm: JsonValue | undefined;
    readonly names: ReadonlyMap<string, HashName>;
  },
): EntryDigest {
  const name = typeof raw.algorithm === "string" ? raw.algorithm : "";
  const algorithm = raw.names.get(name);
  if (algorithm === undefined || LENGTHS[algorithm] !== raw.bytes.length) {
    reading.refuse(
      "entry-body-syntax",
      `${quote(name)} does not fit a ${raw.role} digest of ${raw.bytes.length} bytes`,
    );
  }
  return { role: raw.role, algorithm: algorithm ?? "sha256", bytes: raw.bytes };
}
