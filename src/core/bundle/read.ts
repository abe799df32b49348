import {
  quote,
  shapeOf,
  startReading,
  toArray,
  toBytes,
  toFullBytes,
  toFullText,
  toObject,
  toText,
  type Reading,
} from "../json/fields.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, type JsonCode } from "../json/read-json.ts";
import type { Parsed } from "../parsed.ts";
import type { Bundle, BundleContent, BundleKey, BundleVersion, TlogEntry } from "./bundle.ts";
import { toMessageDigest } from "./message-digest.ts";
import { toTlogEntry, type EntryCode } from "./read-entry.ts";

/** Why bytes are not a bundle: steps 1 to 5 of the verification procedure. */
export type BundleCode =
  | JsonCode
  | EntryCode
  | "bundle-media-type"
  | "bundle-key-material"
  | "bundle-chain-empty"
  | "bundle-form"
  | "bundle-content"
  | "too-many-entries"
  | "too-many-timestamps"
  | "too-many-certificates"
  | "dsse-signature-count"
  | "message-digest-algorithm"
  | "key-hint-mismatch"
  | "set-missing"
  | "proof-missing"
  | "checkpoint-missing";

/** The limit for a bundle, unless a caller expects large payloads. */
export const BUNDLE_BYTES_MAX = 4_194_304;
/** A DSSE payload of 64 MiB in base64, and its evidence. */
export const BUNDLE_BYTES_MAX_LARGE = 94_371_840;

const ENTRIES_MAX = 16;
const TIMESTAMPS_MAX = 16;
const CERTIFICATES_MAX = 10;
const CERTIFICATE_BYTES_MAX = 65_536;
const TIMESTAMP_BYTES_MAX = 65_536;
const SIGNATURE_BYTES_MAX = 65_536;

/** The media types of `sigstore_bundle.proto`, compared whole. */
const VERSIONS: ReadonlyMap<string, BundleVersion> = new Map([
  ["application/vnd.dev.sigstore.bundle+json;version=0.1", "0.1"],
  ["application/vnd.dev.sigstore.bundle+json;version=0.2", "0.2"],
  ["application/vnd.dev.sigstore.bundle+json;version=0.3", "0.3"],
  ["application/vnd.dev.sigstore.bundle.v0.3+json", "0.3"],
]);

const BUNDLE = shapeOf("bundle", ["mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope"]);
const MATERIAL = shapeOf("verificationMaterial", [
  "certificate",
  "x509CertificateChain",
  "publicKey",
  "tlogEntries",
  "timestampVerificationData",
]);
const CERTIFICATE = shapeOf("certificate", ["rawBytes"]);
const CHAIN = shapeOf("x509CertificateChain", ["certificates"]);
const PUBLIC_KEY = shapeOf("publicKey", ["hint"]);
const TIMESTAMPS = shapeOf("timestampVerificationData", ["rfc3161Timestamps"]);
const TIMESTAMP = shapeOf("rfc3161Timestamp", ["signedTimestamp"]);
const MESSAGE = shapeOf("messageSignature", ["messageDigest", "signature"]);
const ENVELOPE = shapeOf("dsseEnvelope", ["payload", "payloadType", "signatures"]);
const SIGNATURE = shapeOf("dsseEnvelope.signatures[0]", ["sig", "keyid"]);

/**
 * Reads a Sigstore bundle v0.1 to v0.3 (protobuf-specs, `sigstore_bundle.proto`, proto3 JSON) with the rules of its
 * version. Everything in the value is bounded and decoded; nothing is verified.
 */
export function readBundle(bytes: Uint8Array, bytesMax: number = BUNDLE_BYTES_MAX): Parsed<Bundle, BundleCode> {
  const json = readJson(bytes, { bytesMax, depthMax: JSON_DEPTH_MAX });
  return json.ok ? toBundle(json.value, bytesMax) : json;
}

