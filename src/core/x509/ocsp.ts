import {
  enter,
  finish,
  leave,
  more,
  nextTag,
  openDer,
  readAny,
  readContent,
  readElement,
  refuse,
  type DerCode,
  type DerReader,
} from "../asn1/reader.ts";
import { oidContent } from "../asn1/oid.ts";
import { contextConstructed, contextPrimitive, TAG } from "../asn1/tag.ts";
import { readGeneralizedTime } from "../asn1/time.ts";
import { readBitString, readOid, readSmallInteger } from "../asn1/values.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parseSignatureAlgorithm, type SignatureAlgorithm } from "../crypto/algorithm.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import { isSameCertificateId, readCertificateId } from "./ocsp-id.ts";
import type { Certificate } from "./certificate.ts";
import { passExtensions } from "./pass-extensions.ts";

export type OcspCode =
  | DerCode
  | "too-large"
  | "ocsp-status"
  | "ocsp-type"
  | "ocsp-version"
  | "ocsp-algorithm"
  | "ocsp-count"
  | "ocsp-critical-ext"
  | "ocsp-not-found"
  | "ocsp-twice";

/** Who signed a response: by name, or by the SHA-1 of the key. */
export type ResponderId =
  | { readonly kind: "name"; readonly name: Uint8Array }
  | { readonly kind: "key"; readonly hash: Uint8Array };

/** What a response says of one certificate (RFC 6960 §4.2.1), read and not verified. */
export type OcspResponse = {
  readonly signedBytes: Uint8Array;
  readonly responder: ResponderId;
  readonly status: "good" | "revoked" | "unknown";
  readonly thisUpdate: UnixMs;
  readonly nextUpdate: UnixMs | undefined;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  readonly certificates: readonly Uint8Array[];
};

type Reader = DerReader<OcspCode>;
type Single = Pick<OcspResponse, "status" | "nextUpdate"> & { readonly thisUpdate: UnixMs | undefined };
type Pair = { readonly certificate: Certificate; readonly issuer: Certificate };

const OCSP_BYTES_MAX = 65_536;
const BASIC_RESPONSE = oidContent("1.3.6.1.5.5.7.48.1.1");
const RESPONSES_MAX = 32;
const CERTIFICATES_MAX = 4;

/** Reads `OCSPResponse` for one certificate; `ocsp-not-found` when the response is about others. */
export function readOcspResponse(der: Uint8Array, pair: Pair): Parsed<OcspResponse, OcspCode> {
  if (der.length > OCSP_BYTES_MAX) return malformed("too-large", `a response of ${der.length} bytes`);
  const r: Reader = openDer<OcspCode>(der);
  const outer = enter(r, TAG.sequence);
  const status = readSmallInteger(r, TAG.enumerated);
  if (status !== 0) refuse(r, "ocsp-status", `the responder answers with status ${status}`);
  const wrapper = enter(r, contextConstructed(0));
  const typed = enter(r, TAG.sequence);
  if (!sameBytes(readOid(r), BASIC_RESPONSE)) refuse(r, "ocsp-type");
  const basic = readContent(r, TAG.octetString);
  leave(r, typed);
  leave(r, wrapper);
  leave(r, outer);
  const whole = finish(r, basic);
  return whole.ok ? readBasic(whole.value, pair) : whole;
}

function readBasic(der: Uint8Array, pair: Pair): Parsed<OcspResponse, OcspCode> {
  const r: Reader = openDer<OcspCode>(der);
  const outer = enter(r, TAG.sequence);
  const start = r.pos;
  const { responder, single } = readData(r, pair);
  const signedBytes = der.subarray(start, r.pos);
  const algorithm = parseSignatureAlgorithm(readElement(r, TAG.sequence));
  const signature = readBitString(r);
  const certificates = nextTag(r) === contextConstructed(0) ? readCertificates(r) : [];
  leave(r, outer);
  const whole = finish(r, single);
  if (!whole.ok) return whole;
  if (!algorithm) return malformed("ocsp-algorithm", "the signature algorithm is not accepted");
  const { status, thisUpdate, nextUpdate } = whole.value ?? {};
  if (status === undefined || thisUpdate === undefined) {
    return malformed("ocsp-not-found", "the response says nothing of this certificate");
  }
  return parsed({ signedBytes, responder, status, thisUpdate, nextUpdate, algorithm, signature, certificates });
}

function readData(r: Reader, pair: Pair): { responder: ResponderId; single: Single | undefined } {
  const outer = enter(r, TAG.sequence);
  if (nextTag(r) === contextConstructed(0)) refuse(r, "ocsp-version");
  const responder = readResponder(r);
  readGeneralizedTime(r);
  const single = readSingles(r, pair);
  if (nextTag(r) === contextConstructed(1)) readExtensions(r);
  leave(r, outer);
  return { responder, single };
}

function readResponder(r: Reader): ResponderId {
  const isName = nextTag(r) === contextConstructed(1);
  const outer = enter(r, contextConstructed(isName ? 1 : 2));
  const id: ResponderId = isName
    ? { kind: "name", name: readElement(r, TAG.sequence) }
    : { kind: "key", hash: readContent(r, TAG.octetString) };
  leave(r, outer);
  return id;
}

function readSingles(r: Reader, pair: Pair): Single | undefined {
  let found: Single | undefined;
  const outer = enter(r, TAG.sequence);
  for (let count = 0; more(r); count++) {
    if (count >= RESPONSES_MAX) refuse(r, "ocsp-count");
    const entry = enter(r, TAG.sequence);
    const isAsked = isSameCertificateId(readCertificateId(r), pair);
    const single = readSingle(r);
    if (isAsked && found) refuse(r, "ocsp-twice");
    if (isAsked) found = single;
    leave(r, entry);
  }
  leave(r, outer);
  return found;
}

function readSingle(r: Reader): Single {
  const status = readStatus(r);
  const thisUpdate = readGeneralizedTime(r);
  const nextUpdate = nextTag(r) === contextConstructed(0) ? readNextUpdate(r) : undefined;
  if (nextTag(r) === contextConstructed(1)) readExtensions(r);
  return { status, thisUpdate, nextUpdate };
}

/** good `[0]` and unknown `[2]` are empty; revoked `[1]` says when and why, which changes nothing here. */
function readStatus(r: Reader): Single["status"] {
  const tag = nextTag(r);
  if (tag === contextConstructed(1)) {
    readAny(r);
    return "revoked";
  }
  const isGood = tag === contextPrimitive(0);
  const content = readContent(r, isGood ? tag : contextPrimitive(2));
  if (content.length > 0) refuse(r, "der-length");
  return isGood ? "good" : "unknown";
}

function readNextUpdate(r: Reader): UnixMs | undefined {
  const outer = enter(r, contextConstructed(0));
  const at = readGeneralizedTime(r);
  leave(r, outer);
  return at;
}

function readExtensions(r: Reader): void {
  const wrapper = enter(r, contextConstructed(1));
  passExtensions(r, "ocsp-critical-ext");
  leave(r, wrapper);
}

function readCertificates(r: Reader): readonly Uint8Array[] {
  const certificates: Uint8Array[] = [];
  const wrapper = enter(r, contextConstructed(0));
  const outer = enter(r, TAG.sequence);
  while (more(r)) {
    if (certificates.length >= CERTIFICATES_MAX) refuse(r, "ocsp-count");
    certificates.push(readElement(r, TAG.sequence));
  }
  leave(r, outer);
  leave(r, wrapper);
  return certificates;
}
