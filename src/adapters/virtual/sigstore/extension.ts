import { contextConstructed, contextPrimitive } from "../../../core/asn1/tag.ts";
import {
  boolean,
  element,
  explicitTag,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  utf8String,
} from "../../../core/asn1/writer.ts";
import { bug } from "../../../core/bug.ts";
import { concatBytes } from "../../../core/bytes/bytes.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { sha256 } from "../../../core/digest.ts";
import type { San } from "../../../core/x509/san.ts";

/** What a log promised: SignedCertificateTimestamp of RFC 6962 §3.2, its signature a DER ECDSA one over SHA-256. */
export type SignedCertificateTimestamp = {
  readonly logId: Uint8Array;
  readonly timestamp: number;
  readonly extensions: Uint8Array;
  readonly signature: Uint8Array;
};

/** Encoded once: object identifiers are a tenth of the cost of a certificate. */
const ID = {
  subjectKeyId: oid("2.5.29.14"),
  keyUsage: oid("2.5.29.15"),
  subjectAltName: oid("2.5.29.17"),
  basicConstraints: oid("2.5.29.19"),
  authorityKeyId: oid("2.5.29.35"),
  extendedKeyUsage: oid("2.5.29.37"),
  poison: oid("1.3.6.1.4.1.11129.2.4.3"),
  sctList: oid("1.3.6.1.4.1.11129.2.4.2"),
};
const FULCIO_ARCS: readonly Uint8Array[] = Array.from({ length: 25 }, (_, number) =>
  oid(`1.3.6.1.4.1.57264.1.${number}`),
);
const CRITICAL = boolean(true);

/** Extensions of RFC 5280 §4.2 and of Fulcio (`docs/oid-info.md`), each a whole `Extension` in DER. */
function extension(id: Uint8Array, value: Uint8Array, critical = false): Uint8Array {
  return sequence([id, ...(critical ? [CRITICAL] : []), octetString(value)]);
}

export function basicConstraints(pathLength?: number): Uint8Array {
  const value = sequence([boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)])]);
  return extension(ID.basicConstraints, value, true);
}

/** `bits` as in `KEY_USAGE` of core/x509. */
export function keyUsage(bits: number): Uint8Array {
  return extension(ID.keyUsage, namedBits(bits), true);
}

/** The time-stamping purpose must be critical (RFC 3161 §2.3). */
export function extendedKeyUsage(purpose: string, critical = false): Uint8Array {
  return extension(ID.extendedKeyUsage, sequence([oid(purpose)]), critical);
}

export function subjectKeyId(spki: Uint8Array): Uint8Array {
  return extension(ID.subjectKeyId, octetString(keyId(spki)));
}

export function authorityKeyId(spki: Uint8Array): Uint8Array {
  return extension(ID.authorityKeyId, sequence([element(contextPrimitive(0), keyId(spki))]));
}

/** The left 20 bytes of SHA-256 (RFC 7093 §2, method 4, which takes the whole SubjectPublicKeyInfo): no SHA-1 here. */
function keyId(spki: Uint8Array): Uint8Array {
  return sha256(spki).slice(0, 20);
}

/** Critical, as it must be where the subject is empty (RFC 5280 §4.2.1.6). */
export function subjectAltName(name: San): Uint8Array {
  return subjectAltNames([name]);
}

/** Several names, which Fulcio never writes. */
export function subjectAltNames(names: readonly San[]): Uint8Array {
  return extension(ID.subjectAltName, sequence(names.map(({ type, value }) => generalName(type, value))), true);
}

function generalName(type: San["type"], value: string): Uint8Array {
  if (type === "other-name") {
    const name = concatBytes([fulcioId(7), explicitTag(0, utf8String(value))]);
    return element(contextConstructed(0), name);
  }
  const tag = { email: 1, dns: 2, uri: 6 }[type];
  return element(contextPrimitive(tag), toUtf8(value));
}

function fulcioId(number: number): Uint8Array {
  return FULCIO_ARCS[number] ?? bug(`Fulcio has no extension .${number}`);
}

/** Raw text for the deprecated ones, a UTF8String from `.8` on. */
export function fulcioExtension(number: number, text: string): Uint8Array {
  return extension(fulcioId(number), number < 8 ? toUtf8(text) : utf8String(text));
}

/** What makes a precertificate unusable (RFC 6962 §3.1). */
export function poison(): Uint8Array {
  return extension(ID.poison, nullValue(), true);
}

const SHA256_ECDSA = Uint8Array.of(4, 3);

/** SignedCertificateTimestampList (RFC 6962 §3.3), in an OCTET STRING of its own. */
export function sctList(scts: readonly SignedCertificateTimestamp[]): Uint8Array {
  const list = concatBytes(scts.map((sct) => withLength16(serializedSct(sct))));
  return extension(ID.sctList, octetString(withLength16(list)));
}

function serializedSct({ logId, timestamp, extensions, signature }: SignedCertificateTimestamp): Uint8Array {
  const head = new Uint8Array(41);
  head.set(logId, 1);
  new DataView(head.buffer).setBigUint64(33, BigInt(timestamp));
  return concatBytes([head, withLength16(extensions), SHA256_ECDSA, withLength16(signature)]);
}

function withLength16(bytes: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}
