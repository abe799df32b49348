import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { contextPrimitive, TAG } from "../../src/core/asn1/tag.ts";
import {
  bitString,
  boolean,
  element,
  explicitTag,
  implicitTag,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
} from "../../src/core/asn1/writer.ts";
import { bug } from "../../src/core/bug.ts";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { signatureAlgorithm, type SignatureAlgorithm } from "../../src/core/crypto/algorithm.ts";
import { parseRfc3339, type UnixMs } from "../../src/core/time.ts";
import { parseCertificate, type Certificate } from "../../src/core/x509/certificate.ts";

/** Certificates made by hand, part by part, so that a test can have exactly one part wrong. */
export type Pair = {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly algorithm: SignatureAlgorithm;
  readonly spki: Uint8Array;
};

export function newPair(kind: "P-256" | "P-384" | "ed25519" | "rsa" = "P-256"): Pair {
  const { publicKey, privateKey } = generate(kind);
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { publicKey, privateKey, algorithm: algorithmOf(kind), spki };
}

function generate(kind: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === "rsa") return generateKeyPairSync("rsa", { modulusLength: 2048 });
  return kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: kind });
}

function algorithmOf(kind: string): SignatureAlgorithm {
  if (kind === "ed25519") return { key: "ed25519" };
  return kind === "rsa"
    ? { key: "rsa", hash: "sha256" }
    : { key: "ecdsa", hash: kind === "P-384" ? "sha384" : "sha256" };
}

export function signWith(pair: Pair, bytes: Uint8Array): Uint8Array {
  const { algorithm } = pair;
  return new Uint8Array(sign(algorithm.key === "ed25519" ? null : algorithm.hash, bytes, pair.privateKey));
}

/** The parts of a certificate, DER each, in their order. A test replaces some. */
export type Parts = {
  readonly version: Uint8Array;
  readonly serial: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly outerAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly validity: Uint8Array;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  /** What may stand before the extensions: unique identifiers, which are refused. */
  readonly identifiers: Uint8Array;
  /** `[3]`, whole. */
  readonly extensions: Uint8Array;
};

export type CertificateRequest = {
  readonly key: Pair;
  readonly subject: string;
  readonly issuer?: { readonly key: Pair; readonly subject: string };
  readonly extensions?: readonly Uint8Array[];
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly serial?: number;
  readonly parts?: Partial<Parts>;
};

export const NOT_BEFORE = "2026-01-01T00:00:00Z";
export const NOT_AFTER = "2026-01-01T00:10:00Z";

export function makeCertificateDer(request: CertificateRequest): Uint8Array {
  const issuer = request.issuer ?? request;
  const algorithm = signatureAlgorithm(issuer.key.algorithm);
  const parts: Parts = {
    version: explicitTag(0, integer(2)),
    serial: integer(request.serial ?? 4711),
    algorithm,
    outerAlgorithm: algorithm,
    issuer: makeName(issuer.subject),
    validity: sequence([time(at(request.notBefore ?? NOT_BEFORE)), time(at(request.notAfter ?? NOT_AFTER))]),
    subject: makeName(request.subject),
    spki: request.key.spki,
    identifiers: new Uint8Array(0),
    extensions: request.extensions ? explicitTag(3, sequence(request.extensions)) : new Uint8Array(0),
    ...request.parts,
  };
  const { outerAlgorithm, ...inside } = parts;
  const tbs = sequence(Object.values(inside));
  return sequence([tbs, outerAlgorithm, bitString(signWith(issuer.key, tbs))]);
}

export function makeCertificate(request: CertificateRequest): Certificate {
  const certificate = parseCertificate(makeCertificateDer(request));
  return certificate.ok ? certificate.value : bug(`${certificate.code} ${certificate.detail}`);
}

export function at(text: string): UnixMs {
  return parseRfc3339(text) ?? bug(text);
}

/** A Name of one common name. */
export function makeName(commonName: string): Uint8Array {
  return sequence([set([sequence([oid("2.5.4.3"), utf8String(commonName)])])]);
}

export function extension(id: string, value: Uint8Array, critical = false): Uint8Array {
  return sequence([oid(id), ...(critical ? [boolean(true)] : []), octetString(value)]);
}

export const basicConstraints = (pathLen?: number): Uint8Array =>
  extension("2.5.29.19", sequence([boolean(true), ...(pathLen === undefined ? [] : [integer(pathLen)])]), true);
export const keyUsage = (bits: number): Uint8Array => extension("2.5.29.15", namedBits(bits), true);
export const extendedKeyUsage = (ids: readonly string[], critical = false): Uint8Array =>
  extension("2.5.29.37", sequence(ids.map((id) => oid(id))), critical);
export const subjectKeyId = (id: Uint8Array): Uint8Array => extension("2.5.29.14", octetString(id));
export const authorityKeyId = (id: Uint8Array): Uint8Array =>
  extension("2.5.29.35", sequence([implicitTag(contextPrimitive(0), octetString(id))]));
export const subjectAltName = (names: readonly Uint8Array[]): Uint8Array =>
  extension("2.5.29.17", sequence(names), true);
export const fulcioText = (number: number, text: string): Uint8Array =>
  extension(`1.3.6.1.4.1.57264.1.${number}`, number >= 8 ? utf8String(text) : toUtf8(text));

export const uri = (text: string): Uint8Array => element(contextPrimitive(6), toUtf8(text));
export const email = (text: string): Uint8Array => element(contextPrimitive(1), toUtf8(text));
export const dns = (text: string): Uint8Array => element(contextPrimitive(2), toUtf8(text));
export const ipAddress = (...octets: number[]): Uint8Array => element(contextPrimitive(7), Uint8Array.from(octets));
export const otherName = (text: string, id = "1.3.6.1.4.1.57264.1.7"): Uint8Array =>
  element(0xa0, concatBytes([oid(id), explicitTag(0, utf8String(text))]));

export const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
export const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
export const EMPTY_SEQUENCE: Uint8Array = element(TAG.sequence, new Uint8Array(0));
