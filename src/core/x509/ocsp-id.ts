import { enter, finish, leave, openDer, readContent, readElement, skip, type DerReader } from "../asn1/reader.ts";
import { TAG } from "../asn1/tag.ts";
import { readBitString, readInteger } from "../asn1/values.ts";
import { integer, octetString, sequence } from "../asn1/writer.ts";
import { bug } from "../bug.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parseHex } from "../bytes/hex.ts";
import { sha1 } from "../cms/sha1.ts";
import { parseDigestAlgorithm } from "../crypto/algorithm.ts";
import { hashBytes } from "../digest.ts";
import type { Certificate } from "./certificate.ts";

/** `CertID` (RFC 6960 §4.1.1): the issuer by hashes, the certificate by its serial number. */
type CertificateId = {
  readonly hash: ((data: Uint8Array) => Uint8Array) | undefined;
  readonly issuerName: Uint8Array;
  readonly issuerKey: Uint8Array;
  readonly serial: Uint8Array;
};
type Pair = { readonly certificate: Certificate; readonly issuer: Certificate };

/** SHA-1 names the issuer here and proves nothing: the response is verified under that issuer's key in any case. */
const SHA1_IDENTIFIER = der("300906052b0e03021a0500");
const SHA1_IDENTIFIERS = [SHA1_IDENTIFIER, der("300706052b0e03021a")];

/** Reads `CertID`; one with a hash that is not known is no certificate of ours. */
export function readCertificateId(r: DerReader<string>): CertificateId {
  const outer = enter(r, TAG.sequence);
  const identifier = readElement(r, TAG.sequence);
  const issuerName = readContent(r, TAG.octetString);
  const issuerKey = readContent(r, TAG.octetString);
  const serial = readInteger(r);
  leave(r, outer);
  return { hash: hashOf(identifier), issuerName, issuerKey, serial };
}

function hashOf(identifier: Uint8Array): CertificateId["hash"] {
  const name = parseDigestAlgorithm(identifier);
  if (name) return (data) => hashBytes(name, data);
  return SHA1_IDENTIFIERS.some((known) => sameBytes(known, identifier)) ? sha1 : undefined;
}

/** True when the identifier is that of a certificate. */
export function isSameCertificateId(id: CertificateId, { certificate, issuer }: Pair): boolean {
  const { hash, issuerName, issuerKey, serial } = id;
  if (!hash || !sameBytes(serial, certificate.serial)) return false;
  return sameBytes(issuerName, hash(issuer.subject)) && sameBytes(issuerKey, hash(keyBits(issuer)));
}

/**
 * `OCSPRequest` about one certificate, without a nonce: answers may be made in advance and kept. By SHA-1, the only hash
 * that all responders of public authorities know (RFC 5019 §2.1.1).
 */
export function ocspRequest({ certificate, issuer }: Pair): Uint8Array {
  const id = sequence([
    SHA1_IDENTIFIER,
    octetString(sha1(issuer.subject)),
    octetString(sha1(keyBits(issuer))),
    integer(certificate.serial),
  ]);
  return sequence([sequence([sequence([sequence([id])])])]);
}

/** The content of the subjectPublicKey BIT STRING, which is what is hashed for a key. */
export function keyBits({ spki }: Certificate): Uint8Array {
  const r = openDer(spki);
  const outer = enter(r, TAG.sequence);
  skip(r, TAG.sequence);
  const key = readBitString(r);
  leave(r, outer);
  const whole = finish(r, key);
  return whole.ok ? whole.value : new Uint8Array(0);
}

function der(hex: string): Uint8Array {
  return parseHex(hex) ?? bug(`hexadecimal ${hex}`);
}
