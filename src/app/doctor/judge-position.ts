import { addMs, renderRfc3339, type UnixMs } from "../../core/time.ts";
import type { FollowPosition } from "../../ports/event-store.ts";
import type { ProbeResult } from "./probe.ts";

/** A follower looks every half minute; this long without a look it has stopped. */
const STALE_MS = 10 * 60_000;

/** How far a log has been followed, as a finding. */
export function judgePosition(position: FollowPosition, now: UnixMs): ProbeResult {
  const { state, reason, head, indexedUpto, updatedAt } = position;
  const at = `${indexedUpto} entries indexed of ${head?.size ?? 0}, last looked at ${renderRfc3339(wholeSeconds(updatedAt))}`;
  if (state === "disputed") {
    return { state: "finding", detail: `disputed: ${reason}; ${at}`, fix: DISPUTED, exit: 5 };
  }
  if (state === "frozen" || state === "retired") return { state: "warn", detail: `${state}: ${reason}; ${at}` };
  if (state === "unproven") return { state: "finding", detail: `unproven: ${reason}; ${at}`, fix: UNPROVEN };
  if (now - updatedAt > STALE_MS)
    return { state: "undecided", detail: at, fix: "Start the follower: countersign serve." };
  if (!head || indexedUpto < head.size) return { state: "warn", detail: `catching up: ${at}` };
  return { state: "ok", detail: at };
}

function wholeSeconds(at: UnixMs): UnixMs {
  return addMs(at, -(((at % 1000) + 1000) % 1000));
}

const DISPUTED =
  "Keep the evidence and ask the operator of the log; nothing beyond the last proven checkpoint was stored.";
const UNPROVEN =
  "Nothing was stored beyond the last proven checkpoint; it is tried again. Ask the operator of the log.";
