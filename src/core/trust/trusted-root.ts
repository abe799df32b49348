import { toUtf8 } from "../bytes/utf8.ts";
import { sha256, type Sha256 } from "../digest.ts";
import { renderCanonicalJson } from "../json/canonical.ts";
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
  type FieldCode,
  type Reading,
} from "../json/fields.ts";
import { isJsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, type JsonCode } from "../json/read-json.ts";
import type { Parsed } from "../parsed.ts";
import { toValidFor, type ValidFor, type ValidityCode } from "./valid-for.ts";

/**
 * Whom a trust domain trusts, and when: Sigstore's TrustedRoot (protobuf-specs, `sigstore_trustroot.proto`), decoded.
 * Its keys and certificates are looked at when it is compiled.
 */
export type TrustedRoot = {
  /** SHA-256 of the document in canonical JSON: the name under which verdicts and caches remember it. */
  readonly trustId: Sha256;
  readonly tlogs: readonly LogInstance[];
  readonly certificateAuthorities: readonly AuthorityInstance[];
  readonly ctlogs: readonly LogInstance[];
  readonly timestampAuthorities: readonly AuthorityInstance[];
};

/** `TransparencyLogInstance`: a transparency log or a CT log. */
export type LogInstance = {
  readonly baseUrl: string;
  readonly hashAlgorithm: string;
  readonly key: Uint8Array;
  /** A name of `PublicKeyDetails`; says how `key` is encoded. */
  readonly keyDetails: string;
  readonly validFor: ValidFor;
  readonly logId: Uint8Array;
  /** v0.2 alone. */
  readonly checkpointKeyId?: Uint8Array;
  /** Who runs it; empty where the document does not say. */
  readonly operator: string;
};

/** `CertificateAuthority`: a Fulcio, or a timestamp authority. */
export type AuthorityInstance = {
  readonly uri: string;
  /** DER; issuing certificate first, anchor last. */
  readonly chain: readonly Uint8Array[];
  readonly validFor: ValidFor;
  readonly operator: string;
};

export type TrustedRootCode =
  | JsonCode
  | FieldCode
  | ValidityCode
  | "trust-media-type"
  | "trust-too-many"
  | "trust-chain-empty";

export const TRUSTED_ROOT_BYTES_MAX = 4_194_304;

const MEDIA_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  "application/vnd.dev.sigstore.trustedroot.v0.1+json",
  "application/vnd.dev.sigstore.trustedroot.v0.2+json",
]);
const INSTANCES_MAX = 256;
const CHAIN_MAX = 10;
const CERTIFICATE_BYTES_MAX = 65_536;
const KEY_BYTES_MAX = 16_384;
const ID_BYTES_MAX = 64;

const ROOT = shapeOf("trusted root", [
  "mediaType",
  "tlogs",
  "certificateAuthorities",
  "ctlogs",
  "timestampAuthorities",
]);
const LOG = shapeOf("log", ["baseUrl", "hashAlgorithm", "publicKey", "logId", "checkpointKeyId", "operator"]);
const PUBLIC_KEY = shapeOf("publicKey", ["rawBytes", "keyDetails", "validFor"]);
const LOG_ID = shapeOf("logId", ["keyId"]);
const AUTHORITY = shapeOf("authority", ["subject", "uri", "certChain", "validFor", "operator"]);
const CHAIN = shapeOf("certChain", ["certificates"]);
const CERTIFICATE = shapeOf("certificate", ["rawBytes"]);

