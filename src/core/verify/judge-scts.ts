import { sameBytes } from "../bytes/bytes.ts";
import { toHex } from "../bytes/hex.ts";
import type { Sha256 } from "../digest.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import type { Certificate } from "../x509/certificate.ts";
import { isWithin } from "../x509/chain.ts";
import { parseSctList, verifySct, type Sct } from "../x509/sct.ts";
import type { Ignored } from "./facts.ts";
import type { VerifyReason } from "./reason.ts";

/** Step 13: CT logs have promised to show the certificate, so that whoever gets one wrongly is seen. */
export function judgeScts(
  leaf: Certificate,
  issuerSpkiHash: Sha256,
  trust: CompiledTrust,
  needed: number,
): Parsed<readonly Ignored[], VerifyReason> {
  if (needed === 0 && trust.ctLogs.length === 0) return parsed([]);
  if (!leaf.sctList) return malformed("sct-missing", "the certificate has no SCT");
  const scts = parseSctList(leaf.sctList);
  if (!scts.ok) return scts;
  const groups = new Set<string>();
  const ignored: Ignored[] = [];
  for (const sct of scts.value) {
    const logs = trust.ctLogs.filter(({ logId }) => sameBytes(logId, sct.logId));
    if (logs.length === 0) {
      ignored.push({ what: "sct", detail: `an SCT of the unknown log ${toHex(sct.logId)}` });
      continue;
    }
    const log = logs.find(({ validFor }) => isWithin(sct.timestamp, validFor));
    if (!log) return malformed("sct-log-expired", `the key of ${nameOf(logs)} was not valid at the time of the SCT`);
    if (!verifySct(sct, leaf, issuerSpkiHash, log.key)) {
      return malformed("sct-signature", `the SCT is not signed by ${log.baseUrl}`);
    }
    groups.add(log.group);
  }
  if (groups.size >= needed && groups.size > 0) return parsed(ignored);
  return judgeTooFew(scts.value, groups.size, needed);
}

function judgeTooFew(scts: readonly Sct[], count: number, needed: number): Parsed<never, VerifyReason> {
  return count === 0
    ? malformed("sct-unknown-log", `none of ${scts.length} SCTs is of a log of the trusted root`)
    : malformed("sct-missing", `SCTs of ${count} logs where ${needed} are needed`);
}

function nameOf(logs: readonly { readonly baseUrl: string }[]): string {
  return logs[0]?.baseUrl ?? "the log";
}
