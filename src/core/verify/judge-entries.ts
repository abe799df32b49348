import { sameBytes } from "../bytes/bytes.ts";
import { toHex } from "../bytes/hex.ts";
import type { TlogEntry } from "../bundle/bundle.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import type { CompiledTrust, TrustedLog } from "../trust/compiled-trust.ts";
import { isWithin } from "../x509/chain.ts";
import type { Ignored, ProvenEntry, ProvenTime } from "./facts.ts";
import { judgeProof, type ProvenInclusion } from "./judge-proof.ts";
import { judgeSet } from "./judge-set.ts";
import type { VerifyReason } from "./reason.ts";

export type JudgedEntries = {
  readonly entries: readonly ProvenEntry[];
  readonly times: readonly ProvenTime[];
  readonly ignored: readonly Ignored[];
};

/** Steps 9 and 10 for every entry. One of an unknown log is passed over; where there are entries, one must be of a known log. */
export function judgeEntries(
  entries: readonly TlogEntry[],
  trust: CompiledTrust,
  tsaTimes: readonly ProvenTime[],
): Parsed<JudgedEntries, VerifyReason> {
  const proven: ProvenEntry[] = [];
  const times: ProvenTime[] = [];
  const ignored: Ignored[] = [];
  for (const [position, entry] of entries.entries()) {
    const logs = trust.logs.filter(({ logId }) => sameBytes(logId, entry.logId));
    if (logs.length === 0) {
      ignored.push({ what: "entry", detail: `entry ${entry.logIndex} of the unknown log ${toHex(entry.logId)}` });
      continue;
    }
    const judged = judgeEntry(entry, logs, trust, tsaTimes);
    if (!judged.ok) return malformed(judged.code, `entry ${entry.logIndex}: ${judged.detail}`);
    const { log, integratedTime, inclusion } = judged.value;
    proven.push({
      log: log.baseUrl,
      group: log.group,
      logId: log.logId,
      logIndex: entry.logIndex,
      isIndexProven: integratedTime !== undefined || inclusion?.generation === "rekor2",
      ...(inclusion && { inclusion }),
      hasSet: integratedTime !== undefined,
      position,
    });
    if (integratedTime !== undefined) {
      times.push({ at: integratedTime, source: "log", by: log.baseUrl, group: log.group });
    }
  }
  return entries.length > 0 && proven.length === 0
    ? malformed("log-unknown", "no entry is of a log of the trusted root")
    : parsed({ entries: proven, times, ignored });
}

type JudgedEntry = {
  readonly log: TrustedLog;
  readonly integratedTime?: UnixMs;
  readonly inclusion?: ProvenInclusion;
};

/** `logs` have the entry's id: one, or the same key listed once per period. */
function judgeEntry(
  entry: TlogEntry,
  logs: readonly TrustedLog[],
  trust: CompiledTrust,
  tsaTimes: readonly ProvenTime[],
): Parsed<JudgedEntry, VerifyReason> {
  const promise = entry.signedEntryTimestamp ? judgeSet(entry, entry.signedEntryTimestamp, logs) : undefined;
  if (promise && !promise.ok) return promise;
  const log = promise?.value.log ?? logs.find(({ validFor }) => tsaTimes.every(({ at }) => isWithin(at, validFor)));
  if (!log) return malformed("log-key-expired", "the log's key was not valid at the time of the signature");
  const proof = judgeProof(entry, logs, trust.logs);
  if (proof && !proof.ok) return proof;
  return toJudgedEntry(log, promise?.value.integratedTime, proof?.value);
}

function toJudgedEntry(
  log: TrustedLog,
  integratedTime: UnixMs | undefined,
  inclusion: ProvenInclusion | undefined,
): Parsed<JudgedEntry, VerifyReason> {
  // The readers of bundles refuse this already; a bundle made any other way must not get past it either.
  if (integratedTime === undefined && !inclusion) {
    return malformed("proof-missing", "neither a promise nor a proof says that it is in the log");
  }
  return parsed({
    log,
    ...(integratedTime !== undefined && { integratedTime }),
    ...(inclusion && { inclusion }),
  });
}
