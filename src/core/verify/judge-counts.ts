import { sameBytes } from "../bytes/bytes.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { Thresholds } from "../trust/compiled-trust.ts";
import type { ProvenEntry, ProvenTime } from "./facts.ts";
import type { CountReason } from "./reason.ts";

/** Step 11: enough entries of different operators, enough times of different sources, none counted twice. */
export function judgeCounts(
  entries: readonly ProvenEntry[],
  times: readonly ProvenTime[],
  thresholds: Thresholds,
): Parsed<undefined, CountReason> {
  const twice = entries.find((entry, i) => entries.findIndex((other) => isSameEntry(entry, other)) !== i);
  if (twice) return malformed("entry-duplicate", `entry ${twice.logIndex} of ${twice.log} is given twice`);
  const operatorCount = countGroups(entries);
  if (operatorCount < thresholds.log) {
    return malformed("entry-missing", `${operatorCount} log entries where ${thresholds.log} are needed`);
  }
  const tsaTimes = times.filter(({ source }) => source === "tsa");
  const untimed = entries.find(({ hasSet }) => !hasSet);
  if (untimed && tsaTimes.length === 0) {
    const detail = `entry ${untimed.logIndex} has no promise of its log, and there is no timestamp: nothing says when`;
    return malformed("time-missing", detail);
  }
  const sourceCount = countGroups(tsaTimes) + countGroups(times.filter(({ source }) => source === "log"));
  if (sourceCount >= thresholds.time) return parsed(undefined);
  return malformed("time-missing", `${sourceCount} times where ${thresholds.time} are needed`);
}

function isSameEntry(a: ProvenEntry, b: ProvenEntry): boolean {
  return a.logIndex === b.logIndex && sameBytes(a.logId, b.logId);
}

function countGroups(items: readonly { readonly group: string }[]): number {
  return new Set(items.map(({ group }) => group)).size;
}