/** Reads a trusted root. Strict: an unknown member may change what the others mean, so it is refused, not skipped. */
export function readTrustedRoot(bytes: Uint8Array): Parsed<TrustedRoot, TrustedRootCode> {
  const json = readJson(bytes, { bytesMax: TRUSTED_ROOT_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  return json.ok ? toTrustedRoot(json.value) : json;
}

/** Reads a trusted root that is part of another document. */
export function toTrustedRoot(value: JsonValue): Parsed<TrustedRoot, TrustedRootCode> {
  const reading = startReading<TrustedRootCode>();
  const mediaType = toText(reading, isJsonObject(value) ? value["mediaType"] : undefined, "mediaType");
  if (!MEDIA_TYPES.has(mediaType)) reading.refuse("trust-media-type", `the media type is ${quote(mediaType)}`);
  const root = toObject(reading, value, ROOT);
  return reading.conclude({
    trustId: sha256(toUtf8(renderCanonicalJson(value))),
    tlogs: toInstances(reading, root["tlogs"], "tlogs").map((log) => toLog(reading, log)),
    certificateAuthorities: toInstances(reading, root["certificateAuthorities"], "certificateAuthorities").map((ca) =>
      toAuthority(reading, ca),
    ),
    ctlogs: toInstances(reading, root["ctlogs"], "ctlogs").map((log) => toLog(reading, log)),
    timestampAuthorities: toInstances(reading, root["timestampAuthorities"], "timestampAuthorities").map((tsa) =>
      toAuthority(reading, tsa),
    ),
  });
}

function toInstances(
  reading: Reading<TrustedRootCode>,
  value: JsonValue | undefined,
  where: string,
): readonly JsonValue[] {
  const instances = toArray(reading, value, where);
  if (instances.length > INSTANCES_MAX) reading.refuse("trust-too-many", `${instances.length} ${where}`);
  return instances.slice(0, INSTANCES_MAX);
}

function toLog(reading: Reading<TrustedRootCode>, value: JsonValue): LogInstance {
  const log = toObject(reading, value, LOG);
  const baseUrl = toFullText(reading, log["baseUrl"], "log.baseUrl");
  const publicKey = toObject(reading, log["publicKey"], PUBLIC_KEY);
  const logId = toObject(reading, log["logId"], LOG_ID);
  const { checkpointKeyId } = log;
  const keyId = isPresent(checkpointKeyId) ? toObject(reading, checkpointKeyId, LOG_ID)["keyId"] : undefined;
  return {
    baseUrl,
    hashAlgorithm: toFullText(reading, log["hashAlgorithm"], `${baseUrl}: hashAlgorithm`),
    key: toFullBytes(reading, publicKey["rawBytes"], `${baseUrl}: publicKey.rawBytes`, KEY_BYTES_MAX),
    keyDetails: toFullText(reading, publicKey["keyDetails"], `${baseUrl}: publicKey.keyDetails`),
    validFor: toValidFor(reading, publicKey["validFor"], baseUrl),
    logId: toFullBytes(reading, logId["keyId"], `${baseUrl}: logId.keyId`, ID_BYTES_MAX),
    ...(isPresent(keyId) && { checkpointKeyId: toBytes(reading, keyId, `${baseUrl}: checkpointKeyId`, ID_BYTES_MAX) }),
    operator: toText(reading, log["operator"], `${baseUrl}: operator`),
  };
}

/** Reads a `CertificateAuthority`. Its member `subject` is information: the certificates say their names themselves. */
export function toAuthority(reading: Reading<TrustedRootCode>, value: JsonValue): AuthorityInstance {
  const authority = toObject(reading, value, AUTHORITY);
  const uri = toText(reading, authority["uri"], "authority.uri");
  const members = toArray(reading, toObject(reading, authority["certChain"], CHAIN)["certificates"], "certificates");
  if (members.length === 0) reading.refuse("trust-chain-empty", `${uri}: no certificates`);
  if (members.length > CHAIN_MAX) reading.refuse("trust-too-many", `${uri}: ${members.length} certificates`);
  return {
    uri,
    chain: members.slice(0, CHAIN_MAX).map((member) => {
      const { rawBytes } = toObject(reading, member, CERTIFICATE);
      return toFullBytes(reading, rawBytes, `${uri}: certificate`, CERTIFICATE_BYTES_MAX);
    }),
    validFor: toValidFor(reading, authority["validFor"], uri),
    operator: toText(reading, authority["operator"], `${uri}: operator`),
  };
}

function isPresent(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}
