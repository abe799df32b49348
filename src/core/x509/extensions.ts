import { renderOid } from "../asn1/oid.ts";
import { enter, leave, more, nextTag, readAny, readContent, refuse, skip, type DerReader } from "../asn1/reader.ts";
import { contextConstructed, contextPrimitive, TAG } from "../asn1/tag.ts";
import { readDefaultFalse, readNamedBits, readOid, readSmallInteger, readText } from "../asn1/values.ts";
import { parseUtf8 } from "../bytes/utf8.ts";
import type { CertificateCode } from "./certificate-code.ts";
import { readSans, type Sans } from "./san.ts";

/** Bits of keyUsage (RFC 5280 §4.2.1.3), as `Certificate.keyUsage` has them. */
export const KEY_USAGE = { digitalSignature: 1, keyCertSign: 32, cRLSign: 64 } as const;

export const EKU_CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
export const EKU_TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

/** What the extensions of a certificate say. Built up while they are read, not changed afterwards. */
export type Extensions = {
  isCa: boolean;
  pathLen: number | undefined;
  keyUsage: number | undefined;
  ekus: readonly string[] | undefined;
  ekuCritical: boolean;
  sans: Sans;
  ski: Uint8Array | undefined;
  aki: Uint8Array | undefined;
  fulcio: Map<number, string>;
  /** Content of the SCT list, and where its whole extension stands in the certificate. */
  sct: { readonly list: Uint8Array; readonly start: number; readonly end: number } | undefined;
};

type Reader = DerReader<CertificateCode>;
/** One extension: which, whether critical, where its element starts. */
type Extension = { readonly id: number; readonly critical: boolean; readonly start: number };

const EXTENSIONS_MAX = 40;
const USAGES_MAX = 32;

/** Extensions that are understood, by a number that costs less than their spelling: the last arc of id-ce, or of an arc below. */
const FULCIO = 0x100;
const SCT_LIST = 0x200;
const SUBJECT_KEY_ID = 14;
const KEY_USAGE_ID = 15;
const SUBJECT_ALT_NAME = 17;
const BASIC_CONSTRAINTS = 19;
const AUTHORITY_KEY_ID = 35;
const EXTENDED_KEY_USAGE = 37;
const UNDERSTOOD: ReadonlySet<number> = new Set([
  SUBJECT_KEY_ID,
  KEY_USAGE_ID,
  SUBJECT_ALT_NAME,
  BASIC_CONSTRAINTS,
  AUTHORITY_KEY_ID,
  EXTENDED_KEY_USAGE,
  SCT_LIST,
]);

const ID_CE = [0x55, 0x1d];
/** 1.3.6.1.4.1.57264.1, the arc of Fulcio. */
const FULCIO_ARC = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01];
/** 1.3.6.1.4.1.11129.2.4.2 (RFC 6962 §3.3). */
const SCT_OID = [0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];

/** Reads the members of `Extensions` (RFC 5280 §4.2), of which the reader has entered the SEQUENCE. */
export function readExtensions(r: Reader): Extensions {
  const into = noExtensions();
  // A list, not a Set: for two dozen numbers it is twice as fast.
  const seen: (number | string)[] = [];
  while (more(r)) {
    if (seen.length >= EXTENSIONS_MAX) refuse(r, "cert-extension-count", `more than ${EXTENSIONS_MAX}`);
    readExtension(r, into, seen);
  }
  return into;
}

/** What a certificate without extensions says. */
export function noExtensions(): Extensions {
  return {
    isCa: false,
    pathLen: undefined,
    keyUsage: undefined,
    ekus: undefined,
    ekuCritical: false,
    sans: { names: [], count: 0 },
    ski: undefined,
    aki: undefined,
    fulcio: new Map(),
    sct: undefined,
  };
}

function readExtension(r: Reader, into: Extensions, seen: (number | string)[]): void {
  const start = r.pos;
  const outer = enter(r, TAG.sequence);
  const id = readId(r);
  if (seen.includes(id)) refuse(r, "cert-extension-twice", toText(id));
  seen.push(id);
  const critical = readDefaultFalse(r);
  if (typeof id === "string") {
    if (critical) refuse(r, "cert-critical-ext", id);
    skip(r, TAG.octetString);
  } else {
    const wrapper = enter(r, TAG.octetString);
    readValue(r, into, { id, critical, start });
    leave(r, wrapper);
  }
  leave(r, outer);
}

