import { randomBytes, sign } from "node:crypto";
import { bitString, explicitTag, integer, oid, sequence, set, time, utf8String } from "../../../core/asn1/writer.ts";
import { bug } from "../../../core/bug.ts";
import { signatureAlgorithm } from "../../../core/crypto/algorithm.ts";
import type { UnixMs } from "../../../core/time.ts";
import { KEY_USAGE } from "../../../core/x509/extensions.ts";
import { authorityKeyId, basicConstraints, extendedKeyUsage, keyUsage, subjectKeyId } from "./extension.ts";
import type { KeyPair } from "./keys.ts";

/** A certificate and the key it speaks for. `subject`: Name, DER. */
export type Authority = {
  readonly key: KeyPair;
  readonly certificate: Uint8Array;
  readonly subject: Uint8Array;
};

export type Validity = { readonly notBefore: UnixMs; readonly notAfter: UnixMs };

/** What is in a certificate but the signature. */
export type CertificateBody = Validity & {
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  /** Unsigned, big-endian; a random one of 16 bytes unless given. */
  readonly serial?: Uint8Array;
  readonly extensions: readonly Uint8Array[];
};

/** Signs a certificate of version 3 (RFC 5280 §4.1) with the issuer's key, hashed as goes with its curve. */
export function signCertificate(
  issuer: { readonly key: KeyPair; readonly subject: Uint8Array },
  body: CertificateBody,
): Uint8Array {
  const algorithm = signatureAlgorithm(algorithmOf(issuer.key));
  const tbs = sequence([
    VERSION_3,
    integer(body.serial ?? newSerial()),
    algorithm,
    issuer.subject,
    sequence([time(body.notBefore), time(body.notAfter)]),
    body.subject,
    body.spki,
    explicitTag(3, sequence(body.extensions)),
  ]);
  return sequence([tbs, algorithm, bitString(signBytes(issuer.key, tbs))]);
}

/** Signs as certificates and CMS do: DER signatures, SHA-256 or SHA-384 by the curve, Ed25519 pure. */
export function signBytes(key: KeyPair, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(sign(hashOf(key), bytes, key.privateKey));
}

export function algorithmOf(
  key: KeyPair,
): { readonly key: "ecdsa"; readonly hash: "sha256" | "sha384" } | { readonly key: "ed25519" } {
  const hash = hashOf(key);
  return hash === null ? { key: "ed25519" } : { key: "ecdsa", hash };
}

function hashOf(key: KeyPair): "sha256" | "sha384" | null {
  if (key.kind === "ed25519") return null;
  if (key.kind === "rsa2048") return bug("no authority here has an RSA key");
  return key.kind === "p384" ? "sha384" : "sha256";
}

const VERSION_3 = explicitTag(0, integer(2));

/** Random, so that two certificates of one second differ; never zero, never negative. */
export function newSerial(): Uint8Array {
  const serial = new Uint8Array(randomBytes(16));
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

/** A Name of organization and common name; empty when both are absent. */
export function distinguishedName(organization?: string, commonName?: string): Uint8Array {
  return sequence([
    ...(organization === undefined ? [] : [attribute("2.5.4.10", organization)]),
    ...(commonName === undefined ? [] : [attribute("2.5.4.3", commonName)]),
  ]);
}

function attribute(id: string, text: string): Uint8Array {
  return set([sequence([oid(id), utf8String(text)])]);
}

export type AuthorityRequest = Validity & { readonly key: KeyPair; readonly subject: Uint8Array };

/** A self-signed root for one level of intermediates. */
export function newRoot({ key, subject, ...validity }: AuthorityRequest): Authority {
  const extensions = [
    keyUsage(KEY_USAGE.keyCertSign + KEY_USAGE.cRLSign),
    basicConstraints(1),
    subjectKeyId(key.spki),
    authorityKeyId(key.spki),
  ];
  const body = { subject, spki: key.spki, extensions, ...validity };
  return { key, subject, certificate: signCertificate({ key, subject }, body) };
}

/** An intermediate that may issue leaves of one purpose and no further authorities. */
export function newIntermediate(root: Authority, request: AuthorityRequest & { readonly purpose: string }): Authority {
  const { key, subject, purpose, notBefore, notAfter } = request;
  const extensions = [
    keyUsage(KEY_USAGE.keyCertSign + KEY_USAGE.cRLSign),
    extendedKeyUsage(purpose),
    basicConstraints(0),
    subjectKeyId(key.spki),
    authorityKeyId(root.key.spki),
  ];
  const certificate = signCertificate(root, { subject, spki: key.spki, extensions, notBefore, notAfter });
  return { key, subject, certificate };
}
