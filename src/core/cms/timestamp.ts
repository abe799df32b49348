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
  type DerReader,
} from "../asn1/reader.ts";
import { oidContent } from "../asn1/oid.ts";
import { contextConstructed, contextPrimitive, TAG } from "../asn1/tag.ts";
import { readGeneralizedTime } from "../asn1/time.ts";
import { readDefaultFalse, readInteger, readOid, readSmallInteger } from "../asn1/values.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parseDigestAlgorithm } from "../crypto/algorithm.ts";
import type { HashName } from "../digest.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import { readSignedData, type SignedData } from "./signed-data.ts";
import type { TstCode } from "./tst-code.ts";

/** A time-stamp token (RFC 3161 §2.4.2), read and not verified. */
export type TimestampToken = { readonly signed: SignedData; readonly info: TstInfo };

/** What the authority states. */
export type TstInfo = {
  readonly imprint: { readonly hash: HashName; readonly digest: Uint8Array };
  /** Digits beyond milliseconds are cut. */
  readonly genTime: UnixMs;
  /** How far off the authority says its clock may be; shown, never added to a time. */
  readonly accuracyMs?: number;
  /** Content of the INTEGER: two's complement, minimal. */
  readonly nonce?: Uint8Array;
  readonly serial: Uint8Array;
  /** Content of the OBJECT IDENTIFIER. */
  readonly policy: Uint8Array;
};

type Reader = DerReader<TstCode>;

const TIMESTAMP_BYTES_MAX = 65_536;
const TST_INFO = oidContent("1.2.840.113549.1.9.16.1.4");
const STATUS_GRANTED_MAX = 1;
const EXTENSIONS_MAX = 16;

/** Reads a `TimeStampResp` (RFC 3161 §2.4.2): granted, with or without modifications, and a token of strict DER. */
export function parseTimestampResponse(der: Uint8Array): Parsed<TimestampToken, TstCode> {
  if (der.length > TIMESTAMP_BYTES_MAX) return malformed("too-large", `time stamp of ${der.length} bytes`);
  const r: Reader = openDer<TstCode>(der);
  const outer = enter(r, TAG.sequence);
  readStatus(r);
  const signed = readSignedData(r);
  leave(r, outer);
  const response = finish(r, signed);
  return response.ok ? toToken(response.value) : response;
}

/** Reads a bare `TimeStampToken`, as countersignatures carry it. */
export function parseTimestampToken(der: Uint8Array): Parsed<TimestampToken, TstCode> {
  if (der.length > TIMESTAMP_BYTES_MAX) return malformed("too-large", `time stamp of ${der.length} bytes`);
  const r: Reader = openDer<TstCode>(der);
  const token = finish(r, readSignedData(r));
  return token.ok ? toToken(token.value) : token;
}

function readStatus(r: Reader): void {
  const outer = enter(r, TAG.sequence);
  const status = readSmallInteger(r);
  if (status > STATUS_GRANTED_MAX) refuse(r, "tst-status", `status ${status}`);
  if (nextTag(r) === TAG.sequence) readAny(r);
  if (nextTag(r) === TAG.bitString) refuse(r, "tst-status", "a failure where the status says granted");
  leave(r, outer);
}

function toToken(signed: SignedData): Parsed<TimestampToken, TstCode> {
  const { contentType, content, signer } = signed;
  if (!sameBytes(contentType, TST_INFO)) return malformed("tst-syntax", "content is not TSTInfo");
  if (!sameBytes(signer.attributes.contentType, TST_INFO)) return malformed("tst-syntax", "content-type attribute");
  const info = parseTstInfo(content);
  return info.ok ? parsed({ signed, info: info.value }) : info;
}

function parseTstInfo(der: Uint8Array): Parsed<TstInfo, TstCode> {
  const r: Reader = openDer<TstCode>(der);
  const outer = enter(r, TAG.sequence);
  if (readSmallInteger(r) !== 1) refuse(r, "tst-syntax", "version of TSTInfo");
  const policy = readOid(r);
  const imprint = readImprint(r);
  const serial = readInteger(r);
  const genTime = readGeneralizedTime(r);
  const accuracyMs = nextTag(r) === TAG.sequence ? readAccuracy(r) : undefined;
  readDefaultFalse(r);
  const nonce = nextTag(r) === TAG.integer ? readInteger(r) : undefined;
  if (nextTag(r) === contextConstructed(0)) readAny(r);
  if (nextTag(r) === contextConstructed(1)) readExtensions(r);
  leave(r, outer);
  const whole = finish(r, genTime);
  if (!whole.ok) return whole;
  if (!imprint.hash || whole.value === undefined) return malformed("tst-imprint", "the hash is not accepted");
  return parsed({
    imprint: { hash: imprint.hash, digest: imprint.digest },
    genTime: whole.value,
    ...(accuracyMs === undefined ? {} : { accuracyMs }),
    ...(nonce === undefined ? {} : { nonce }),
    serial,
    policy,
  });
}

function readImprint(r: Reader): { hash: HashName | undefined; digest: Uint8Array } {
  const outer = enter(r, TAG.sequence);
  const hash = parseDigestAlgorithm(readElement(r, TAG.sequence));
  const digest = readContent(r, TAG.octetString);
  leave(r, outer);
  return { hash, digest };
}

/** `Accuracy`: seconds, `[0]` milliseconds, `[1]` microseconds; each may be absent. Rounded up. */
function readAccuracy(r: Reader): number {
  const outer = enter(r, TAG.sequence);
  const seconds = nextTag(r) === TAG.integer ? readSmallInteger(r) : 0;
  const millis = nextTag(r) === contextPrimitive(0) ? readSmallInteger(r, contextPrimitive(0)) : 0;
  const micros = nextTag(r) === contextPrimitive(1) ? readSmallInteger(r, contextPrimitive(1)) : 0;
  if (millis > 999 || micros > 999) refuse(r, "tst-syntax", "accuracy");
  leave(r, outer);
  return seconds * 1000 + millis + (micros > 0 ? 1 : 0);
}

/** No extension is understood, so none may be critical. */
function readExtensions(r: Reader): void {
  const outer = enter(r, contextConstructed(1));
  for (let count = 0; more(r); count++) {
    if (count >= EXTENSIONS_MAX) refuse(r, "tst-syntax", "too many extensions");
    const extension = enter(r, TAG.sequence);
    readOid(r);
    if (readDefaultFalse(r)) refuse(r, "tst-syntax", "a critical extension that is not understood");
    readContent(r, TAG.octetString);
    leave(r, extension);
  }
  leave(r, outer);
}