/** Reads a bundle that is part of a larger document and parsed already, strictly, by `readJson`. */
export function toBundle(value: JsonValue, bytesMax: number = BUNDLE_BYTES_MAX): Parsed<Bundle, BundleCode> {
  const reading = startReading<BundleCode>();
  const document = toObject(reading, value, BUNDLE);
  const version = toVersion(reading, document["mediaType"]);
  const material = toObject(reading, document["verificationMaterial"], MATERIAL);
  const key = toKey(reading, material, version);
  const bundle: Bundle = {
    version,
    key,
    entries: toEntries(reading, material["tlogEntries"]),
    timestamps: toTimestamps(reading, material["timestampVerificationData"]),
    content: toContent(reading, document, bytesMax),
  };
  judgeVersion(reading, bundle);
  return reading.conclude(bundle);
}

function toVersion(reading: Reading<BundleCode>, value: JsonValue | undefined): BundleVersion {
  const mediaType = typeof value === "string" ? value : "";
  const version = VERSIONS.get(mediaType);
  if (version === undefined) reading.refuse("bundle-media-type", `the media type is ${quote(mediaType)}`);
  return version ?? "0.3";
}

const NO_KEY: BundleKey = { kind: "public-key", hint: "" };

function toKey(reading: Reading<BundleCode>, material: JsonObject, version: BundleVersion): BundleKey {
  const forms = ["certificate", "x509CertificateChain", "publicKey"].filter((form) => isPresent(material[form]));
  const [form] = forms;
  if (forms.length !== 1 || form === undefined) {
    reading.refuse("bundle-key-material", forms.length === 0 ? "no key material" : `both ${forms.join(" and ")}`);
    return NO_KEY;
  }
  if (form === "publicKey") {
    const publicKey = toObject(reading, material[form], PUBLIC_KEY);
    return { kind: "public-key", hint: toText(reading, publicKey["hint"], "publicKey.hint") };
  }
  if ((form === "certificate") !== (version === "0.3")) {
    reading.refuse("bundle-form", `a bundle v${version} with the member ${form}`);
  }
  if (form === "certificate") {
    return { kind: "certificate", leaf: toCertificate(reading, material[form]), chain: [] };
  }
  return toChain(reading, material[form]);
}

function toChain(reading: Reading<BundleCode>, value: JsonValue | undefined): BundleKey {
  const members = toArray(reading, toObject(reading, value, CHAIN)["certificates"], "certificates");
  if (members.length > CERTIFICATES_MAX) {
    reading.refuse("too-many-certificates", `${members.length} certificates, ${CERTIFICATES_MAX} are allowed`);
  }
  const [leaf, ...chain] = members.slice(0, CERTIFICATES_MAX).map((member) => toCertificate(reading, member));
  if (leaf) return { kind: "certificate", leaf, chain };
  reading.refuse("bundle-chain-empty", "a certificate chain without certificates");
  return NO_KEY;
}

function toCertificate(reading: Reading<BundleCode>, value: JsonValue | undefined): Uint8Array {
  const certificate = toObject(reading, value, CERTIFICATE);
  return toFullBytes(reading, certificate["rawBytes"], "certificate.rawBytes", CERTIFICATE_BYTES_MAX);
}

function toEntries(reading: Reading<BundleCode>, value: JsonValue | undefined): readonly TlogEntry[] {
  const entries = toArray(reading, value, "tlogEntries");
  if (entries.length > ENTRIES_MAX) {
    reading.refuse("too-many-entries", `${entries.length} log entries, ${ENTRIES_MAX} are allowed`);
  }
  return entries.slice(0, ENTRIES_MAX).map((entry) => toTlogEntry(reading, entry));
}

