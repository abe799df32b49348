import { renderRfc3339, type UnixMs } from "../time.ts";
import { all, fail, pass, type Verdict } from "../verdict.ts";
import type { IdToken } from "./token.ts";

export type TokenReason = "token-expiring" | "token-audience" | "token-too-long-lived" | "token-not-pod-bound";

/** What a token must be for, to be sent to a CA at all. */
export type TokenPolicy = {
  /** The CA's audience: the token's only one. Another audience in it means that somebody else can use it too. */
  readonly audience: string;
  /** The most that may lie between `iat` and `exp`: a stolen token works until it expires, whatever happens to its pod. */
  readonly lifetimeSecondsMax: number;
  /** Whether the token must be bound to a pod. False where the issuer is not a cluster. */
  readonly podBound: boolean;
};

/** Below this, the token may expire on its way. */
const REMAINING_SECONDS_MIN = 60;
export const TOKEN_LIFETIME_SECONDS_MAX = 3600;

/** Judges a token before any network sees it. */
export function judgeToken(token: IdToken, policy: TokenPolicy, now: UnixMs): Verdict<TokenReason> {
  const lifetimeSeconds = (token.expiresAt - token.issuedAt) / 1000;
  return all([
    token.expiresAt - now >= REMAINING_SECONDS_MIN * 1000
      ? pass
      : fail("token-expiring", `it expires at ${renderRfc3339(token.expiresAt)}, and it is ${renderRfc3339(now)}`),
    token.audiences.length === 1 && token.audiences[0] === policy.audience
      ? pass
      : fail("token-audience", `it is for ${JSON.stringify(token.audiences)}, not for "${policy.audience}" alone`),
    lifetimeSeconds <= policy.lifetimeSecondsMax
      ? pass
      : fail("token-too-long-lived", `it lives ${lifetimeSeconds} s, ${policy.lifetimeSecondsMax} s are allowed`),
    !policy.podBound || token.kubernetes?.pod
      ? pass
      : fail("token-not-pod-bound", `the token of ${JSON.stringify(token.subject)} names no pod`),
  ]);
}
