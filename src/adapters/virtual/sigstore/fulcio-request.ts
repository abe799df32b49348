import { enter, finish, leave, openDer, readElement, type DerReader } from "../../../core/asn1/reader.ts";
import { contextConstructed, TAG } from "../../../core/asn1/tag.ts";
import { readBitString, readSmallInteger } from "../../../core/asn1/values.ts";
import { parseBase64 } from "../../../core/bytes/base64.ts";
import { parsePem } from "../../../core/bytes/pem.ts";
import { parseUtf8, toUtf8 } from "../../../core/bytes/utf8.ts";
import { parseSignatureAlgorithm } from "../../../core/crypto/algorithm.ts";
import { importPublicKey, verifySignature } from "../../../core/crypto/public-key.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../../core/json/read-json.ts";
import { malformed, parsed, type Parsed } from "../../../core/parsed.ts";
import type { Exchange } from "../serve.ts";

/** What is asked of Fulcio's v2 API (fulcio `fulcio.proto`, CreateSigningCertificateRequest), nothing verified. */
export type SigningRequest = {
  readonly token: string;
  /** Gives the SubjectPublicKeyInfo once possession of its private half is proven over the challenge. */
  readonly prove: (challenge: string) => Parsed<Uint8Array>;
};

export const REQUEST_BYTES_MAX: number = 64 * 1024;

/** Fulcio's own words (`pkg/server/error.go`), which clients show. */
export const MESSAGES = {
  token: "There was an error processing the identity token",
  signature: "The signature supplied in the request could not be verified",
  key: "The public key supplied in the request could not be parsed",
  csr: "The certificate signing request could not be parsed",
  log: "Error entering certificate in CTL",
} as const;

/** Reads the request; `undefined` when it is not a JSON object. Members may be in snake_case, as proto3 JSON allows. */
export function readSigningRequest(exchange: Exchange): SigningRequest | undefined {
  const json = readJson(exchange.body, { bytesMax: REQUEST_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok || !isJsonObject(json.value)) return undefined;
  const inBody = text(member(child(json.value, "credentials"), "oidcIdentityToken"));
  const token = inBody === "" ? bearerOf(exchange) : inBody;
  const csr = text(member(json.value, "certificateSigningRequest"));
  if (csr !== "") return { token, prove: () => proveByCsr(csr) };
  const request = child(json.value, "publicKeyRequest");
  const pem = text(member(child(request, "publicKey"), "content"));
  const proof = text(member(request, "proofOfPossession"));
  return { token, prove: (challenge) => proveBySignature(pem, proof, challenge) };
}

function bearerOf(exchange: Exchange): string {
  return /^Bearer ([^\s]+)$/i.exec(exchange.headers.authorization ?? "")?.[1] ?? "";
}

function proveBySignature(pem: string, proof: string, challenge: string): Parsed<Uint8Array> {
  const [spki] = parsePem(pem, "PUBLIC KEY") ?? [];
  const key = spki && importPublicKey(spki);
  if (!spki || key?.ok !== true) return malformed("key", MESSAGES.key);
  const signature = parseBase64(proof) ?? new Uint8Array(0);
  // P-384 with SHA-256 too: Fulcio takes it from old clients.
  const proven = verifySignature(key.value, toUtf8(challenge), signature, { allowSha256Compat: true });
  return proven ? parsed(spki) : malformed("signature", MESSAGES.signature);
}

/** PKCS #10 (RFC 2986 §4): of what it says only the key is used; the signature by it is the proof. */
function proveByCsr(encoded: string): Parsed<Uint8Array> {
  const pem = parseUtf8(parseBase64(encoded) ?? new Uint8Array(0)) ?? "";
  const [der] = parsePem(pem, "CERTIFICATE REQUEST") ?? [];
  if (!der) return malformed("csr", MESSAGES.csr);
  const r = openDer(der);
  const outer = enter(r, TAG.sequence);
  const signed = readElement(r, TAG.sequence);
  const algorithm = parseSignatureAlgorithm(readElement(r, TAG.sequence));
  const signature = readBitString(r);
  leave(r, outer);
  const spki = readRequestInfo(openDer(signed));
  if (!finish(r, undefined).ok || !spki || !algorithm) return malformed("csr", MESSAGES.csr);
  const key = importPublicKey(spki);
  if (!key.ok) return malformed("key", MESSAGES.key);
  const proven = verifySignature(
    key.value,
    signed,
    signature,
    algorithm.key === "ed25519" ? {} : { hash: algorithm.hash },
  );
  return proven ? parsed(spki) : malformed("signature", MESSAGES.signature);
}

function readRequestInfo(r: DerReader): Uint8Array | undefined {
  const outer = enter(r, TAG.sequence);
  readSmallInteger(r);
  readElement(r, TAG.sequence);
  const spki = readElement(r, TAG.sequence);
  readElement(r, contextConstructed(0));
  leave(r, outer);
  return finish(r, undefined).ok ? spki : undefined;
}

function child(object: JsonObject, name: string): JsonObject {
  const value = member(object, name);
  return isJsonObject(value) ? value : {};
}

function member(object: JsonObject, name: string): JsonValue | undefined {
  return object[name] ?? object[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
