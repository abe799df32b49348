import {
  enter,
  finish,
  leave,
  nextTag,
  openDer,
  readContent,
  readElement,
  refuse,
  type DerReader,
} from "../asn1/reader.ts";
import { TAG } from "../asn1/tag.ts";
import { readDefaultFalse, readInteger, readOid, readSmallInteger } from "../asn1/values.ts";
import { boolean, integer, octetString, sequence } from "../asn1/writer.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { digestAlgorithm, parseDigestAlgorithm } from "../crypto/algorithm.ts";
import type { HashName, Sha256 } from "../digest.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { TimestampToken } from "./timestamp.ts";
import type { TstCode } from "./tst-code.ts";

/** Renders a `TimeStampReq` (RFC 3161 §2.4.1) over a SHA-256 digest; it asks for the signer's certificate. */
export function renderTimestampRequest(request: { readonly digest: Sha256; readonly nonce: Uint8Array }): Uint8Array {
  const imprint = sequence([digestAlgorithm("sha256"), octetString(request.digest)]);
  return sequence([integer(1), imprint, integer(request.nonce), boolean(true)]);
}

/** The nonce of a token as an unsigned number, big-endian without leading zeros; `undefined` when it has none, or a negative one. */
export function readNonce(token: TimestampToken): Uint8Array | undefined {
  const { nonce } = token.info;
  return nonce === undefined || (nonce[0] ?? 0) >= 0x80 ? undefined : withoutLeadingZeros(nonce);
}

/** True when a token answers the request that had this nonce. */
export function hasNonce(token: TimestampToken, nonce: Uint8Array): boolean {
  const answered = readNonce(token);
  return answered !== undefined && sameBytes(answered, withoutLeadingZeros(nonce));
}

function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? bytes.subarray(bytes.length) : bytes.subarray(start);
}

/** What a `TimeStampReq` asks for, for whoever answers it. */
export type TimestampRequest = {
  readonly imprint: { readonly hash: HashName; readonly digest: Uint8Array };
  /** The element whole, to be put into the answer as it came. */
  readonly nonce?: Uint8Array;
  readonly certReq: boolean;
};

const REQUEST_BYTES_MAX = 4096;
const DIGEST_BYTES: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** Reads a `TimeStampReq`; extensions are refused. */
export function parseTimestampRequest(der: Uint8Array): Parsed<TimestampRequest, TstCode> {
  if (der.length > REQUEST_BYTES_MAX) return malformed("too-large", `request of ${der.length} bytes`);
  const r: DerReader<TstCode> = openDer<TstCode>(der);
  const outer = enter(r, TAG.sequence);
  if (readSmallInteger(r) !== 1) refuse(r, "tst-syntax", "version of TimeStampReq");
  const wrapper = enter(r, TAG.sequence);
  const hash = parseDigestAlgorithm(readElement(r, TAG.sequence));
  const digest = readContent(r, TAG.octetString);
  leave(r, wrapper);
  if (nextTag(r) === TAG.oid) readOid(r);
  const nonceStart = r.pos;
  const nonce = nextTag(r) === TAG.integer && readInteger(r).length > 0 ? der.subarray(nonceStart, r.pos) : undefined;
  const certReq = readDefaultFalse(r);
  leave(r, outer);
  const whole = finish(r, undefined);
  if (!whole.ok) return whole;
  if (!hash || digest.length !== DIGEST_BYTES[hash]) return malformed("tst-imprint", "the hash is not accepted");
  return parsed({ imprint: { hash, digest }, ...(nonce === undefined ? {} : { nonce }), certReq });
}
