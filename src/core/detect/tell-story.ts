import { unreachable } from "../bug.ts";
import { provenIdentity } from "../correlate/preconditions.ts";
import { isSignature } from "../correlate/signature-link.ts";
import type { DigestRef } from "../digest.ts";
import { renderEventRef } from "../entry/signing-event.ts";
import { parseServiceAccountSan, renderIdentity, sameIdentity, type Identity } from "../identity/identity.ts";
import type { RunningContainer } from "../inventory/running-container.ts";
import { runsNow, shortRepository, signingRun } from "./acts.ts";
import type { Finding, ObservedAct } from "./detector.ts";
import type { Estate } from "./estate.ts";
import { weightOf } from "./incidents.ts";
import {
  isWithin,
  numbered,
  type LogProof,
  type Story,
  type StoryPeriod,
  type StoryQuery,
  type Telling,
} from "./story.ts";
import {
  count,
  shownTime,
  tellEntry,
  tellEvidence,
  tellOthers,
  tellRun,
  tellRunning,
  tellSigned,
} from "./story-facts.ts";

export type StoryEvidence = {
  readonly estate: Estate;
  /** All digests that stand for the one asked about: its index, children and configuration. */
  readonly related: ReadonlySet<DigestRef>;
  readonly proofs: readonly LogProof[];
  /** Clusters that are watched, by name. */
  readonly clusters: readonly string[];
  readonly gaps: readonly string[];
  readonly period?: StoryPeriod;
};

/** Signatures are told one by one up to here; of more, the newest. */
const ACTS_MAX = 5;

/** Tells the story of what was asked about. A pure function of the evidence. */
export function tellStory(evidence: StoryEvidence, query: StoryQuery): Story {
  switch (query.kind) {
    case "digest":
      return tellDigest(evidence, query.digest);
    case "identity":
      return tellIdentity(evidence, query);
    case "run":
      return tellRunStory(evidence, query);
    default:
      return unreachable(query);
  }
}

function tellDigest(evidence: StoryEvidence, digest: DigestRef): Story {
  const { estate, related } = evidence;
  const acts = actsAbout(estate, related);
  const within = actsWithin(evidence, acts);
  const containers = estate.containers.filter((container) => container.digest && related.has(container.digest));
  const repository = repositoryOf(acts, containers);
  const told = within.slice(0, ACTS_MAX);
  const identities = identitiesOf(within);
  const facts: readonly Telling[] = [
    ...tellRunning(containers),
    ...tellSignatures(estate, told),
    ...tellUnsigned(acts, containers),
    ...tellEntry(estate, containers),
    ...told.slice(0, 1).map((act) => tellEvidence(act, evidence.proofs)),
    ...alsoTold(within.length - told.length, "older entry", "about it"),
    ...alsoTold(acts.length - within.length, "entry", "about it outside the time asked for"),
    ...identities.slice(0, 1).map((identity) => tellOthers(estate, identity, related)),
  ];
  const findings = estate.findings.filter(({ digests }) => digests.some((found) => related.has(found)));
  const subject = `${repository === "" ? "" : `${shortRepository(repository)}@`}${digest}`;
  const unsigned = containers.some(
    (container) => container.signing === "unsigned" || container.signing === "unresolvable",
  );
  const isKnown = acts.length > 0 || containers.length > 0;
  return conclude(evidence, {
    subject,
    facts,
    findings,
    acts: told,
    about: within,
    isSettled: within.some(isGood) && !unsigned,
    unsettled: isKnown
      ? `no verified signature of this image is known${askedTime(evidence)}`
      : "nothing is known of this digest",
    ...(isKnown && { next: nextFor(findings, acts, repository === "" ? digest : `${repository}@${digest}`) }),
  });
}

