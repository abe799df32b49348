import { header } from "../asn1/writer.ts";
import { contextConstructed, TAG } from "../asn1/tag.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { verifySignature, type PublicKey } from "../crypto/public-key.ts";
import type { Sha256 } from "../digest.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { parseUnixMs, type UnixMs } from "../time.ts";
import type { Certificate } from "./certificate.ts";

/** A signed certificate timestamp of version 1 (RFC 6962 §3.2), not verified. */
export type Sct = {
  /** SHA-256 of the log's SubjectPublicKeyInfo. */
  readonly logId: Uint8Array;
  readonly timestamp: UnixMs;
  /** Static-CT logs put the leaf's index here; signed with the rest. */
  readonly extensions: Uint8Array;
  readonly algorithm: "ecdsa" | "rsa";
  readonly signature: Uint8Array;
};

export type SctCode = "sct-syntax";

const SCTS_MAX = 16;
const HASH_SHA256 = 4;
const SIGNATURE_RSA = 1;
const SIGNATURE_ECDSA = 3;
const LOG_ID_BYTES = 32;

/** A cursor over a TLS vector (RFC 8446 §3.4): `pos` beyond the end means that something was missing. */
type Cursor = { readonly bytes: Uint8Array; pos: number };

/** Reads a `SignedCertificateTimestampList` (RFC 6962 §3.3): at least one SCT, nothing left over, only version 1. */
export function parseSctList(list: Uint8Array): Parsed<readonly Sct[], SctCode> {
  const r: Cursor = { bytes: list, pos: 0 };
  if (readNumber(r, 2) !== list.length - 2) return malformed("sct-syntax", "length of the list");
  const scts: Sct[] = [];
  while (r.pos < list.length) {
    const sct = parseSct(readVector(r));
    if (!sct || r.pos > list.length) return malformed("sct-syntax", `SCT ${scts.length + 1}`);
    scts.push(sct);
    if (scts.length > SCTS_MAX) return malformed("sct-syntax", `more than ${SCTS_MAX} SCTs`);
  }
  return scts.length > 0 ? parsed(scts) : malformed("sct-syntax", "no SCTs");
}

function parseSct(bytes: Uint8Array): Sct | undefined {
  const r: Cursor = { bytes, pos: 0 };
  const version = readNumber(r, 1);
  const logId = readBytes(r, LOG_ID_BYTES);
  const timestamp = parseUnixMs(readNumber(r, 8));
  const extensions = readVector(r);
  const hash = readNumber(r, 1);
  const algorithm = readNumber(r, 1);
  const signature = readVector(r);
  if (r.pos !== bytes.length || version !== 0 || hash !== HASH_SHA256 || timestamp === undefined) return undefined;
  if (algorithm !== SIGNATURE_ECDSA && algorithm !== SIGNATURE_RSA) return undefined;
  return { logId, timestamp, extensions, algorithm: algorithm === SIGNATURE_ECDSA ? "ecdsa" : "rsa", signature };
}

/** Verifies that the log with this key promised to log `certificate`, issued by the CA with that key (RFC 6962 §3.2). */
export function verifySct(sct: Sct, certificate: Certificate, issuerSpkiHash: Sha256, log: PublicKey): boolean {
  if (sct.algorithm !== (log.alg === "rsa" ? "rsa" : "ecdsa") || log.alg === "ed25519") return false;
  const signed = signedBytes(sct, preTbsOf(certificate), issuerSpkiHash);
  return verifySignature(log, signed, sct.signature, { hash: "sha256" });
}

/** What the log signed, for a `precert_entry`. */
function signedBytes(sct: Sct, preTbs: Uint8Array, issuerSpkiHash: Sha256): Uint8Array {
  return concatBytes([
    Uint8Array.of(0, 0),
    bigEndian(sct.timestamp, 8),
    Uint8Array.of(0, 1),
    issuerSpkiHash,
    bigEndian(preTbs.length, 3),
    preTbs,
    bigEndian(sct.extensions.length, 2),
    sct.extensions,
  ]);
}

/**
 * The TBSCertificate as the log saw it: without the SCT list, the three lengths around it adapted, every other byte
 * as it is.
 */
export function preTbsOf({ der, layout }: Certificate): Uint8Array {
  const { tbsContent, extensions, extensionList, extensionListEnd } = layout;
  const sct = layout.sct ?? { start: extensionListEnd, end: extensionListEnd };
  const listLength = sct.start - extensionList + extensionListEnd - sct.end;
  const list = header(TAG.sequence, listLength);
  const wrapper = header(contextConstructed(3), list.length + listLength);
  const tbs = header(TAG.sequence, extensions - tbsContent + wrapper.length + list.length + listLength);
  return concatBytes([
    tbs,
    der.subarray(tbsContent, extensions),
    wrapper,
    list,
    der.subarray(extensionList, sct.start),
    der.subarray(sct.end, extensionListEnd),
  ]);
}

function readVector(r: Cursor): Uint8Array {
  return readBytes(r, readNumber(r, 2));
}

function readBytes(r: Cursor, count: number): Uint8Array {
  const bytes = r.bytes.subarray(r.pos, r.pos + count);
  r.pos += count;
  return bytes;
}

/** Multiplication, not `<<`: a time stamp has 64 bits. Above 2^53 it is no longer exact, and no longer a time. */
function readNumber(r: Cursor, octets: number): number {
  let value = 0;
  for (const octet of readBytes(r, octets)) value = value * 256 + octet;
  return value;
}

function bigEndian(value: number, octets: number): Uint8Array {
  const bytes = new Uint8Array(octets);
  for (let i = octets - 1, left = value; i >= 0; i--, left = Math.floor(left / 256)) bytes[i] = left % 256;
  return bytes;
}
