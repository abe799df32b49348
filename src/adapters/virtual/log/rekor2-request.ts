import { bug } from "../../../core/bug.ts";
import { toBase64 } from "../../../core/bytes/base64.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { ecPoint, importPublicKey, type PublicKey } from "../../../core/crypto/public-key.ts";
import { renderCanonicalJson } from "../../../core/json/canonical.ts";
import { shapeOf, startReading, toFullBytes, toFullText, toObject, type Reading } from "../../../core/json/fields.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../../core/json/read-json.ts";
import { malformed, parsed, type Parsed } from "../../../core/parsed.ts";
import { parseCertificate } from "../../../core/x509/certificate.ts";
import type { VerifyPrehashed } from "../../../ports/prehash-verifier.ts";

/** rekor-tiles `--max-request-body-size`. */
export const REQUEST_BYTES_MAX: number = 4 * 1024 * 1024;
const SIGNATURE_BYTES_MAX = 4096;
const VERIFIER_BYTES_MAX = 32_768;
const DIGEST_BYTES_MAX = 64;

/**
 * The algorithms taken, by the one value of `keyDetails` that clients derive from the key: an entry with another value
 * would be verified nowhere. Of those that rekor-tiles takes, P-521, RSA and Ed25519ph are missing here.
 */
const ALGORITHMS: ReadonlyMap<
  string,
  { readonly curve: "P-256" | "P-384"; readonly hash: string; readonly digestBytes: number }
> = new Map([
  ["PKIX_ECDSA_P256_SHA_256", { curve: "P-256", hash: "SHA2_256", digestBytes: 32 }],
  ["PKIX_ECDSA_P384_SHA_384", { curve: "P-384", hash: "SHA2_384", digestBytes: 48 }],
]);

/** Every member by its name in JSON and its name in the proto file; grpc-gateway takes both and no other. */
const SHAPES = {
  request: shapeOf("the request", ["hashedRekordRequestV002", "hashed_rekord_request_v002"]),
  entry: shapeOf("hashedRekordRequestV002", ["digest", "signature"]),
  signature: shapeOf("signature", ["content", "verifier"]),
  verifier: shapeOf("verifier", [
    "publicKey",
    "public_key",
    "x509Certificate",
    "x509_certificate",
    "keyDetails",
    "key_details",
  ]),
  key: shapeOf("the key", ["rawBytes", "raw_bytes"]),
};

type Proposal = {
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly keyDetails: string;
  readonly kind: "x509Certificate" | "publicKey";
  readonly der: Uint8Array;
};

/**
 * Judges a request to log (rekor-tiles `internal/server/service.go`, `pkg/types/hashedrekord`): its shape, its algorithm, its signature
 * over the digest. The certificate's chain is not looked at. Gives the canonical body of the entry.
 */
export function judgeRequest(bytes: Uint8Array, verifyPrehashed: VerifyPrehashed): Parsed<Uint8Array> {
  const json = readJson(bytes, { bytesMax: REQUEST_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) return malformed("request-syntax", json.detail);
  const reading = startReading();
  const proposal = toProposal(reading, json.value);
  const read = reading.conclude(proposal);
  if (!read.ok) return malformed("request-shape", `proto: ${read.detail}`);
  const judged = judgeProposal(proposal, verifyPrehashed);
  return judged === undefined ? parsed(bodyOf(proposal)) : malformed("request-invalid", judged);
}

function toProposal(reading: Reading, value: JsonValue): Proposal {
  const request = toObject(reading, value, SHAPES.request);
  const entry = toObject(
    reading,
    either(request, "hashedRekordRequestV002", "hashed_rekord_request_v002"),
    SHAPES.entry,
  );
  const signature = toObject(reading, entry["signature"], SHAPES.signature);
  const verifier = toObject(reading, signature["verifier"], SHAPES.verifier);
  const certificate = either(verifier, "x509Certificate", "x509_certificate");
  const publicKey = either(verifier, "publicKey", "public_key");
  if ((certificate === undefined) === (publicKey === undefined)) {
    reading.refuse("field-type", "verifier is not exactly one of certificate and public key");
  }
  const key = toObject(reading, certificate ?? publicKey, SHAPES.key);
  return {
    digest: toFullBytes(reading, entry["digest"], "digest", DIGEST_BYTES_MAX),
    signature: toFullBytes(reading, signature["content"], "signature.content", SIGNATURE_BYTES_MAX),
    keyDetails: toFullText(reading, either(verifier, "keyDetails", "key_details"), "keyDetails"),
    kind: certificate === undefined ? "publicKey" : "x509Certificate",
    der: toFullBytes(reading, either(key, "rawBytes", "raw_bytes"), "rawBytes", VERIFIER_BYTES_MAX),
  };
}

function either(object: JsonObject, camel: string, snake: string): JsonValue | undefined {
  return object[camel] ?? object[snake] ?? undefined;
}

/** Says why a proposal is not taken; `undefined` when it is. */
function judgeProposal(proposal: Proposal, verifyPrehashed: VerifyPrehashed): string | undefined {
  const algorithm = ALGORITHMS.get(proposal.keyDetails);
  if (!algorithm) return `the algorithm ${proposal.keyDetails} is not supported`;
  const key = proposal.kind === "publicKey" ? importPublicKey(proposal.der) : keyOf(proposal.der);
  if (!key.ok) return key.detail;
  const { curve, point } = ecPoint(key.value) ?? {};
  if (curve !== algorithm.curve || !point) return `the key is not of ${proposal.keyDetails}`;
  if (proposal.digest.length !== algorithm.digestBytes) return `a digest of ${proposal.digest.length} bytes`;
  const { digest, signature } = proposal;
  return verifyPrehashed({ curve, point, digest, signature }) ? undefined : "the signature does not verify";
}

function keyOf(der: Uint8Array): Parsed<PublicKey> {
  const certificate = parseCertificate(der);
  return certificate.ok ? certificate.value.key() : certificate;
}

function bodyOf({ digest, signature, keyDetails, kind, der }: Proposal): Uint8Array {
  const { hash } = ALGORITHMS.get(keyDetails) ?? bug(`an entry of ${keyDetails}`);
  const data = { algorithm: hash, digest: toBase64(digest) };
  const verifier = { keyDetails, [kind]: { rawBytes: toBase64(der) } };
  const hashedRekordV002 = { data, signature: { content: toBase64(signature), verifier } };
  return toUtf8(renderCanonicalJson({ apiVersion: "0.0.2", kind: "hashedrekord", spec: { hashedRekordV002 } }));
}

/** Says whether a request is of the type that servers took until v2.3.0; it deserves a message of its own. */
export function isDsseRequest(bytes: Uint8Array): boolean {
  const json = readJson(bytes, { bytesMax: REQUEST_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  return json.ok && isJsonObject(json.value) && ("dsseRequestV002" in json.value || "dsse_request_v002" in json.value);
}