/** Each act, and its run where that is not the one told just before: an SBOM comes from the run that signed. */
function tellSignatures(estate: Estate, acts: readonly ObservedAct[]): readonly Telling[] {
  return acts.flatMap((act, i) => {
    const before = acts[i - 1];
    const run = signingRun(act);
    const isSame = run !== undefined && before !== undefined && signingRun(before)?.uid === run.uid;
    return isSame ? [tellSigned(estate, act)] : [tellSigned(estate, act), tellRun(act)];
  });
}

/** A signature of the image itself by a proven identity: what a pass rests on. */
function isGood(act: ObservedAct): boolean {
  return provenIdentity(act.event) !== undefined && (act.links.length === 0 || act.links.some(isSignature));
}

function tellUnsigned(acts: readonly ObservedAct[], containers: readonly RunningContainer[]): readonly Telling[] {
  if (acts.length > 0 || containers.length === 0) return [];
  return [
    {
      label: "was signed",
      text: "by nobody: no entry of any followed log is about it",
      proof: "registry and logs",
      problems: [],
    },
  ];
}

/** What is known and not told one by one. */
function alsoTold(number: number, noun: string, rest: string): readonly Telling[] {
  if (number === 0) return [];
  return [{ label: "also", text: `${count(number, noun)} ${rest}`, proof: "log entries", problems: [] }];
}

function actsWithin({ period = {} }: StoryEvidence, acts: readonly ObservedAct[]): readonly ObservedAct[] {
  return acts.filter(({ event }) => isWithin(period, event.eventTime));
}

function askedTime({ period }: StoryEvidence): string {
  return period?.since === undefined && period?.until === undefined ? "" : " in the time asked for";
}

function tellIdentity(evidence: StoryEvidence, query: { readonly san: string; readonly issuer?: string }): Story {
  const { estate } = evidence;
  const known = [...estate.acts.values()]
    .filter((act) => isNamed(provenIdentity(act.event), query))
    .toSorted(newestFirst);
  const acts = actsWithin(evidence, known);
  const identities = identitiesOf(known);
  const refs = new Set(acts.map(({ event }) => renderEventRef(event)));
  const containers = estate.containers.filter(({ events }) => events.some((ref) => refs.has(renderEventRef(ref))));
  const told = acts.slice(0, ACTS_MAX);
  const facts: readonly Telling[] = [
    summary(acts, containers, askedTime(evidence)),
    ...told.map((act) => tellAct(estate, act)),
    ...alsoTold(known.length - acts.length, "entry", "outside the time asked for"),
    ...tellEntry(estate, containers),
    ...told.slice(0, 1).map((act) => tellEvidence(act, evidence.proofs)),
  ];
  const keys = new Set(identities.map((identity) => `identity:${renderIdentity(identity)}`));
  const findings = estate.findings.filter((finding) => finding.keys.some((key) => keys.has(key)));
  const [identity] = identities;
  return conclude(evidence, {
    subject: identity ? renderIdentity(identity) : query.san,
    facts,
    findings,
    acts,
    about: acts,
    isSettled: acts.length > 0,
    unsettled: `no entry of any followed log is by this identity${askedTime(evidence)}`,
    ...(told[0] && { next: `countersign event get ${renderEventRef(told[0].event)}` }),
  });
}

