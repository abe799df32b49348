import { timestampAuthorityTrust } from "../cms/timestamp-authority.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { toHex } from "../bytes/hex.ts";
import { sha256 } from "../digest.ts";
import { parseLogKey } from "../note/log-key.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { Interval } from "../time.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { checkCaChain } from "../x509/chain.ts";
import { EKU_CODE_SIGNING } from "../x509/extensions.ts";
import {
  DEFAULT_THRESHOLDS,
  type CompiledTrust,
  type Thresholds,
  type TrustedCa,
  type TrustedCtLog,
  type TrustedLog,
  type TrustedTsa,
} from "./compiled-trust.ts";
import { importKeyOf } from "./import-key.ts";
import type { AuthorityInstance, LogInstance, TrustedRoot } from "./trusted-root.ts";

export type TrustCode = "trust-key" | "trust-log-id" | "trust-log-hash" | "trust-ca" | "trust-tsa" | "trust-thresholds";

const THRESHOLD_MAX = 16;

/**
 * Makes a trusted root ready for judging, or says what in it contradicts itself. A root with one bad part is refused
 * whole: which half of it to believe is its operator's to say.
 */
export function compileTrust(
  root: TrustedRoot,
  options: { readonly thresholds?: Partial<Thresholds> } = {},
): Parsed<CompiledTrust, TrustCode> {
  const thresholds = { ...DEFAULT_THRESHOLDS, ...options.thresholds };
  const problem = thresholdProblem(root, thresholds);
  if (problem !== undefined) return malformed("trust-thresholds", problem);
  const logs = all(root.tlogs, compileLog);
  if (!logs.ok) return logs;
  const cas = all(root.certificateAuthorities, compileCa);
  if (!cas.ok) return cas;
  const ctLogs = all(root.ctlogs, compileCtLog);
  if (!ctLogs.ok) return ctLogs;
  const tsas = all(root.timestampAuthorities, compileTsa);
  if (!tsas.ok) return tsas;
  return parsed({
    trustId: root.trustId,
    thresholds,
    logs: logs.value,
    cas: cas.value,
    ctLogs: ctLogs.value,
    tsas: tsas.value,
  });
}

function all<A, B, Code extends string>(
  items: readonly A[],
  compile: (item: A) => Parsed<B, Code>,
): Parsed<readonly B[], Code> {
  const compiled: B[] = [];
  for (const item of items) {
    const one = compile(item);
    if (!one.ok) return one;
    compiled.push(one.value);
  }
  return parsed(compiled);
}

/** A threshold of 0 must be the truth about the domain, not a way around it. */
function thresholdProblem(root: TrustedRoot, { log, time, sct }: Thresholds): string | undefined {
  const inRange = [log, time, sct].every((n) => Number.isInteger(n) && n >= 0 && n <= THRESHOLD_MAX);
  if (!inRange) return `thresholds are whole numbers from 0 to ${THRESHOLD_MAX}`;
  if (sct === 0 && root.ctlogs.length > 0) return "no SCT is asked for although the root has CT logs";
  if (log === 0 && root.tlogs.length > 0) return "no log entry is asked for although the root has logs";
  if (log === 0 && time === 0) return "neither a log entry nor a time is asked for";
  if (log === 0 && root.timestampAuthorities.length === 0)
    return "no log entry is asked for, and there is no timestamp authority";
  return undefined;
}

const BASE_URL = /^https?:\/\/([^/:?#@]+)/;

/** Host of a base URL, without scheme, port and path; what is no URL is its own name. */
function hostOf(baseUrl: string): string {
  return BASE_URL.exec(baseUrl)?.[1] ?? baseUrl;
}

function compileLog(log: LogInstance): Parsed<TrustedLog, TrustCode> {
  const { baseUrl, logId, validFor, checkpointKeyId } = log;
  if (log.hashAlgorithm !== "SHA2_256") return malformed("trust-log-hash", `${baseUrl}: ${log.hashAlgorithm}`);
  const key = importKeyOf(log.key, log.keyDetails);
  if (!key.ok) return malformed(key.code, `${baseUrl}: ${key.detail}`);
  const logKey = parseLogKey({ host: hostOf(baseUrl), logId, key: key.value });
  const startsWithId = (id: Uint8Array): boolean => sameBytes(id, logId.subarray(0, id.length)) && id.length >= 4;
  if (!logKey || (checkpointKeyId && !startsWithId(checkpointKeyId))) {
    return malformed("trust-log-id", `${baseUrl}: the id is not that of the key`);
  }
  return parsed({ ...logKey, baseUrl, logId, key: key.value, validFor, group: groupOf(log.operator, logId) });
}

function compileCtLog(log: LogInstance): Parsed<TrustedCtLog, TrustCode> {
  const { baseUrl, logId, validFor } = log;
  const key = importKeyOf(log.key, log.keyDetails);
  if (!key.ok) return malformed(key.code, `${baseUrl}: ${key.detail}`);
  // RFC 6962 §3.2: the id is the hash of the DER, which for PKCS #1 is not what the root holds.
  const isItsId = sameBytes(sha256(key.value.spki), logId);
  if (!isItsId) return malformed("trust-log-id", `${baseUrl}: the id is not that of the key`);
  return parsed({ baseUrl, logId, key: key.value, validFor, group: groupOf(log.operator, logId) });
}

function compileCa(ca: AuthorityInstance): Parsed<TrustedCa, TrustCode> {
  const chain = compileChain(ca);
  if (!chain.ok) return malformed("trust-ca", chain.detail);
  const validity = checkCaChain(chain.value, EKU_CODE_SIGNING);
  if (!validity.ok) return malformed("trust-ca", `${ca.uri}: ${validity.code}, ${validity.detail}`);
  const [issuer] = chain.value;
  const key = issuer?.key();
  if (!issuer || !key?.ok) return malformed("trust-ca", `${ca.uri}: the key of the issuing CA is not accepted`);
  return parsed({
    uri: ca.uri,
    chain: chain.value,
    issuer,
    issuerSpkiHash: sha256(issuer.spki),
    window: overlapOf(validity.value, ca.validFor),
  });
}

function compileTsa(tsa: AuthorityInstance): Parsed<TrustedTsa, TrustCode> {
  const chain = compileChain(tsa);
  if (!chain.ok) return malformed("trust-tsa", chain.detail);
  const trust = timestampAuthorityTrust(chain.value, tsa.validFor);
  if (!trust.ok) return malformed("trust-tsa", `${tsa.uri}: ${trust.code}, ${trust.detail}`);
  const [first] = chain.value;
  if (!first) return malformed("trust-tsa", `${tsa.uri}: no certificates`);
  return parsed({ ...trust.value, uri: tsa.uri, group: groupOf(tsa.operator, sha256(first.spki)) });
}

function compileChain({ uri, chain }: AuthorityInstance): Parsed<readonly Certificate[]> {
  const certificates = all(chain, parseCertificate);
  return certificates.ok
    ? certificates
    : malformed(certificates.code, `${uri}: ${certificates.code}, ${certificates.detail}`);
}

/** May be empty, `lo` after `hi`: then no time is inside. */
function overlapOf(a: Required<Interval>, b: Interval): Interval {
  const lo = b.lo !== undefined && b.lo > a.lo ? b.lo : a.lo;
  const hi = b.hi !== undefined && b.hi < a.hi ? b.hi : a.hi;
  return { lo, hi };
}

function groupOf(operator: string, keyId: Uint8Array): string {
  return operator === "" ? `key ${toHex(keyId)}` : `operator ${operator}`;
}
