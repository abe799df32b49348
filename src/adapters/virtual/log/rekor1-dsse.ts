import { bug } from "../../../core/bug.ts";
import { parseBase64, toBase64 } from "../../../core/bytes/base64.ts";
import { toHex } from "../../../core/bytes/hex.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { verifySignature } from "../../../core/crypto/public-key.ts";
import { sha256 } from "../../../core/digest.ts";
import { toPae } from "../../../core/dsse/pae.ts";
import { STATEMENT_PAYLOAD_TYPE } from "../../../core/dsse/statement.ts";
import { renderCanonicalJson } from "../../../core/json/canonical.ts";
import {
  shapeOf,
  startReading,
  toArray,
  toBytes,
  toFullBytes,
  toFullText,
  toObject,
  toText,
  type Reading,
} from "../../../core/json/fields.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson, readJsonText } from "../../../core/json/read-json.ts";
import { malformed, parsed, type Parsed } from "../../../core/parsed.ts";
import type { Proposed } from "./rekor1-proposed.ts";
import { keyDigest, parseVerifier, type Verifier } from "./rekor1-verifier.ts";

const PAYLOAD_BYTES_MAX = 3 * 1024 * 1024;
const SIGNATURE_BYTES_MAX = 65_536;
const KEY_BYTES_MAX = 65_536;
const SIGNATURES_MAX = 16;

const SHAPES = {
  spec: shapeOf("spec", ["proposedContent", "envelopeHash", "payloadHash", "signatures"]),
  content: shapeOf("spec.proposedContent", ["envelope", "verifiers"]),
  envelope: shapeOf("the envelope", ["payload", "payloadType", "signatures"]),
  signature: shapeOf("a signature of the envelope", ["keyid", "sig"]),
};

/**
 * Judges a proposed envelope (rekor `pkg/types/dsse/v0.0.1`): every signature must be that of one of the keys. The log
 * keeps the hash of the very text that was sent, the hash of the payload, and the signatures in the order of their text.
 */
export function judgeDsse(spec: JsonObject): Parsed<Proposed> {
  const reading = startReading();
  const { envelope: text, verifiers: keys } = toProposedContent(reading, spec);
  const json = readJsonText(text, JSON_DEPTH_MAX);
  const envelope = toEnvelope(reading, json.ok ? json.value : null);
  const read = reading.conclude(envelope);
  if (!json.ok) return json;
  if (!read.ok) return read;
  const verifiers: Verifier[] = [];
  for (const key of keys) {
    const verifier = parseVerifier(key);
    if (!verifier.ok) return verifier;
    verifiers.push(verifier.value);
  }
  const signers = matchSigners(envelope, verifiers);
  return signers
    ? parsed(toProposed(text, envelope, signers))
    : malformed("entry-signature", "all signatures must have a key that verifies it");
}

type Envelope = { readonly payload: Uint8Array; readonly payloadType: string; readonly signatures: readonly string[] };
type Signer = { readonly signature: string; readonly verifier: Verifier };

function toProposedContent(reading: Reading, spec: JsonObject) {
  const { proposedContent, ...computed } = toObject(reading, spec, SHAPES.spec);
  // Clients in Go send what the log computes as null.
  if (Object.values(computed).some((value) => value !== null)) {
    reading.refuse("field-type", "spec holds what the log computes beside proposedContent");
  }
  const { envelope, verifiers } = toObject(reading, proposedContent, SHAPES.content);
  const keys = toArray(reading, verifiers, "spec.proposedContent.verifiers");
  if (keys.length === 0 || keys.length > SIGNATURES_MAX) reading.refuse("field-missing", `${keys.length} verifiers`);
  return {
    envelope: toFullText(reading, envelope, "spec.proposedContent.envelope"),
    verifiers: keys.slice(0, SIGNATURES_MAX).map((key) => toFullBytes(reading, key, "a verifier", KEY_BYTES_MAX)),
  };
}

function toEnvelope(reading: Reading, value: JsonValue): Envelope {
  const envelope = toObject(reading, value, SHAPES.envelope);
  const signatures = toArray(reading, envelope["signatures"], "signatures");
  if (signatures.length === 0 || signatures.length > SIGNATURES_MAX) {
    reading.refuse("field-missing", `DSSE envelope must contain 1 or more signatures, not ${signatures.length}`);
  }
  return {
    payload: toBytes(reading, envelope["payload"], "payload", PAYLOAD_BYTES_MAX),
    payloadType: toFullText(reading, envelope["payloadType"], "payloadType"),
    signatures: signatures.slice(0, SIGNATURES_MAX).map((item) => {
      const { sig, keyid } = toObject(reading, item, SHAPES.signature);
      toText(reading, keyid, "keyid");
      return toBase64(toFullBytes(reading, sig, "sig", SIGNATURE_BYTES_MAX));
    }),
  };
}

/** The key that each signature verifies under; `undefined` when one has none. Equal signatures count once. */
function matchSigners(envelope: Envelope, verifiers: readonly Verifier[]): readonly Signer[] | undefined {
  const pae = toPae(envelope.payloadType, envelope.payload);
  const signers: Signer[] = [];
  for (const signature of new Set(envelope.signatures)) {
    const bytes = parseBase64(signature) ?? bug("a signature that was read is not base64");
    const verifier = verifiers.find(({ key }) => verifySignature(key, pae, bytes));
    if (!verifier) return undefined;
    signers.push({ signature, verifier });
  }
  return signers.toSorted((a, b) => (a.signature < b.signature ? -1 : 1));
}

function toProposed(text: string, envelope: Envelope, signers: readonly Signer[]): Proposed {
  const envelopeHash = toHex(sha256(toUtf8(text)));
  const payloadHash = toHex(sha256(envelope.payload));
  const body = renderCanonicalJson({
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: { algorithm: "sha256", value: envelopeHash },
      payloadHash: { algorithm: "sha256", value: payloadHash },
      signatures: signers.map(({ signature, verifier }) => ({ signature, verifier: toBase64(verifier.pem) })),
    },
  });
  const indexKeys = [
    ...signers.flatMap(({ verifier }) => [`sha256:${toHex(keyDigest(verifier))}`, ...verifier.subjects]),
    `sha256:${payloadHash}`,
    `sha256:${envelopeHash}`,
    ...(envelope.payloadType === STATEMENT_PAYLOAD_TYPE ? statementDigests(envelope.payload) : []),
  ];
  return { body: toUtf8(body), indexKeys };
}

/** Digests of subjects and of `predicate.materials`, which only the index keeps. A payload that is no statement has none. */
function statementDigests(payload: Uint8Array): readonly string[] {
  const json = readJson(payload, { bytesMax: PAYLOAD_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const statement = json.ok && isJsonObject(json.value) ? json.value : {};
  const predicate = isJsonObject(statement["predicate"]) ? statement["predicate"] : {};
  return [statement["subject"], predicate["materials"]].flatMap((list) =>
    isJsonArray(list) ? list.flatMap(digestsOf) : [],
  );
}

function digestsOf(item: JsonValue): readonly string[] {
  const digest = isJsonObject(item) && isJsonObject(item["digest"]) ? item["digest"] : {};
  return Object.entries(digest).flatMap(([algorithm, value]) =>
    typeof value === "string" ? [`${algorithm}:${value}`] : [],
  );
}
