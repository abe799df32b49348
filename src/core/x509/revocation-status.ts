import type { UnixMs } from "../time.ts";

/** What one answer about revocation says of one certificate. */
export type RevocationStatus =
  | { readonly kind: "good" | "revoked"; readonly until: UnixMs }
  /** The authority itself does not know the certificate: no other source is asked, which might know less. */
  | { readonly kind: "denied"; readonly detail: string }
  /** The answer decides nothing. */
  | { readonly kind: "unusable"; readonly detail: string };

export function unusable(detail: string): RevocationStatus {
  return { kind: "unusable", detail };
}

/** Clocks of authorities run ahead of ours by minutes at most. */
const AHEAD_MS = 5 * 60_000;

/** True when an answer has been made and has not run out. An answer that never runs out could be replayed for ever. */
export function isCurrent(now: UnixMs, thisUpdate: UnixMs, nextUpdate: UnixMs | undefined): nextUpdate is UnixMs {
  return nextUpdate !== undefined && thisUpdate <= now + AHEAD_MS && now <= nextUpdate;
}
