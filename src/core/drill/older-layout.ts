import type { Authority, LogRule } from "../policy/trust-policy.ts";
import { builder, DRILL_BUILDER } from "./good.ts";
import type { AskPlan, EntryPlan, EvidencePlan, LieName, Plan, SaysPlan } from "./plan.ts";

/**
 * The same case in cosign's older layout, for verifiers that read no other: nothing good would be good to them, and no
 * refusal would prove anything. `undefined` where the case is about what that layout does not have.
 */
export function toOlderLayout(plan: Plan): Plan | undefined {
  const evidence = plan.evidence.flatMap((one) => toOlder(one) ?? []);
  const isOfReferrers = plan.lie !== undefined && LIES_OF_REFERRERS.has(plan.lie);
  if (evidence.length < plan.evidence.length || plan.ask?.managedKey || isOfReferrers) return undefined;
  return { ...plan, evidence, ask: toPromise(plan.ask ?? {}) };
}

/** Told to those who read a signature's manifest by digest; in this layout it has a tag, and nobody would be lied to. */
const LIES_OF_REFERRERS: ReadonlySet<LieName> = new Set([
  "other-manifest",
  "redirect-manifest",
  "many-referrers",
  "endless-pages",
]);
const OF_REFERRERS: ReadonlySet<string> = new Set(["fallback-of-other", "json-artifact", "json-layer"]);

function toOlder(evidence: EvidencePlan): EvidencePlan | undefined {
  const { entries = [{}], stamps = [] } = evidence;
  const [entry, ...others] = entries.map((one) => toOlderEntry(one));
  if (!entry || others.length > 0 || stamps.length > 0 || isOfTimes(evidence) || !isOfLayout(evidence))
    return undefined;
  return { ...evidence, form: "legacy", entries: [entry], stamps };
}

/** What is signed and where it is kept can be so in that layout. */
function isOfLayout({ form = "legacy", bytes, chain, place, says = {} }: EvidencePlan): boolean {
  return form === "legacy" && !bytes && !chain && !OF_REFERRERS.has(place ?? "") && isSayable(says);
}

/** A log that keeps no time, or one whose time is not that of a timestamp. */
function isOfTimes({ entries, stamps }: EvidencePlan): boolean {
  if (stamps) return !entries;
  return entries?.some(({ promisedMs }) => promisedMs !== undefined) ?? false;
}

/** A payload of that layout has a digest and a name of the image; a statement is an attestation. */
function isSayable({ predicateType, about, payload, payloadType }: SaysPlan): boolean {
  return predicateType !== undefined || !(about ?? payload ?? payloadType);
}

/** Of an entry of Rekor v1 the layout holds the body and the promise. */
function toOlderEntry({ log = "rekor1", proof = "none", ...entry }: EntryPlan): EntryPlan | undefined {
  const { promise, body, promisedMs: _, shownMs: __, ...beyond } = entry;
  const isPromised = log !== "rekor2" && promise !== "none" && proof === "none" && body !== "reordered";
  return isPromised && Object.keys(beyond).length === 0 ? { ...entry, log, proof } : undefined;
}

/** What it holds of a log is a promise, so that every authority has to be content with one. */
function toPromise(ask: AskPlan): AskPlan {
  const authorities = { [DRILL_BUILDER]: builder(), ...ask.authorities };
  const promised = Object.entries(authorities).map(([name, one]) => [name, withPromise(one)] as const);
  return { ...ask, authorities: Object.fromEntries(promised) };
}

function withPromise(authority: Authority): Authority {
  if (authority.kind !== "sigstore") return authority;
  const log: LogRule = { ...authority.log, proof: "promise", reason: "The older layout carries no proof." };
  return { ...authority, log };
}
