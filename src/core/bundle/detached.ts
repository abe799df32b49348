import { parseHex } from "../bytes/hex.ts";
import { parsePem } from "../bytes/pem.ts";
import {
  shapeOf,
  startReading,
  toBytes,
  toCount,
  toFullBytes,
  toFullText,
  toObject,
  type OwnReading,
} from "../json/fields.ts";
import { isJsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, readJsonText } from "../json/read-json.ts";
import type { Parsed } from "../parsed.ts";
import type { Bundle, BundleContent, BundleKey, TlogEntry } from "./bundle.ts";
import { toEnvelope, BUNDLE_BYTES_MAX, type BundleCode } from "./read.ts";

/** One layer of Cosign's older layout: what the tag `sha256-<hex>.sig` or `.att` holds for each signature. */
export type DetachedLayer = {
  readonly mediaType: string;
  /** Of the layer's descriptor. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly blob: Uint8Array;
};

export type DetachedCode = BundleCode | "layer-media-type" | "annotation-syntax";

export const SIMPLE_SIGNING_MEDIA_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";
export const DSSE_MEDIA_TYPE = "application/vnd.dsse.envelope.v1+json";

const ANNOTATION = {
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
  chain: "dev.sigstore.cosign/chain",
  bundle: "dev.sigstore.cosign/bundle",
  timestamp: "dev.sigstore.cosign/rfc3161timestamp",
} as const;

const ANNOTATION_CHARACTERS_MAX = 1_048_576;
const CHAIN_MAX = 9;
const SIGNATURE_BYTES_MAX = 65_536;
const TIMESTAMP_BYTES_MAX = 65_536;
const LOG_ID_BYTES = 32;
const NO_BYTES: Uint8Array = new Uint8Array(0);

const REKOR_BUNDLE = shapeOf("annotation bundle", ["SignedEntryTimestamp", "Payload"]);
const REKOR_PAYLOAD = shapeOf("annotation bundle.Payload", ["body", "integratedTime", "logIndex", "logID"]);
const TIMESTAMP = shapeOf("annotation rfc3161timestamp", ["SignedRFC3161Timestamp"]);

/**
 * Reads a detached layer into a bundle of version `detached` (cosign `specs/SIGNATURE_SPEC.md`): at most one entry,
 * with a SET and without a proof. For a signature layer the artifact is the blob itself, the simple-signing payload.
 */
export function readDetached(layer: DetachedLayer): Parsed<Bundle, DetachedCode> {
  const reading = startReading<DetachedCode>();
  const entry = toEntry(reading, layer.annotations[ANNOTATION.bundle]);
  const timestamp = toTimestamp(reading, layer.annotations[ANNOTATION.timestamp]);
  const bundle: Bundle = {
    version: "detached",
    key: toKey(reading, layer),
    entries: entry ? [entry] : [],
    timestamps: timestamp ? [timestamp] : [],
    content: toContent(reading, layer),
  };
  return reading.conclude(bundle);
}

function toKey(reading: OwnReading<DetachedCode>, { annotations }: DetachedLayer): BundleKey {
  const pem = annotations[ANNOTATION.certificate] ?? "";
  if (pem === "") return { kind: "public-key", hint: "" };
  const [leaf = NO_BYTES, ...more] = parsePem(pem, "CERTIFICATE") ?? [];
  if (leaf === NO_BYTES || more.length > 0) reading.refuse("annotation-syntax", "not one certificate, in PEM");
  return { kind: "certificate", leaf, chain: toChain(reading, annotations[ANNOTATION.chain] ?? "") };
}

function toChain(reading: OwnReading<DetachedCode>, pem: string): readonly Uint8Array[] {
  if (pem === "") return [];
  const chain = parsePem(pem, "CERTIFICATE") ?? [];
  if (chain.length === 0) reading.refuse("annotation-syntax", "the chain is not PEM");
  if (chain.length > CHAIN_MAX) reading.refuse("too-many-certificates", `a chain of ${chain.length} certificates`);
  return chain;
}

function toContent(reading: OwnReading<DetachedCode>, layer: DetachedLayer): BundleContent {
  if (layer.mediaType === SIMPLE_SIGNING_MEDIA_TYPE) {
    const where = `annotation ${ANNOTATION.signature}`;
    const signature = toFullBytes(reading, layer.annotations[ANNOTATION.signature], where, SIGNATURE_BYTES_MAX);
    return { kind: "message", signature };
  }
  if (layer.mediaType !== DSSE_MEDIA_TYPE) {
    reading.refuse("layer-media-type", `the layer is ${layer.mediaType.slice(0, 80)}`);
  }
  const json = readJson(layer.blob, { bytesMax: BUNDLE_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) reading.refuse(json.code, json.detail);
  const content = toEnvelope(reading, json.ok ? json.value : {}, BUNDLE_BYTES_MAX);
  return content.kind === "dsse" ? { ...content, envelope: layer.blob } : content;
}

/** `{SignedEntryTimestamp, Payload: {body, integratedTime, logIndex, logID}}`: a promise, never a proof. */
function toEntry(reading: OwnReading<DetachedCode>, annotation: string | undefined): TlogEntry | undefined {
  const value = toAnnotation(reading, annotation);
  if (value === undefined) return undefined;
  const promise = toObject(reading, value, REKOR_BUNDLE);
  const payload = toObject(reading, promise["Payload"], REKOR_PAYLOAD);
  const logId = parseHex(toFullText(reading, payload["logID"], "annotation bundle.Payload.logID"));
  if (logId?.length !== LOG_ID_BYTES) reading.refuse("annotation-syntax", "logID is not 64 hexadecimal digits");
  const body = toFullBytes(reading, payload["body"], "annotation bundle.Payload.body", BUNDLE_BYTES_MAX);
  const set = promise["SignedEntryTimestamp"];
  return {
    logIndex: toCount(reading, payload["logIndex"], "annotation bundle.Payload.logIndex"),
    logId: logId ?? NO_BYTES,
    ...kindOf(body),
    integratedTime: toCount(reading, payload["integratedTime"], "annotation bundle.Payload.integratedTime"),
    signedEntryTimestamp: toFullBytes(reading, set, "annotation bundle.SignedEntryTimestamp", SIGNATURE_BYTES_MAX),
    canonicalizedBody: body,
  };
}

/** The layout names no kind beside the body. What cannot be read has none, which the judge refuses with the right code. */
function kindOf(body: Uint8Array): { readonly kind: string; readonly apiVersion: string } {
  const json = readJson(body, { bytesMax: BUNDLE_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const { kind, apiVersion } = json.ok && isJsonObject(json.value) ? json.value : {};
  return {
    kind: typeof kind === "string" ? kind : "",
    apiVersion: typeof apiVersion === "string" ? apiVersion : "",
  };
}

function toTimestamp(reading: OwnReading<DetachedCode>, annotation: string | undefined): Uint8Array | undefined {
  const value = toAnnotation(reading, annotation);
  if (value === undefined) return undefined;
  const { SignedRFC3161Timestamp: member } = toObject(reading, value, TIMESTAMP);
  return toBytes(reading, member, "annotation rfc3161timestamp", TIMESTAMP_BYTES_MAX);
}

/** An annotation that holds JSON; absent and empty are the same. */
function toAnnotation(reading: OwnReading<DetachedCode>, text: string | undefined): JsonValue | undefined {
  if (text === undefined || text === "") return undefined;
  if (text.length > ANNOTATION_CHARACTERS_MAX)
    reading.refuse("too-large", `an annotation of ${text.length} characters`);
  const json = readJsonText(text.slice(0, ANNOTATION_CHARACTERS_MAX), JSON_DEPTH_MAX);
  if (json.ok) return json.value;
  reading.refuse(json.code, json.detail);
  return undefined;
}