function tellRunStory(evidence: StoryEvidence, query: { readonly namespace: string; readonly name: string }): Story {
  const { estate } = evidence;
  const runs = [...estate.index.byUid.values()]
    .flat()
    .filter(({ value: { meta } }) => meta.namespace === query.namespace && meta.name === query.name);
  const uids = new Set(runs.map(({ value }) => value.meta.uid));
  const known = [...estate.acts.values()]
    .filter((act) => act.correlation.candidates.some(({ run }) => uids.has(run.uid)))
    .toSorted(newestFirst);
  const acts = actsWithin(evidence, known);
  const digests = new Set([
    ...runs.flatMap(({ value }) => value.artifacts),
    ...acts.flatMap(({ links }) => links.map(({ subject }) => subject)),
  ]);
  const containers = estate.containers.filter(({ digest }) => digest && digests.has(digest));
  const facts: readonly Telling[] = [
    ...runs.map(({ cluster, value }): Telling => {
      const { startedAt, completedAt } = value;
      const from = startedAt === undefined ? "" : ` from ${shownTime(startedAt)}`;
      const to = completedAt === undefined ? "" : ` to ${shownTime(completedAt)}`;
      const entries = value.receipt?.entries.length ?? 0;
      return {
        label: "acted",
        ...(startedAt !== undefined && { at: startedAt }),
        text: `in ${cluster}${from}${to} as ${value.serviceAccount}, and recorded ${count(entries, "entry")}`,
        proof: `taskruns/${value.meta.namespace}/${value.meta.name}`,
        problems: value.notes.map(({ path, problem }) => `${path} is ${problem}`),
      };
    }),
    ...acts.slice(0, ACTS_MAX).flatMap((act) => [tellAct(estate, act), tellEvidence(act, evidence.proofs)]),
    ...alsoTold(known.length - acts.length, "entry", "outside the time asked for"),
    ...tellRunning(containers),
  ];
  const findings = estate.findings.filter((finding) => finding.runs.some(({ uid }) => uids.has(uid)));
  return conclude(evidence, {
    subject: `TaskRun ${query.namespace}/${query.name}`,
    facts,
    findings,
    acts,
    about: acts,
    isSettled: runs.length > 0,
    unsettled: "no such TaskRun is known",
    ...(acts[0] && { next: `countersign event get ${renderEventRef(acts[0].event)}` }),
  });
}

/** One act in one line: what, when, by which run. */
function tellAct(estate: Estate, act: ObservedAct): Telling {
  const run = signingRun(act);
  const [link] = act.links;
  const what = link
    ? `${shortRepository(link.repository)}@${shortDigest(link.subject)}`
    : `entry ${renderEventRef(act.event)}`;
  const by = run ? `by TaskRun ${run.namespace}/${run.name}` : "by no TaskRun that is known";
  const signed = tellSigned(estate, act);
  return {
    label: "signed",
    at: act.event.eventTime,
    text: `${what} ${shownTime(act.event.eventTime)} ${by}, grade ${act.correlation.grade}`,
    proof: signed.proof,
    problems: [...signed.problems, ...tellRun(act).problems],
  };
}

function summary(acts: readonly ObservedAct[], containers: readonly RunningContainer[], asked: string): Telling {
  const digests = new Set(acts.flatMap(({ links }) => links.map(({ subject }) => subject)));
  const running = containers.filter(runsNow).length;
  return {
    label: "acted",
    text: `${count(acts.length, "entry")} about ${count(digests.size, "artifact")}${asked}; ${count(running, "container")} of them running`,
    proof: "log entries",
    problems: [],
  };
}

type Ending = {
  readonly subject: string;
  readonly facts: readonly Telling[];
  readonly findings: readonly Finding[];
  /** Those that the gaps and the identities are of. */
  readonly acts: readonly ObservedAct[];
  readonly about: readonly ObservedAct[];
  /** Enough was seen to say that all is well, if nothing is wrong. */
  readonly isSettled: boolean;
  readonly unsettled: string;
  readonly next?: string;
};

