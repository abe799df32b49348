import { addMs, parseUnixMs, type Interval, type UnixMs } from "../time.ts";
import type { SigningEvent } from "./signing-event.ts";

/** What bears on the times of an event, beside its certificate. */
export type TimeEvidence = {
  /** Seconds, under a signed entry timestamp: the log's word alone. */
  readonly integratedTime?: number;
  /** From our own checkpoints: the last without the entry, the first with it. */
  readonly seenBetween: Interval;
  readonly firstSeen: UnixMs;
  /** When the log's key began to be valid; nothing in it is older. */
  readonly validFrom?: UnixMs;
};

export type EventTimes = Pick<SigningEvent, "eventTime" | "timeBasis" | "signed" | "logged"> & {
  readonly flags: readonly string[];
};

/** A checkpoint that we fetched may have been stale by the log's merge delay (transparency-log chapter §4, T1). */
const BACKDATED_MS = 900_000;
/** How far two honest clocks may be apart (T2). */
const CLOCKS_MS = 120_000;
/** An event that claims to be later than this after it was seen has no time that can be believed. */
const FUTURE_MS = 86_400_000;

/**
 * Judges when something was signed and logged, as intervals (transparency-log chapter §4): from below by what the
 * certificate authority says and the last tree without the entry, from above by the first tree with it and the log's own
 * time. A time that contradicts what we saw ourselves is flagged and bounds nothing. `notBefore` is given for verified
 * certificates alone: an attacker chooses the dates in his own.
 */
export function judgeTimes(evidence: TimeEvidence, notBefore: UnixMs | undefined): EventTimes {
  const { seenBetween } = evidence;
  const integrated = judgeIntegratedTime(evidence);
  const logged = intervalOf(seenBetween.lo, earliest(seenBetween.hi, integrated.bound));
  const signed = intervalOf(notBefore, logged.hi);
  const sortKey = chooseEventTime(evidence, notBefore, integrated.at);
  return { ...sortKey, signed, logged, flags: [...integrated.flags, ...sortKey.flags] };
}

function judgeIntegratedTime({ integratedTime, seenBetween, firstSeen }: TimeEvidence): {
  readonly at?: UnixMs;
  readonly bound?: UnixMs;
  readonly flags: readonly string[];
} {
  const at = integratedTime === undefined ? undefined : parseUnixMs(integratedTime * 1000);
  if (at === undefined) return { flags: [] };
  if (seenBetween.lo !== undefined && at < seenBetween.lo - BACKDATED_MS) {
    return { at, flags: ["integrated-time-backdated"] };
  }
  if (at > (seenBetween.hi ?? firstSeen) + CLOCKS_MS) return { at, flags: ["integrated-time-future"] };
  return { at, bound: at, flags: [] };
}

function chooseEventTime(
  { firstSeen, validFrom }: TimeEvidence,
  notBefore: UnixMs | undefined,
  integrated: UnixMs | undefined,
): Pick<EventTimes, "eventTime" | "timeBasis" | "flags"> {
  const claimed = notBefore ?? integrated;
  if (claimed === undefined) return { eventTime: firstSeen, timeBasis: "first-seen", flags: [] };
  if (claimed < (validFrom ?? claimed) || claimed > addMs(firstSeen, FUTURE_MS)) {
    return { eventTime: firstSeen, timeBasis: "first-seen", flags: ["time-out-of-range"] };
  }
  return { eventTime: claimed, timeBasis: notBefore === undefined ? "integrated" : "not-before", flags: [] };
}

function earliest(a: UnixMs | undefined, b: UnixMs | undefined): UnixMs | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}

/** Two clocks a little apart may cross; then the lower bound gives way, for what was seen stays seen. */
function intervalOf(lo: UnixMs | undefined, hi: UnixMs | undefined): Interval {
  const kept = lo !== undefined && hi !== undefined && lo > hi ? undefined : lo;
  return { ...(kept !== undefined && { lo: kept }), ...(hi !== undefined && { hi }) };
}
