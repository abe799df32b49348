import { judgeTimestamp } from "../cms/judge-timestamp.ts";
import { hasNonce } from "../cms/timestamp-request.ts";
import { parseTimestampResponse } from "../cms/timestamp.ts";
import type { TstCode } from "../cms/tst-code.ts";
import { renderRfc3339, type UnixMs } from "../time.ts";
import { fail, pass, type Verdict } from "../verdict.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";

export type StampReason = TstCode | "tsa-nonce" | "tsa-clock-skew";

/** Beyond this, one of the two clocks is wrong, and the certificate may not be valid at the stamped time. */
export const CLOCK_SKEW_MS_MAX = 60_000;

/** What was asked of a timestamp authority. */
export type StampRequest = {
  readonly signature: Uint8Array;
  readonly nonce: Uint8Array;
  readonly trust: CompiledTrust;
  readonly now: UnixMs;
};

/** Judges the answer of a timestamp authority as a verifier will, and as its client alone can: by the nonce and the clock. */
export function judgeStamp(response: Uint8Array, request: StampRequest): Verdict<StampReason> {
  const token = parseTimestampResponse(response);
  if (!token.ok) return fail(token.code, token.detail);
  if (!hasNonce(token.value, request.nonce)) return fail("tsa-nonce", "the answer is to another request");
  const proven = judgeTimestamp(token.value, { signature: request.signature, authorities: request.trust.tsas });
  if (!proven.ok) return fail(proven.code, proven.detail);
  const { genTime } = proven.value;
  if (Math.abs(genTime - request.now) <= CLOCK_SKEW_MS_MAX) return pass;
  return fail("tsa-clock-skew", `the authority says ${renderRfc3339(genTime)}, we say ${renderRfc3339(request.now)}`);
}
