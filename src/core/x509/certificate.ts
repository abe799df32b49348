import { enter, finish, leave, more, nextTag, openDer, readElement, refuse, type DerReader } from "../asn1/reader.ts";
import { contextConstructed, TAG } from "../asn1/tag.ts";
import { readTime } from "../asn1/time.ts";
import { readBitString, readInteger, readSmallInteger } from "../asn1/values.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parseSignatureAlgorithm, type SignatureAlgorithm } from "../crypto/algorithm.ts";
import { importPublicKey, type KeyCode, type PublicKey } from "../crypto/public-key.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import { noExtensions, readExtensions, type Extensions } from "./extensions.ts";
import type { CertificateCode } from "./certificate-code.ts";
import type { San } from "./san.ts";

/** A certificate (RFC 5280 §4.1), read and not verified. All bytes are views of `der`. */
export type Certificate = {
  readonly der: Uint8Array;
  /** TBSCertificate, its header included: what the issuer signed. */
  readonly tbs: Uint8Array;
  /** Content of the INTEGER: at most 20 octets, not negative. */
  readonly serial: Uint8Array;
  /** Names in DER, compared byte for byte. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Both ends are inside. */
  readonly notBefore: UnixMs;
  readonly notAfter: UnixMs;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** `undefined` for an algorithm that is never accepted; the certificate may still be read, as an anchor is. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
  readonly isCa: boolean;
  /** How many CA certificates may stand between this one and a leaf. */
  readonly pathLen: number | undefined;
  /** Bits as in `KEY_USAGE`; `undefined` when the extension is absent. */
  readonly keyUsage: number | undefined;
  /** Purposes in dotted decimals; `undefined` when the extension is absent. */
  readonly ekus: readonly string[] | undefined;
  readonly ekuCritical: boolean;
  /** Names of the kinds that can be an identity. */
  readonly sans: readonly San[];
  /** Names of all kinds. */
  readonly sanCount: number;
  readonly ski: Uint8Array | undefined;
  readonly aki: Uint8Array | undefined;
  /** Fulcio's extensions as text, by the last arc of 1.3.6.1.4.1.57264.1 (fulcio `docs/oid-info.md`). */
  readonly fulcio: ReadonlyMap<number, string>;
  /** The embedded SCT list (RFC 6962 §3.3). */
  readonly sctList: Uint8Array | undefined;
  readonly layout: Layout;
  /** The key, imported at the first call and kept: 30–80 µs. */
  readonly key: () => Parsed<PublicKey, KeyCode>;
};

/** Offsets in `der` that are needed to take the SCT list out of the TBSCertificate again. */
export type Layout = {
  /** First byte of the TBSCertificate's content. */
  readonly tbsContent: number;
  /** First byte of `[3]`; the TBSCertificate ends with it. */
  readonly extensions: number;
  /** First byte of the first extension. */
  readonly extensionList: number;
  readonly extensionListEnd: number;
  /** The SCT list's whole extension. */
  readonly sct: { readonly start: number; readonly end: number } | undefined;
};

type Reader = DerReader<CertificateCode>;

const CERTIFICATE_BYTES_MAX = 65_536;
const SERIAL_OCTETS_MAX = 20;
const VERSION_3 = 2;

/** Reads one certificate: version 3, strict DER, nothing after it, no extension that is critical and not understood. */
export function parseCertificate(der: Uint8Array): Parsed<Certificate, CertificateCode> {
  if (der.length > CERTIFICATE_BYTES_MAX) return malformed("too-large", `certificate of ${der.length} bytes`);
  const r: Reader = openDer<CertificateCode>(der);
  const outer = enter(r, TAG.sequence);
  const start = r.pos;
  const body = readTbs(r);
  const tbs = der.subarray(start, r.pos);
  const algorithm = readElement(r, TAG.sequence);
  if (!sameBytes(algorithm, body.algorithm)) refuse(r, "cert-algorithm", "differs inside and outside");
  const signature = readBitString(r);
  leave(r, outer);
  const whole = finish(r, undefined);
  return whole.ok ? toCertificate(der, tbs, signature, body) : whole;
}

type Body = {
  readonly serial: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: UnixMs | undefined;
  readonly notAfter: UnixMs | undefined;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  readonly extensions: Extensions;
  readonly layout: Layout;
};

function readTbs(r: Reader): Body {
  const outer = enter(r, TAG.sequence);
  const tbsContent = r.pos;
  readVersion(r);
  const serial = readSerial(r);
  const algorithm = readElement(r, TAG.sequence);
  const issuer = readElement(r, TAG.sequence);
  const validity = enter(r, TAG.sequence);
  const notBefore = readTime(r);
  const notAfter = readTime(r);
  leave(r, validity);
  const subject = readElement(r, TAG.sequence);
  const spki = readElement(r, TAG.sequence);
  const { extensions, layout } = readExtensionBlock(r, tbsContent);
  leave(r, outer);
  return { serial, algorithm, issuer, notBefore, notAfter, subject, spki, extensions, layout };
}

/** Version 3, written out; then no unique identifiers, which stand before the extensions, can be missed. */
function readVersion(r: Reader): void {
  const outer = enter(r, contextConstructed(0));
  if (readSmallInteger(r) !== VERSION_3) refuse(r, "cert-version");
  leave(r, outer);
}

function readSerial(r: Reader): Uint8Array {
  const serial = readInteger(r);
  if (serial.length > SERIAL_OCTETS_MAX || (serial[0] ?? 0) >= 0x80) refuse(r, "cert-serial");
  return serial;
}

/** `[3] EXPLICIT Extensions`, which a version 3 certificate without any leaves out. */
function readExtensionBlock(r: Reader, tbsContent: number): { extensions: Extensions; layout: Layout } {
  const start = r.pos;
  if (nextTag(r) !== contextConstructed(3)) {
    const layout = { tbsContent, extensions: start, extensionList: start, extensionListEnd: start, sct: undefined };
    return { extensions: noExtensions(), layout };
  }
  const outer = enter(r, contextConstructed(3));
  const list = enter(r, TAG.sequence);
  const extensionList = r.pos;
  if (!more(r)) refuse(r, "der-length", "no extensions");
  const extensions = readExtensions(r);
  const extensionListEnd = r.pos;
  leave(r, list);
  leave(r, outer);
  return {
    extensions,
    layout: { tbsContent, extensions: start, extensionList, extensionListEnd, sct: extensions.sct },
  };
}

function toCertificate(
  der: Uint8Array,
  tbs: Uint8Array,
  signature: Uint8Array,
  body: Body,
): Parsed<Certificate, CertificateCode> {
  const { extensions, notBefore, notAfter, spki } = body;
  if (notBefore === undefined || notAfter === undefined || notBefore > notAfter) {
    return malformed("cert-validity", "notBefore is after notAfter");
  }
  let key: Parsed<PublicKey, KeyCode> | undefined;
  return parsed({
    der,
    tbs,
    serial: body.serial,
    issuer: body.issuer,
    subject: body.subject,
    notBefore,
    notAfter,
    spki,
    signatureAlgorithm: parseSignatureAlgorithm(body.algorithm),
    signature,
    isCa: extensions.isCa,
    pathLen: extensions.pathLen,
    keyUsage: extensions.keyUsage,
    ekus: extensions.ekus,
    ekuCritical: extensions.ekuCritical,
    sans: extensions.sans.names,
    sanCount: extensions.sans.count,
    ski: extensions.ski,
    aki: extensions.aki,
    fulcio: extensions.fulcio,
    sctList: extensions.sct?.list,
    layout: body.layout,
    key: () => (key ??= importPublicKey(spki)),
  });
}
