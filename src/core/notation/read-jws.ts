import { concatBytes } from "../bytes/bytes.ts";
import { parseBase64Url } from "../bytes/base64.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import {
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
  type Shape,
} from "../json/fields.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { readJson } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { parseRfc3339, type UnixMs } from "../time.ts";
import type { NonEmpty } from "../verdict.ts";
import { parseAlgorithm } from "./algorithm.ts";
import { ATTRIBUTE, readAttributes, UNSIGNED, type ProtectedHeader } from "./attributes.ts";
import {
  CERTIFICATE_BYTES_MAX,
  CHAIN_CERTIFICATES_MAX,
  ENVELOPE_BYTES_MAX,
  TIMESTAMP_BYTES_MAX,
  type NotationEnvelope,
} from "./envelope.ts";
import type { EnvelopeReason } from "./reason.ts";

type Read<T> = Parsed<T, EnvelopeReason>;

const DEPTH_MAX = 8;
const ENVELOPE = shapeOf("the envelope", ["payload", "protected", "header", "signature"]);
/** Unsigned names of the project's own that are not known say nothing and are passed over: an agent was once spelt otherwise. */
const HEADER_NAME = /^(?:x5c$|io\.cncf\.notary\.)/;
/** Read by JWS itself. */
const OWN = ["alg", "cty", "crit"];

type Members = {
  readonly texts: Readonly<Record<"payload" | "protected" | "signature", string>>;
  readonly chain: readonly Uint8Array[];
  readonly timestamp: Uint8Array;
};

/** Reads an envelope in JWS JSON, flattened (RFC 7515 §7.2.2; Notary Project signature-envelope-jws). */
export function readJwsEnvelope(bytes: Uint8Array): Read<NotationEnvelope> {
  const json = readJson(bytes, { bytesMax: ENVELOPE_BYTES_MAX, depthMax: DEPTH_MAX });
  if (!json.ok) return json;
  const members = readMembers(json.value);
  if (!members.ok) return members;
  const { texts, chain, timestamp } = members.value;
  const payload = parseBase64Url(texts.payload);
  const header = parseBase64Url(texts.protected);
  const signature = parseBase64Url(texts.signature);
  if (!payload || !header || !signature) {
    return malformed("notation-envelope", "payload, protected or signature is not canonical base64url");
  }
  const signed = readProtected(header);
  if (!signed.ok) return signed;
  const [leaf, ...issuers] = chain;
  if (!leaf) return malformed("notation-envelope", "no certificates");
  return parsed({
    format: "jws",
    ...signed.value,
    signedBytes: concatBytes([toUtf8(texts.protected), Uint8Array.of(0x2e), toUtf8(texts.payload)]),
    signature,
    payload,
    chain: [leaf, ...issuers] satisfies NonEmpty<Uint8Array>,
    ...(timestamp.length > 0 && { timestamp }),
  });
}

function readMembers(value: JsonValue): Read<Members> {
  const reading = startReading<EnvelopeReason>();
  const envelope = toObject(reading, value, ENVELOPE);
  const header = toObject(reading, envelope["header"], headerShape(envelope["header"]));
  const certificates = toArray(reading, header["x5c"], "x5c");
  if (certificates.length > CHAIN_CERTIFICATES_MAX) {
    reading.refuse("too-many-certificates", `${certificates.length} where ${CHAIN_CERTIFICATES_MAX} are allowed`);
  }
  toText(reading, header[UNSIGNED.agent], UNSIGNED.agent);
  const read = reading.conclude({
    texts: {
      payload: toFullText(reading, envelope["payload"], "payload"),
      protected: toFullText(reading, envelope["protected"], "protected"),
      signature: toFullText(reading, envelope["signature"], "signature"),
    },
    chain: certificates
      .slice(0, CHAIN_CERTIFICATES_MAX)
      .map((der, i) => toFullBytes(reading, der, `x5c[${i}]`, CERTIFICATE_BYTES_MAX)),
    timestamp: toBytes(reading, header[UNSIGNED.timestamp], UNSIGNED.timestamp, TIMESTAMP_BYTES_MAX),
  });
  return read.ok ? read : toReason(read);
}

function headerShape(header: JsonValue | undefined): Shape {
  const names = isJsonObject(header) ? Object.keys(header) : [];
  return shapeOf(
    "header",
    names.filter((name) => HEADER_NAME.test(name)),
  );
}

type FromProtected = Pick<NotationEnvelope, "algorithm" | "attributes">;

function readProtected(bytes: Uint8Array): Read<FromProtected> {
  const json = readJson(bytes, { bytesMax: bytes.length, depthMax: DEPTH_MAX });
  if (!json.ok) return json;
  if (!isJsonObject(json.value)) return malformed("notation-envelope", "protected is not an object");
  const reading = startReading<EnvelopeReason>();
  const header = toHeader(reading, json.value);
  const algorithm = parseAlgorithm(toText(reading, json.value["alg"], "alg"));
  const read = reading.conclude(header);
  if (!read.ok) return toReason(read);
  if (!algorithm) return malformed("notation-algorithm", `alg ${JSON.stringify(json.value["alg"])?.slice(0, 60)}`);
  const attributes = readAttributes(read.value);
  return attributes.ok ? parsed({ algorithm, attributes: attributes.value }) : attributes;
}

function toHeader(reading: Reading<EnvelopeReason>, object: JsonObject): ProtectedHeader {
  return {
    names: Object.keys(object),
    own: OWN,
    critical: toArray(reading, object["crit"], "crit").map((name) => toFullText(reading, name, "a member of crit")),
    contentType: toText(reading, object["cty"], "cty"),
    scheme: toText(reading, object[ATTRIBUTE.scheme], ATTRIBUTE.scheme),
    signingTime: toInstant(reading, object, ATTRIBUTE.signingTime),
    authenticSigningTime: toInstant(reading, object, ATTRIBUTE.authenticSigningTime),
    expiry: toInstant(reading, object, ATTRIBUTE.expiry),
  };
}

function toInstant(reading: Reading<EnvelopeReason>, object: JsonObject, name: string): UnixMs | undefined {
  if (!Object.hasOwn(object, name)) return undefined;
  const at = parseRfc3339(toText(reading, object[name], name));
  if (at === undefined) reading.refuse("notation-envelope", `${name} is no time of RFC 3339`);
  return at;
}

type Refused = { readonly ok: false; readonly code: EnvelopeReason | FieldCode; readonly detail: string };

/** What is wrong with a member is told; that it is the envelope's is what counts. */
function toReason({ code, detail }: Refused): Read<never> {
  return malformed(isFieldCode(code) ? "notation-envelope" : code, detail);
}

const FIELD_CODES: ReadonlySet<string> = new Set<FieldCode>([
  "field-missing",
  "field-type",
  "unknown-field",
  "base64",
  "int",
  "too-large",
]);

function isFieldCode(code: EnvelopeReason | FieldCode): code is FieldCode {
  return FIELD_CODES.has(code);
}
