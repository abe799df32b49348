import { toBase64 } from "../../../core/bytes/base64.ts";
import { parseHex, toHex } from "../../../core/bytes/hex.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { ecPoint } from "../../../core/crypto/public-key.ts";
import { renderCanonicalJson } from "../../../core/json/canonical.ts";
import { shapeOf, startReading, toFullBytes, toFullText, toObject, type Reading } from "../../../core/json/fields.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../../core/json/read-json.ts";
import { malformed, parsed, type Parsed } from "../../../core/parsed.ts";
import type { VerifyPrehashed } from "../../../ports/prehash-verifier.ts";
import { judgeDsse } from "./rekor1-dsse.ts";
import type { Proposed } from "./rekor1-proposed.ts";
import { keyDigest, parseVerifier } from "./rekor1-verifier.ts";

/** Of a Rekor v1 as installations configure it. */
export const PROPOSAL_BYTES_MAX: number = 4 * 1024 * 1024;
const SIGNATURE_BYTES_MAX = 65_536;
const KEY_BYTES_MAX = 65_536;

const SHAPES = {
  proposal: shapeOf("the entry", ["apiVersion", "kind", "spec"]),
  spec: shapeOf("spec", ["data", "signature"]),
  data: shapeOf("spec.data", ["hash"]),
  hash: shapeOf("spec.data.hash", ["algorithm", "value"]),
  signature: shapeOf("spec.signature", ["content", "publicKey"]),
  publicKey: shapeOf("spec.signature.publicKey", ["content"]),
};

/**
 * Judges a proposed entry (rekor `pkg/types/hashedrekord/v0.0.1`, `pkg/types/dsse/v0.0.1`): its shape and its signatures.
 * A certificate's chain is not looked at. Other kinds are refused, which a real Rekor v1 takes.
 */
export function judgeProposedEntry(bytes: Uint8Array, verifyPrehashed: VerifyPrehashed): Parsed<Proposed> {
  const json = readJson(bytes, { bytesMax: PROPOSAL_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) return json;
  return judgeProposed(json.value, verifyPrehashed);
}

/** The same for an entry that is part of a request. */
export function judgeProposed(value: JsonValue, verifyPrehashed: VerifyPrehashed): Parsed<Proposed> {
  const reading = startReading();
  const proposal = toObject(reading, value, SHAPES.proposal);
  const read = reading.conclude(proposal);
  if (!read.ok) return read;
  const { kind, apiVersion, spec } = proposal;
  if (apiVersion !== "0.0.1") return malformed("entry-kind", "the version is not supported");
  if (kind === "dsse" && isJsonObject(spec)) return judgeDsse(spec);
  if (kind === "hashedrekord" && isJsonObject(spec)) return judgeHashedrekord(spec, verifyPrehashed);
  return malformed("entry-kind", "the kind is not supported");
}

/** Hash and curve that go together; the first is that of nearly all. */
const ALGORITHMS = [
  { name: "sha256", digestBytes: 32, curve: "P-256" },
  { name: "sha384", digestBytes: 48, curve: "P-384" },
] as const;

function judgeHashedrekord(spec: JsonObject, verifyPrehashed: VerifyPrehashed): Parsed<Proposed> {
  const reading = startReading();
  const request = toHashedrekord(reading, spec);
  const read = reading.conclude(request);
  if (!read.ok) return read;
  const { signature } = request;
  const verifier = parseVerifier(request.publicKey);
  if (!verifier.ok) return verifier;
  const digest = parseHex(request.value);
  const algorithm = ALGORITHMS.find(({ name }) => name === request.algorithm);
  const { curve, point } = ecPoint(verifier.value.key) ?? {};
  if (!algorithm || !curve || !point || algorithm.curve !== curve) {
    return malformed("entry-algorithm", "entry algorithms are not allowed");
  }
  if (digest?.length !== algorithm.digestBytes) return malformed("entry-hash", "invalid value for hash");
  if (!verifyPrehashed({ curve, point, digest, signature })) {
    return malformed(
      "entry-signature",
      "verifying signature: invalid signature when validating ASN.1 encoded signature",
    );
  }
  const { pem, subjects } = verifier.value;
  const body = renderCanonicalJson({
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: algorithm.name, value: request.value } },
      signature: { content: toBase64(signature), publicKey: { content: toBase64(pem) } },
    },
  });
  const indexKeys = [toHex(keyDigest(verifier.value)), ...subjects, `${algorithm.name}:${request.value}`];
  return parsed({ body: toUtf8(body), indexKeys });
}

function toHashedrekord(reading: Reading, spec: JsonObject) {
  const { data, signature } = toObject(reading, spec, SHAPES.spec);
  const { hash } = toObject(reading, data, SHAPES.data);
  const { algorithm, value } = toObject(reading, hash, SHAPES.hash);
  const { content, publicKey } = toObject(reading, signature, SHAPES.signature);
  const { content: key } = toObject(reading, publicKey, SHAPES.publicKey);
  return {
    algorithm: toFullText(reading, algorithm, "spec.data.hash.algorithm"),
    value: toFullText(reading, value, "spec.data.hash.value"),
    signature: toFullBytes(reading, content, "spec.signature.content", SIGNATURE_BYTES_MAX),
    publicKey: toFullBytes(reading, key, "spec.signature.publicKey.content", KEY_BYTES_MAX),
  };
}
