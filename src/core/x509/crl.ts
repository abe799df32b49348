import {
  enter,
  finish,
  leave,
  more,
  nextTag,
  openDer,
  readContent,
  readElement,
  refuse,
  type DerCode,
  type DerReader,
} from "../asn1/reader.ts";
import { renderOid } from "../asn1/oid.ts";
import { contextConstructed, contextPrimitive, TAG } from "../asn1/tag.ts";
import { readTime } from "../asn1/time.ts";
import { readDefaultFalse, readBitString, readInteger, readOid, readSmallInteger } from "../asn1/values.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parseSignatureAlgorithm, type SignatureAlgorithm } from "../crypto/algorithm.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import type { Certificate } from "./certificate.ts";
import { isSignatureOf } from "./chain.ts";
import { KEY_USAGE } from "./extensions.ts";
import { passExtensions } from "./pass-extensions.ts";
import { readPointName } from "./revocation-points.ts";
import { isCurrent, unusable, type RevocationStatus } from "./revocation-status.ts";

export type CrlCode =
  | DerCode
  | "too-large"
  | "crl-version"
  | "crl-algorithm"
  | "crl-time"
  | "crl-critical-ext"
  | "crl-delta"
  | "crl-scope"
  | "points-count"
  | "points-text";

/** A list of revocations (RFC 5280 §5), read for one serial number and not verified. */
type Crl = {
  readonly tbs: Uint8Array;
  readonly issuer: Uint8Array;
  readonly thisUpdate: UnixMs;
  readonly nextUpdate: UnixMs | undefined;
  readonly isListed: boolean;
  readonly scope: Scope;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
};
/** issuingDistributionPoint: which certificates the list is about. All, when it is absent. */
type Scope = { readonly urls: readonly string[]; readonly usersOnly: boolean; readonly casOnly: boolean };

type Reader = DerReader<CrlCode>;

export const CRL_BYTES_MAX: number = 1024 * 1024;
const VERSION_2 = 1;
const EVERYTHING: Scope = { urls: [], usersOnly: false, casOnly: false };

/** Judges a list of revocations, got from `url`, for a certificate and the certificate that issued it. */
export function judgeCrl(der: Uint8Array, question: CrlQuestion): RevocationStatus {
  const read = readCrl(der, question.certificate.serial);
  if (!read.ok) return unusable(`the list of ${question.url} cannot be read: ${read.code}, ${read.detail}`);
  const crl = read.value;
  const { issuer, now, url } = question;
  if (!sameBytes(crl.issuer, issuer.subject)) return unusable(`the list of ${url} is by another issuer`);
  if (!isCurrent(now, crl.thisUpdate, crl.nextUpdate)) return unusable(`the list of ${url} has run out`);
  if (!covers(crl.scope, question)) return unusable(`the list of ${url} is not about this certificate`);
  const maySign = issuer.keyUsage === undefined || (issuer.keyUsage & KEY_USAGE.cRLSign) !== 0;
  if (!maySign || !isSignatureOf(issuer, crl.algorithm, crl.tbs, crl.signature)) {
    return unusable(`the list of ${url} is not signed by the issuer of the certificate`);
  }
  return { kind: crl.isListed ? "revoked" : "good", until: crl.nextUpdate ?? now };
}

export type CrlQuestion = {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly url: string;
  /** The URLs of the same list, of which its own name has to be one. */
  readonly urls: readonly string[];
  readonly now: UnixMs;
};

/** RFC 5280 §6.3.3 (b): another list of the same issuer would not hold this certificate even if it is revoked. */
function covers({ urls, usersOnly, casOnly }: Scope, question: CrlQuestion): boolean {
  if (urls.length > 0 && !urls.some((url) => question.urls.includes(url))) return false;
  return question.certificate.isCa ? !usersOnly : !casOnly;
}

