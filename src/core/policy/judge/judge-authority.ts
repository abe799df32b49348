import { unreachable } from "../../bug.ts";
import type { Identity } from "../../identity/identity.ts";
import { renderIdentity } from "../../identity/identity.ts";
import { renderRfc3339 } from "../../time.ts";
import { all, fail, pass, unknown, type Verdict } from "../../verdict.ts";
import type {
  Authority,
  IdentityRule,
  KeyAuthority,
  LogRule,
  SigstoreAuthority,
  TextRule,
  TimeSourceRule,
} from "../trust-policy.ts";
import { ALWAYS_FROM, ALWAYS_TO } from "../read/authority.ts";
import type { LoggedEntry, SignedTime, SignerFacts, SignerJudgement } from "./image-evidence.ts";

/** Whether an RE2 pattern matches a whole text: what the port `RegexCompiler` calls `matchesWhole`. */
export type MatchesWhole = (pattern: string, text: string) => boolean;

/** Two verified times further apart than this cannot both be true (trust-policy chapter §1.3). */
const TIMES_APART_MS_MAX = 3_600_000;

/**
 * Judges whether a signature is one of an authority: good in itself, by one of its identities, in its logs, at a time that
 * its sources state. All of it is judged, so that a person sees every problem at once.
 */
export function judgeAuthority(
  authority: Authority,
  { verdict, signer }: SignerJudgement,
  matches: MatchesWhole,
): Verdict<string> {
  if (!signer) return verdict.kind === "pass" ? judgeWithout(authority) : verdict;
  switch (authority.kind) {
    case "sigstore":
      return all([
        verdict,
        judgeSigner(authority, signer, matches),
        judgeLog(authority.log, signer.entries),
        judgeTimes(authority.time, signer.times),
      ]);
    case "key":
      return all([
        verdict,
        judgeKeyTimes(authority, signer.times),
        authority.log ? judgeLog(authority.log, signer.entries) : pass,
      ]);
    case "notation":
      // Names and trust stores are a part of the Notation verifier's own verdict.
      return verdict;
    default:
      return unreachable(authority);
  }
}

/** A pass that says nothing of the signer: enough where the verifier was told whom to expect. */
function judgeWithout(authority: Authority): Verdict<string> {
  return authority.kind === "notation" ? pass : unknown("identity-mismatch", "the verifier did not say who signed");
}

function judgeSigner({ identities }: SigstoreAuthority, signer: SignerFacts, matches: MatchesWhole): Verdict<string> {
  const { identity, extensions } = signer;
  if (!identity) return fail("identity-mismatch", "the signature has no identity");
  const [sameIssuer, sameSan] = [
    identities.filter(({ issuer }) => matchesText(issuer, identity.issuer, matches)),
    identities.filter(({ san }) => matchesSan(san, identity, matches)),
  ];
  const both = sameIssuer.filter((rule) => sameSan.includes(rule));
  if (both.some((rule) => hasExtensions(rule, extensions))) return pass;
  const found = renderIdentity(identity);
  if (sameIssuer.length === 0) return fail("issuer-mismatch", `found ${found}`);
  if (both.length === 0) return fail("identity-mismatch", `found ${found}`);
  return fail("extension-mismatch", `found ${found} with other certificate extensions`);
}

/** Byte for byte, and of the same GeneralName type: an e-mail address is no URI. */
function matchesSan(rule: IdentityRule["san"], identity: Identity, matches: MatchesWhole): boolean {
  return rule.type === identity.sanType && matchesText(rule, identity.san, matches);
}

function matchesText(rule: TextRule, text: string, matches: MatchesWhole): boolean {
  return rule.kind === "exact" ? rule.text !== "" && rule.text === text : matches(rule.pattern, text);
}

function hasExtensions(rule: IdentityRule, extensions: SignerFacts["extensions"]): boolean {
  return Object.entries(rule.extensions).every(
    ([number, value]) => Object.hasOwn(extensions, number) && extensions[number] === value,
  );
}

function judgeLog(rule: LogRule, entries: readonly LoggedEntry[]): Verdict<string> {
  const ours = entries.filter(({ log }) => rule.logs.length === 0 || rule.logs.includes(log));
  if (ours.length === 0) return fail("entry-missing", "no entry in a log of the authority");
  const proven = ours.filter(({ proof }) => rule.proof === "promise" || proof === "inclusion");
  if (proven.length === 0) return fail("proof-missing", "a promise of the log, and no proof of inclusion");
  if (countOperators(proven) < rule.min) {
    return fail("entry-missing", `${countOperators(proven)} logs where ${rule.min} are required`);
  }
  return judgeWitnesses(rule, proven);
}

function judgeWitnesses({ witnesses, min }: LogRule, entries: readonly LoggedEntry[]): Verdict<string> {
  if (!witnesses) return pass;
  const countOf = (entry: LoggedEntry): number =>
    new Set(entry.witnesses?.filter((name) => witnesses.of.includes(name))).size;
  const witnessed = entries.filter((entry) => countOf(entry) >= witnesses.quorum);
  if (countOperators(witnessed) >= min) return pass;
  const unseen = entries.filter((entry) => entry.witnesses === undefined || countOf(entry) >= witnesses.quorum);
  if (countOperators(unseen) >= min)
    return unknown("witness-quorum", "nobody looked at the cosignatures of the checkpoint");
  return fail("witness-quorum", `${Math.max(...entries.map(countOf))} of ${witnesses.quorum} witnesses`);
}

function countOperators(entries: readonly LoggedEntry[]): number {
  return new Set(entries.map(({ operator }) => operator)).size;
}

function judgeTimes(rule: TimeSourceRule, times: readonly SignedTime[]): Verdict<string> {
  const accepted = times.filter(
    ({ source, by }) =>
      rule.sources.some((known) => known === source) &&
      (source === "log" || rule.tsas.length === 0 || rule.tsas.includes(by)),
  );
  const count = new Set(accepted.map(({ by }) => by)).size;
  if (count < rule.min) return fail("time-missing", `${count} verified times where ${rule.min} are required`);
  return judgeAgreement(times);
}

function judgeAgreement(times: readonly SignedTime[]): Verdict<string> {
  const instants = times.map(({ at }) => at);
  const apart = Math.max(...instants) - Math.min(...instants);
  if (times.length < 2 || apart <= TIMES_APART_MS_MAX) return pass;
  const told = times.map(({ at, by }) => `${by} says ${renderRfc3339(at)}`).join(", ");
  return fail("time-disagree", told);
}

/** A key is good for a while; where it is good for ever, no time has to be known. */
function judgeKeyTimes({ validity }: KeyAuthority, times: readonly SignedTime[]): Verdict<string> {
  const outside = times.find(({ at }) => at < validity.from || at >= validity.to);
  if (outside) return fail("key-not-valid-at-time", `${outside.by} says ${renderRfc3339(outside.at)}`);
  const isBounded = validity.from > ALWAYS_FROM || validity.to < ALWAYS_TO;
  if (times.length === 0 && isBounded)
    return fail("time-missing", "the key is good for a while, and nothing says when it signed");
  return judgeAgreement(times);
}
