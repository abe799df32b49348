import { renderTrustedRoot } from "../../src/adapters/virtual/sigstore/trust-documents.ts";
import type { TlogEntry } from "../../src/core/bundle/bundle.ts";
import { bug } from "../../src/core/bug.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { parseUnixMs } from "../../src/core/time.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import type { TrustedLog } from "../../src/core/trust/compiled-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { judgeProof } from "../../src/core/verify/judge-proof.ts";
import { judgeSet } from "../../src/core/verify/judge-set.ts";

type Instance = Omit<Parameters<typeof renderTrustedRoot>[0]["tlogs"][number], "start">;

/** An embedded log as a trusted root gives it to a verifier: through the document, so that this is tested too. */
export function trustedLogOf(instance: Instance): TrustedLog {
  const start = parseUnixMs(0) ?? bug("not an instant");
  const empty = { certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] };
  const document = renderTrustedRoot({ ...empty, tlogs: [{ ...instance, start }] });
  const root = readTrustedRoot(toUtf8(document));
  if (!root.ok) return bug(root.detail);
  const trust = compileTrust(root.value, { thresholds: { sct: 0 } });
  return (trust.ok ? trust.value.logs[0] : bug(trust.detail)) ?? bug("no log");
}

/** What a verifier finds proven of an entry: `ok`, or its code. */
export function judgeLogged(entry: TlogEntry, log: TrustedLog): { readonly proof: string; readonly set: string } {
  const proof = judgeProof(entry, [log], [log]);
  const set = entry.signedEntryTimestamp && judgeSet(entry, entry.signedEntryTimestamp, [log]);
  return { proof: outcome(proof), set: outcome(set) };
}

function outcome(judged: { readonly ok: true } | { readonly ok: false; readonly code: string } | undefined): string {
  if (!judged) return "absent";
  return judged.ok ? "ok" : judged.code;
}
