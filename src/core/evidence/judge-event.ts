import { decodeEntry } from "../entry/decode-entry.ts";
import { quote } from "../json/fields.ts";
import { isJsonObject } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../json/read-json.ts";
import { renderRfc3339, type UnixMs } from "../time.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import type { PrehashCheck } from "../verify/artifact.ts";
import type { ProvenTime } from "../verify/facts.ts";
import { judgePath } from "../verify/judge-path.ts";
import { judgeScts } from "../verify/judge-scts.ts";
import type { Certificate } from "../x509/certificate.ts";
import { identityOf } from "../x509/identity-of.ts";
import { failed, passed, undecided, type EventReport, type EvidenceCheck } from "./evidence-report.ts";
import { judgeHead, judgeLeafProof, type Members, type SignedTree } from "./judge-tree.ts";
import { judgeSignature } from "./judge-signature.ts";
import { toMemberName } from "./member-name.ts";
import { readTimeMember, type BoundPair, type TimeMember } from "./time-member.ts";

/** What an event was joined to, in the event's folder. */
export const CORRELATION_MEMBER = "correlation.json";
const CORRELATION_BYTES_MAX = 1_048_576;

/** What judges an evidence file beside its bytes. */
export type EvidenceTrust = { readonly trust: CompiledTrust; readonly verifyPrehashed: PrehashCheck };

/** Makes every check of one event, each whether or not the others pass. */
export function judgeEvent(members: Members, folder: string, given: EvidenceTrust): EventReport {
  const { trust, verifyPrehashed } = given;
  const body = members.get(`${folder}/entry.json`);
  if (!body) return { folder, checks: [failed("signature", "member-missing", "there is no entry.json")] };
  const { check, leaf, times } = judgeSignature(
    body,
    members.get(`${folder}/bundle.sigstore.json`),
    trust,
    verifyPrehashed,
  );
  const identity = leaf && identityOf(leaf);
  const chain = judgeChain(body, leaf, trust, times);
  const inclusion = judgeLeafProof(members.get(`${folder}/entry.tlog-proof`), body, trust.logs);
  return {
    folder,
    ...(inclusion.ok && { logIndex: inclusion.value.index }),
    ...(identity?.ok && { identity: identity.value }),
    checks: [
      check,
      chain.check,
      chain.sct,
      inclusion.ok
        ? passed(
            "inclusion",
            `entry ${inclusion.value.index} is in the tree of ${inclusion.value.tree.size} that ${inclusion.value.tree.origin} signed`,
          )
        : failed("inclusion", inclusion.code, inclusion.detail),
      inclusion.ok
        ? judgeConsistencyCheck(members, inclusion.value.tree)
        : undecided("consistency", inclusion.code, "without inclusion there is no tree to compare"),
      judgeTime(members.get(`${folder}/time.json`), {
        ...(leaf && { leaf }),
        times,
        trusted: chain.check.state === "pass",
      }),
      judgeCorrelation(members.get(`${folder}/${CORRELATION_MEMBER}`)),
    ],
  };
}

/** The chain at the times that others vouch for, else at the certificate's own beginning, which its issuer vouches for. */
function judgeChain(
  body: Uint8Array,
  leaf: Certificate | undefined,
  trust: CompiledTrust,
  times: readonly ProvenTime[],
): { readonly check: EvidenceCheck; readonly sct: EvidenceCheck } {
  if (!leaf) {
    const entry = decodeEntry(body);
    const isKey = entry.parsed && entry.signers.every(({ verifier }) => verifier.kind === "public-key");
    const why = isKey ? "the entry is of a bare key" : "there is no certificate that can be read";
    const code = isKey ? "no-certificate" : "certificate-unreadable";
    return { check: undecided("chain", code, why), sct: undecided("sct", code, why) };
  }
  const atIssue: ProvenTime = { at: leaf.notBefore, source: "log", by: "the certificate", group: "" };
  const path = judgePath(leaf, [], trust, times.length > 0 ? times : [atIssue]);
  if (!path.ok) {
    return {
      check: failed("chain", path.code, path.detail),
      sct: undecided("sct", path.code, "without a chain it is not known who issued the certificate"),
    };
  }
  const scts = judgeScts(leaf, path.value.issuerSpkiHash, trust, trust.ctLogs.length > 0 ? 1 : 0);
  return {
    check: passed("chain", `the certificate was issued by ${path.value.ca.uri}`),
    sct: scts.ok
      ? passed("sct", trust.ctLogs.length > 0 ? "a CT log promised to show the certificate" : "the root has no CT log")
      : failed("sct", scts.code, scts.detail),
  };
}

function judgeConsistencyCheck(members: Members, tree: SignedTree): EvidenceCheck {
  const head = judgeHead(members, `logs/${toMemberName(tree.origin)}`, tree);
  return head.ok
    ? passed("consistency", `the head of size ${head.value.size} holds that tree`)
    : failed("consistency", head.code, head.detail);
}

type Known = { readonly leaf?: Certificate; readonly times: readonly ProvenTime[]; readonly trusted: boolean };

/** An interval whose ends are no narrower than what can be shown, and do not cross. */
function judgeTime(member: Uint8Array | undefined, known: Known): EvidenceCheck {
  if (!member) return undecided("time", "member-missing", "there is no time.json");
  const read = readTimeMember(member);
  if (!read.ok) return failed("time", read.code, read.detail);
  const problem = timeProblem(read.value, known);
  return problem === undefined
    ? passed("time", `signed ${renderPair(read.value.signed)}; logged ${renderPair(read.value.logged)}`)
    : failed("time", "time-mismatch", problem);
}

function timeProblem({ signed, logged }: TimeMember, { leaf, times, trusted }: Known): string | undefined {
  const crossed = [signed, logged].some(({ from, to }) => from && to && from.at > to.at + to.toleranceMs);
  if (crossed) return "an interval ends before it begins";
  const { from } = signed;
  if (from && from.source !== "certificate") return `the signing time begins by the word of a ${from.source}`;
  if (from && (!trusted || from.at !== leaf?.notBefore))
    return "the certificate does not begin where the interval does";
  const outside = times.find(({ at }) => isBefore(at, signed) || isAfter(at, logged));
  return outside && `${outside.by} says ${renderRfc3339(outside.at)}, which is outside`;
}

function isBefore(at: UnixMs, { from }: BoundPair): boolean {
  // A timestamp states whole seconds, and may be of the second in which the certificate was issued.
  return from !== undefined && at + 1_000 <= from.at;
}

function isAfter(at: UnixMs, { to }: BoundPair): boolean {
  return to !== undefined && at > to.at + to.toleranceMs + CLOCKS_MS;
}

/** How far two honest clocks may be apart (transparency-log chapter §4, T2). */
const CLOCKS_MS = 120_000;

function renderPair({ from, to }: BoundPair): string {
  const lo = from ? `${renderRfc3339(from.at)} (${from.source})` : "at any time";
  const hi = to ? `${renderRfc3339(to.at)} (${to.source})` : "now";
  return `from ${lo} to ${hi}`;
}

/** No log proves a correlation: it is repeated as the word of who made the file. */
function judgeCorrelation(member: Uint8Array | undefined): EvidenceCheck {
  return { name: "correlation", state: "stated", code: "unproven", detail: renderStated(member) };
}

function renderStated(member: Uint8Array | undefined): string {
  if (!member) return "none in the file";
  const json = readJson(member, { bytesMax: CORRELATION_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const grade = json.ok && isJsonObject(json.value) ? json.value["grade"] : undefined;
  return `grade ${typeof grade === "string" ? quote(grade) : "unknown"}, as observed by who made the file`;
}
