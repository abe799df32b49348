import { boolean, integer, octetString, sequence } from "../asn1/writer.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { digestAlgorithm } from "../crypto/algorithm.ts";
import type { Sha256 } from "../digest.ts";
import type { TimestampToken } from "./timestamp.ts";

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