/** Which extension: a number if it is understood, else its spelling. */
function readId(r: Reader): number | string {
  const id = numberAt(r.bytes, r.pos);
  if (id === undefined) return renderOid(readOid(r));
  skip(r, TAG.oid);
  return id;
}

/** The number of the extension whose OBJECT IDENTIFIER stands here; `undefined` when it is not understood. */
function numberAt(bytes: Uint8Array, at: number): number | undefined {
  const length = bytes[at + 1] ?? 0;
  const last = bytes[at + 1 + length] ?? 0;
  if (length === 3 && matches(bytes, at + 2, ID_CE)) return UNDERSTOOD.has(last) ? last : undefined;
  if (length !== 10 || last >= 0x80) return undefined;
  if (matches(bytes, at + 2, FULCIO_ARC)) return FULCIO + last;
  return matches(bytes, at + 2, SCT_OID) ? SCT_LIST : undefined;
}

function matches(bytes: Uint8Array, at: number, arcs: readonly number[]): boolean {
  for (let i = 0; i < arcs.length; i++) if (bytes[at + i] !== arcs[i]) return false;
  return true;
}

/** For people: of numbers the arc that says which. */
function toText(id: number | string): string {
  return typeof id === "number" && id >= FULCIO && id < SCT_LIST ? `Fulcio's .${id - FULCIO}` : `${id}`;
}

function readValue(r: Reader, into: Extensions, { id, critical, start }: Extension): void {
  switch (id) {
    case SUBJECT_KEY_ID:
      into.ski = readContent(r, TAG.octetString);
      return;
    case KEY_USAGE_ID:
      into.keyUsage = readNamedBits(r);
      return;
    case SUBJECT_ALT_NAME:
      into.sans = readSans(r);
      return;
    case BASIC_CONSTRAINTS:
      readBasicConstraints(r, into);
      return;
    case AUTHORITY_KEY_ID:
      readAuthorityKeyId(r, into);
      return;
    case EXTENDED_KEY_USAGE:
      into.ekus = readUsages(r);
      into.ekuCritical = critical;
      return;
    case SCT_LIST:
      into.sct = { list: readContent(r, TAG.octetString), start, end: r.end };
      return;
    default:
      into.fulcio.set(id - FULCIO, readFulcio(r, id - FULCIO));
  }
}

function readBasicConstraints(r: Reader, into: Extensions): void {
  const outer = enter(r, TAG.sequence);
  into.isCa = readDefaultFalse(r);
  if (nextTag(r) === TAG.integer) {
    if (!into.isCa) refuse(r, "cert-basic-constraints", "pathLenConstraint without cA");
    into.pathLen = readSmallInteger(r);
  }
  leave(r, outer);
}

/** Only the key identifier is kept; issuer and serial, which may follow, identify nothing that the signature does not. */
function readAuthorityKeyId(r: Reader, into: Extensions): void {
  const outer = enter(r, TAG.sequence);
  if (nextTag(r) === contextPrimitive(0)) into.aki = readContent(r, contextPrimitive(0));
  if (nextTag(r) === contextConstructed(1)) readAny(r);
  if (nextTag(r) === contextPrimitive(2)) readAny(r);
  leave(r, outer);
}

function readUsages(r: Reader): readonly string[] {
  const usages: string[] = [];
  const outer = enter(r, TAG.sequence);
  if (!more(r)) refuse(r, "cert-eku", "empty");
  while (more(r)) {
    if (usages.length >= USAGES_MAX) refuse(r, "cert-eku", `more than ${USAGES_MAX}`);
    usages.push(renderOid(readOid(r)));
  }
  leave(r, outer);
  return usages;
}

/**
 * Text of a Fulcio extension (fulcio `docs/oid-info.md`): raw bytes for `.1` to `.6`, a DER UTF8String from `.8` on.
 * `.7` is a name form, not an extension.
 */
function readFulcio(r: Reader, number: number): string {
  if (number >= 8) return readText(r, TAG.utf8String);
  const content = r.bytes.subarray(r.pos, r.end);
  const text = parseUtf8(content);
  if (text === undefined) refuse(r, "cert-fulcio-ext", `.${number} is not UTF-8`);
  r.pos = r.end;
  return text ?? "";
}
