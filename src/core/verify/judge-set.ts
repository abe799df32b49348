import { toBase64 } from "../bytes/base64.ts";
import { toHex } from "../bytes/hex.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { TlogEntry } from "../bundle/bundle.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { parseUnixMs, type UnixMs } from "../time.ts";
import type { TrustedLog } from "../trust/compiled-trust.ts";
import { isWithin } from "../x509/chain.ts";
import type { LogReason } from "./reason.ts";

/** A log's promise to include an entry, which makes its `integratedTime` a time. */
export type ProvenPromise = { readonly log: TrustedLog; readonly integratedTime: UnixMs };

/** Step 9: the signed entry timestamp of a Rekor v1. */
export function judgeSet(
  entry: TlogEntry,
  signedEntryTimestamp: Uint8Array,
  logs: readonly TrustedLog[],
): Parsed<ProvenPromise, LogReason> {
  const integratedTime = parseUnixMs(entry.integratedTime * 1000);
  const log = logs.find(({ validFor }) => integratedTime !== undefined && isWithin(integratedTime, validFor));
  if (!log || integratedTime === undefined) {
    return malformed("log-key-expired", "the log's key was not valid at the integrated time");
  }
  return log.verifies(toSetBytes(entry), signedEntryTimestamp)
    ? parsed({ log, integratedTime })
    : malformed("set-signature", "the log did not sign this promise");
}

/**
 * What a SET signs (rekor `pkg/api/entries.go`, signEntry): four members in RFC 8785 form. Every part is canonical by
 * construction, so joining them is the rendering. `logIndex` is the entry's, not the proof's.
 */
export function toSetBytes({ canonicalizedBody, integratedTime, logId, logIndex }: TlogEntry): Uint8Array {
  const body = toBase64(canonicalizedBody);
  return toUtf8(
    `{"body":"${body}","integratedTime":${integratedTime},"logID":"${toHex(logId)}","logIndex":${logIndex}}`,
  );
}
