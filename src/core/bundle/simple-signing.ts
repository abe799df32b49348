import { parseDigestRef, type DigestRef } from "../digest.ts";
import { quote, shapeOf, startReading, toFullText, toObject, toText, type FieldCode } from "../json/fields.ts";
import { isJsonObject } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, type JsonCode } from "../json/read-json.ts";
import type { Parsed } from "../parsed.ts";
import { fail, pass, type Verdict } from "../verdict.ts";

/** What a Cosign image signature of the older layout signs (containers/image `containers-signature.5`, JSON data format). */
export type SimpleSigning = {
  /** Information only: a claim about the name, made by the signer. */
  readonly dockerReference: string;
  readonly digest: DigestRef;
};

export type SimpleSigningCode = JsonCode | FieldCode | "payload-type" | "payload-digest";
export type SimpleSigningReason = SimpleSigningCode | "payload-digest-mismatch";

const PAYLOAD_BYTES_MAX = 65_536;
const COSIGN_TYPE = "cosign container image signature";

const PAYLOAD = shapeOf("payload", ["critical", "optional"]);
const CRITICAL = shapeOf("payload.critical", ["identity", "image", "type"]);
const IMAGE = shapeOf("payload.critical.image", ["docker-manifest-digest"]);
const IDENTITY = shapeOf("payload.critical.identity", ["docker-reference"]);

/** Reads a simple-signing payload; its signature is judged elsewhere, over these very bytes. */
export function readSimpleSigning(payload: Uint8Array): Parsed<SimpleSigning, SimpleSigningCode> {
  const json = readJson(payload, { bytesMax: PAYLOAD_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) return json;
  const reading = startReading<SimpleSigningCode>();
  const critical = toObject(reading, toObject(reading, json.value, PAYLOAD)["critical"], CRITICAL);
  const image = toObject(reading, critical["image"], IMAGE);
  const identity = toObject(reading, critical["identity"], IDENTITY);
  const type = toFullText(reading, critical["type"], "payload.critical.type");
  if (type !== COSIGN_TYPE) reading.refuse("payload-type", `the payload is of type ${quote(type)}`);
  const text = toFullText(reading, image["docker-manifest-digest"], "docker-manifest-digest");
  const dockerReference = toText(reading, identity["docker-reference"], "docker-reference");
  const digest = parseDigestRef(text);
  if (digest) return reading.conclude({ dockerReference, digest });
  reading.refuse("payload-digest", `docker-manifest-digest is ${quote(text)}`);
  return reading.refused();
}

/** Judges whether a payload speaks of the image asked about. */
export function judgeSimpleSigning(payload: Uint8Array, image: DigestRef): Verdict<SimpleSigningReason> {
  const read = readSimpleSigning(payload);
  if (!read.ok) return fail(read.code, read.detail);
  if (read.value.digest === image) return pass;
  return fail("payload-digest-mismatch", `the payload is about ${read.value.digest}, not ${image}`);
}

/** One of the signer's own claims in `optional`: signed, and chosen by the signer. `undefined` when it is no text. */
export function claimOf(payload: Uint8Array, name: string): string | undefined {
  const json = readJson(payload, { bytesMax: PAYLOAD_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const optional = json.ok && isJsonObject(json.value) ? json.value["optional"] : undefined;
  const claim = isJsonObject(optional) && Object.hasOwn(optional, name) ? optional[name] : undefined;
  return typeof claim === "string" ? claim : undefined;
}