function toTimestamps(reading: Reading<BundleCode>, value: JsonValue | undefined): readonly Uint8Array[] {
  if (!isPresent(value)) return [];
  const member = toObject(reading, value, TIMESTAMPS)["rfc3161Timestamps"];
  const timestamps = toArray(reading, member, "rfc3161Timestamps");
  if (timestamps.length > TIMESTAMPS_MAX) {
    reading.refuse("too-many-timestamps", `${timestamps.length} timestamps, ${TIMESTAMPS_MAX} are allowed`);
  }
  return timestamps.slice(0, TIMESTAMPS_MAX).map((timestamp) => {
    const { signedTimestamp } = toObject(reading, timestamp, TIMESTAMP);
    return toFullBytes(reading, signedTimestamp, "rfc3161Timestamp.signedTimestamp", TIMESTAMP_BYTES_MAX);
  });
}

const NO_CONTENT: BundleContent = { kind: "message", signature: new Uint8Array(0) };

function toContent(reading: Reading<BundleCode>, document: JsonObject, bytesMax: number): BundleContent {
  const { messageSignature, dsseEnvelope } = document;
  const hasMessage = isPresent(messageSignature);
  if (hasMessage === isPresent(dsseEnvelope)) {
    const both = "both messageSignature and dsseEnvelope";
    reading.refuse("bundle-content", hasMessage ? both : "neither messageSignature nor dsseEnvelope");
    return NO_CONTENT;
  }
  return hasMessage ? toMessage(reading, messageSignature) : toEnvelope(reading, dsseEnvelope, bytesMax);
}

function toMessage(reading: Reading<BundleCode>, value: JsonValue | undefined): BundleContent {
  const message = toObject(reading, value, MESSAGE);
  const digest = isPresent(message["messageDigest"]) ? toMessageDigest(reading, message["messageDigest"]) : undefined;
  const signature = toFullBytes(reading, message["signature"], "messageSignature.signature", SIGNATURE_BYTES_MAX);
  return { kind: "message", ...(digest && { digest }), signature };
}

/** Reads a DSSE envelope that carries exactly one signature. */
export function toEnvelope(
  reading: Reading<"dsse-signature-count">,
  value: JsonValue | undefined,
  bytesMax: number,
): BundleContent {
  const envelope = toObject(reading, value, ENVELOPE);
  const signatures = toArray(reading, envelope["signatures"], "dsseEnvelope.signatures");
  if (signatures.length !== 1) {
    reading.refuse("dsse-signature-count", `${signatures.length} signatures in the envelope, exactly 1 is allowed`);
    return NO_CONTENT;
  }
  const signature = toObject(reading, signatures[0], SIGNATURE);
  return {
    kind: "dsse",
    payload: toBytes(reading, envelope["payload"], "dsseEnvelope.payload", bytesMax),
    payloadType: toFullText(reading, envelope["payloadType"], "dsseEnvelope.payloadType"),
    signature: toFullBytes(reading, signature["sig"], "dsseEnvelope.signatures[0].sig", SIGNATURE_BYTES_MAX),
    keyid: toText(reading, signature["keyid"], "dsseEnvelope.signatures[0].keyid"),
  };
}

/** What each version requires of every entry; and that two names of one key agree. */
function judgeVersion(reading: Reading<BundleCode>, { version, key, entries, content }: Bundle): void {
  for (const { logIndex, signedEntryTimestamp, inclusionProof } of entries) {
    if (version === "0.1") {
      if (!signedEntryTimestamp) reading.refuse("set-missing", `v0.1: entry ${logIndex} has no inclusion promise`);
    } else if (!inclusionProof) {
      reading.refuse("proof-missing", `v${version}: entry ${logIndex} has no inclusion proof`);
    } else if (inclusionProof.checkpoint === undefined) {
      reading.refuse("checkpoint-missing", `v${version}: the inclusion proof of entry ${logIndex} has no checkpoint`);
    }
  }
  if (key.kind !== "public-key" || content.kind !== "dsse" || key.hint === "" || content.keyid === "") return;
  if (key.hint !== content.keyid) reading.refuse("key-hint-mismatch", "the envelope names another key than the bundle");
}

function isPresent(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}
