import { toHex } from "../bytes/hex.ts";
import type { Sha256 } from "../digest.ts";
import type { LogName } from "../entry/signing-event.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { renderRfc3339, type UnixMs } from "../time.ts";

/** How far one log was read, as the follower's position says it. */
export type LogReach = {
  readonly log: LogName;
  readonly state: string;
  readonly reason: string;
  readonly startIndex: number;
  readonly indexedUpto: number;
  readonly head?: {
    readonly size: number;
    readonly root: Sha256;
    readonly firstSeen: UnixMs;
    readonly note: Uint8Array;
  };
  readonly updatedAt: UnixMs;
  readonly tally?: { readonly unparsed: number; readonly untrusted: number };
};

/** What no follower of logs can see (transparency-log chapter §6). Printed next to every empty answer. */
export const NEVER_COVERED: readonly string[] = [
  "entries logged after the heads shown",
  "logs that are not listed: other Rekor instances, private logs",
  "signatures that were never logged",
];

/** What an answer out of these logs was made of: a value that stands beside every list, and in every evidence file. */
export type CoverageStatement = {
  readonly asOf: UnixMs;
  readonly logs: readonly LogReach[];
  /** Sentences: what was not seen. Never empty. */
  readonly notCovered: readonly string[];
};

/** States what was seen of logs and what was not. */
export function stateCoverage(logs: readonly LogReach[], asOf: UnixMs): CoverageStatement {
  const gaps = logs.flatMap((reach) => gapsOf(reach));
  const none = logs.length === 0 ? ["any log: none is followed"] : [];
  return { asOf, logs, notCovered: [...none, ...gaps, ...NEVER_COVERED] };
}

function gapsOf({ log, state, reason, startIndex, indexedUpto, head, tally }: LogReach): readonly string[] {
  return [
    ...(startIndex > 0 ? [`${log}: entries below ${startIndex}, where following began`] : []),
    ...(head ? [] : [`${log}: anything, since no checkpoint has been proven`]),
    ...(head && indexedUpto < head.size
      ? [`${log}: entries ${indexedUpto} to ${head.size}, which are not read yet`]
      : []),
    ...(state === "following" || state === "frozen" || state === "retired" ? [] : [`${log}: ${state}, ${reason}`]),
    ...(tally && tally.unparsed > 0
      ? [`${log}: the content of ${tally.unparsed} entries that could not be parsed`]
      : []),
  ];
}

/** The statement as the predicate of chapter §6, `urn:countersign:coverage:v1`. */
export function renderCoverage({ asOf, logs, notCovered }: CoverageStatement): JsonObject {
  return { asOf: renderRfc3339(asOf), logs: logs.map(renderReach), notCovered };
}

function renderReach({ log, state, startIndex, indexedUpto, head, updatedAt, tally }: LogReach): JsonValue {
  const to = head && { size: head.size, root: toHex(head.root), time: renderRfc3339(head.firstSeen) };
  return {
    log,
    mode: "all",
    state,
    from: { size: startIndex },
    to: to ?? null,
    entriesSeen: indexedUpto - startIndex,
    unparsed: tally?.unparsed ?? 0,
    untrusted: tally?.untrusted ?? 0,
    lookedAt: renderRfc3339(updatedAt),
  };
}
