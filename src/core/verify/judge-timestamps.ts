import { judgeTimestamp } from "../cms/judge-timestamp.ts";
import { parseTimestampResponse } from "../cms/timestamp.ts";
import { bug } from "../bug.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import type { Ignored, ProvenTime } from "./facts.ts";
import type { VerifyReason } from "./reason.ts";

export type JudgedTimestamps = { readonly times: readonly ProvenTime[]; readonly ignored: readonly Ignored[] };

/**
 * Step 8: every RFC 3161 timestamp, over the raw signature. One of an unknown authority is passed over; one of a known
 * authority that fails refuses the bundle. Where there are timestamps, somebody known must have made one.
 */
export function judgeTimestamps(
  timestamps: readonly Uint8Array[],
  signature: Uint8Array,
  { tsas }: CompiledTrust,
): Parsed<JudgedTimestamps, VerifyReason> {
  const times: ProvenTime[] = [];
  const ignored: Ignored[] = [];
  for (const [i, der] of timestamps.entries()) {
    const token = parseTimestampResponse(der);
    if (!token.ok) return malformed(token.code, `timestamp ${i + 1}: ${token.detail}`);
    const judged = judgeTimestamp(token.value, { signature, authorities: tsas });
    if (judged.ok) {
      const { uri, group } = tsas[judged.value.authority] ?? bug("an authority that was not given");
      times.push({ at: judged.value.genTime, source: "tsa", by: uri, group });
    } else if (judged.code === "tst-unknown-authority") {
      ignored.push({ what: "timestamp", detail: `timestamp ${i + 1}: ${judged.detail}` });
    } else return malformed(judged.code, `timestamp ${i + 1}: ${judged.detail}`);
  }
  return timestamps.length > 0 && times.length === 0
    ? malformed("tst-unknown-authority", "no timestamp is by an authority of the trusted root")
    : parsed({ times, ignored });
}