function conclude(evidence: StoryEvidence, ending: Ending): Story {
  const { estate } = evidence;
  const ranked = ending.findings.toSorted((a, b) => weightOf(b.severity) - weightOf(a.severity) || a.at - b.at);
  const ids = new Set(ranked.map(({ id }) => id));
  const incident = estate.incidents.find(({ findings }) => findings.some(({ id }) => ids.has(id)));
  // A run that names the entry proves itself; what was not seen around it cannot make it less so.
  const blind = ending.acts.filter(({ correlation }) => correlation.grade !== "A");
  const gaps = [...new Set([...blind.flatMap(({ correlation }) => correlation.gaps), ...evidence.gaps])];
  const isBad = ranked.some(({ severity }) => weightOf(severity) >= weightOf("medium"));
  const problems = ending.facts.flatMap(({ problems: found }) => found);
  const isSure = ending.isSettled && gaps.length === 0 && problems.length === 0 && estate.policy !== undefined;
  const verdict = isBad ? "fail" : isSure ? "pass" : "unknown";
  const reasons = ranked.map(({ severity, sentence }) => ({ severity, text: sentence }));
  return {
    subject: ending.subject,
    headline: headlineOf(verdict, ending, incident?.title),
    verdict,
    ...(incident && { incident: { id: incident.id, severity: incident.severity } }),
    facts: numbered(ending.facts),
    reasons: ending.isSettled ? reasons : [...reasons, { severity: "info", text: ending.unsettled }],
    notCovered: [
      ...gaps,
      ...(estate.policy ? [] : ["no policy is loaded: nothing was held against one"]),
      "registry access logs",
      "node file systems",
      `clusters other than ${evidence.clusters.join(", ") || "those watched: none is"}`,
    ],
    ...(ending.next !== undefined && { next: ending.next }),
    identities: identitiesOf(ending.acts),
    runs: ending.acts.flatMap((act) => signingRun(act) ?? []),
    events: ending.about.map(({ event: { log, logIndex } }) => ({ log, logIndex })),
  };
}

function headlineOf(verdict: Story["verdict"], { unsettled, isSettled }: Ending, title: string | undefined): string {
  if (verdict === "fail") return title ?? "findings";
  if (verdict === "pass") return "nothing wrong was found";
  return isSettled ? "not everything could be seen" : unsettled;
}

function nextFor(findings: readonly Finding[], acts: readonly ObservedAct[], reference: string): string {
  const suspect = findings.some(({ detector }) => detector === "D01" || detector === "D05");
  const identity = acts.flatMap((act) => provenIdentity(act.event) ?? [])[0];
  if (suspect && identity) return `countersign investigate ${shorthand(identity)} --since 7d`;
  const [act] = acts;
  return act ? `countersign event get ${renderEventRef(act.event)}` : `countersign artifact tree ${reference}`;
}

/** `ns/<ns>/sa/<sa>`: what a person types for an identity. */
function shorthand({ san }: Identity): string {
  const account = parseServiceAccountSan(san);
  return account ? `ns/${account.namespace}/sa/${account.serviceAccount}` : san;
}

function actsAbout(estate: Estate, related: ReadonlySet<DigestRef>): readonly ObservedAct[] {
  return [...estate.acts.values()]
    .filter(
      ({ links, event }) =>
        links.some(({ subject }) => related.has(subject)) ||
        event.digests.some(({ role, digest }) => (role === "subject" || role === "data") && related.has(digest)),
    )
    .toSorted(signaturesFirst);
}

/** Signatures before attestations, then the newest: the story is about who signed. */
function signaturesFirst(a: ObservedAct, b: ObservedAct): number {
  return Number(b.links.some(isSignature)) - Number(a.links.some(isSignature)) || newestFirst(a, b);
}

function newestFirst(a: ObservedAct, b: ObservedAct): number {
  return b.event.eventTime - a.event.eventTime || b.event.logIndex - a.event.logIndex;
}

function identitiesOf(acts: readonly ObservedAct[]): readonly Identity[] {
  const found = acts.flatMap(({ event }) => provenIdentity(event) ?? []);
  return found.filter((identity, i) => found.findIndex((other) => sameIdentity(other, identity)) === i);
}

function isNamed(
  identity: Identity | undefined,
  { san, issuer }: { readonly san: string; readonly issuer?: string },
): boolean {
  return identity !== undefined && identity.san === san && (issuer === undefined || identity.issuer === issuer);
}

function repositoryOf(acts: readonly ObservedAct[], containers: readonly RunningContainer[]): string {
  return acts.flatMap(({ links }) => links.map(({ repository }) => repository))[0] ?? containers[0]?.repository ?? "";
}

function shortDigest(digest: DigestRef): string {
  return `${digest.slice(0, 11)}…${digest.slice(-4)}`;
}