function readCrl(der: Uint8Array, serial: Uint8Array): Parsed<Crl, CrlCode> {
  if (der.length > CRL_BYTES_MAX) return malformed("too-large", `a list of ${der.length} bytes`);
  const r: Reader = openDer<CrlCode>(der);
  const outer = enter(r, TAG.sequence);
  const start = r.pos;
  const body = readTbs(r, serial);
  const tbs = der.subarray(start, r.pos);
  const identifier = readElement(r, TAG.sequence);
  if (!sameBytes(identifier, body.identifier)) refuse(r, "crl-algorithm", "differs inside and outside");
  const signature = readBitString(r);
  leave(r, outer);
  const whole = finish(r, undefined);
  if (!whole.ok) return whole;
  const algorithm = parseSignatureAlgorithm(identifier);
  const { issuer, thisUpdate, nextUpdate, isListed, scope } = body;
  if (!algorithm) return malformed("crl-algorithm", "the signature algorithm is not accepted");
  if (thisUpdate === undefined) return malformed("crl-time", "no time");
  return parsed({ tbs, issuer, thisUpdate, nextUpdate, isListed, scope, algorithm, signature });
}

type Body = Omit<Crl, "tbs" | "algorithm" | "signature" | "thisUpdate"> & {
  readonly identifier: Uint8Array;
  readonly thisUpdate: UnixMs | undefined;
};

function readTbs(r: Reader, serial: Uint8Array): Body {
  const outer = enter(r, TAG.sequence);
  if (readSmallInteger(r) !== VERSION_2) refuse(r, "crl-version");
  const identifier = readElement(r, TAG.sequence);
  const issuer = readElement(r, TAG.sequence);
  const thisUpdate = readTime(r);
  const isTime = nextTag(r) === TAG.utcTime || nextTag(r) === TAG.generalizedTime;
  const nextUpdate = isTime ? readTime(r) : undefined;
  const isListed = nextTag(r) === TAG.sequence && readEntries(r, serial);
  const scope = nextTag(r) === contextConstructed(0) ? readExtensions(r) : EVERYTHING;
  leave(r, outer);
  return { identifier, issuer, thisUpdate, nextUpdate, isListed, scope };
}

/** Looks for the serial number. The list is read to its end, so that what is listed cannot be hidden by what is malformed. */
function readEntries(r: Reader, serial: Uint8Array): boolean {
  let isListed = false;
  const outer = enter(r, TAG.sequence);
  while (more(r)) {
    const entry = enter(r, TAG.sequence);
    if (sameBytes(readInteger(r), serial)) isListed = true;
    readTime(r);
    // A critical one is certificateIssuer: the entry is of another issuer, and the list not one that is read here.
    if (more(r)) passExtensions(r, "crl-critical-ext");
    leave(r, entry);
  }
  leave(r, outer);
  return isListed;
}

const ISSUING_POINT = "2.5.29.28";
/** deltaCRLIndicator and freshestCRL: the list is a change, or has changes beside it. */
const DELTA: ReadonlySet<string> = new Set(["2.5.29.27", "2.5.29.46"]);

function readExtensions(r: Reader): Scope {
  let scope = EVERYTHING;
  const wrapper = enter(r, contextConstructed(0));
  const outer = enter(r, TAG.sequence);
  while (more(r)) {
    const extension = enter(r, TAG.sequence);
    const id = renderOid(readOid(r));
    const isCritical = readDefaultFalse(r);
    if (DELTA.has(id)) refuse(r, "crl-delta", id);
    if (id === ISSUING_POINT) scope = readScope(r);
    else {
      if (isCritical) refuse(r, "crl-critical-ext", id);
      readContent(r, TAG.octetString);
    }
    leave(r, extension);
  }
  leave(r, outer);
  leave(r, wrapper);
  return scope;
}

/** `IssuingDistributionPoint` (RFC 5280 §5.2.5): lists by reason, of other issuers or of attributes are not read here. */
function readScope(r: Reader): Scope {
  const value = enter(r, TAG.octetString);
  const outer = enter(r, TAG.sequence);
  const urls = nextTag(r) === contextConstructed(0) ? readPointName(r) : [];
  const usersOnly = readFlag(r, 1);
  const casOnly = readFlag(r, 2);
  if (more(r)) refuse(r, "crl-scope", "some reasons only, other issuers, or attributes");
  leave(r, outer);
  leave(r, value);
  return { urls, usersOnly, casOnly };
}

/** `[number] IMPLICIT BOOLEAN DEFAULT FALSE`. */
function readFlag(r: Reader, number: number): boolean {
  if (nextTag(r) !== contextPrimitive(number)) return false;
  const content = readContent(r, contextPrimitive(number));
  if (content.length !== 1 || content[0] !== 0xff) refuse(r, "der-boolean");
  return true;
}
