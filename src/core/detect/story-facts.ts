import { provenIdentity } from "../correlate/preconditions.ts";
import { isSignature } from "../correlate/signature-link.ts";
import type { DigestRef } from "../digest.ts";
import { renderEventRef } from "../entry/signing-event.ts";
import { renderIdentity, sameIdentity, type Identity } from "../identity/identity.ts";
import { topOwner } from "../inventory/owner-chain.ts";
import type { RunningContainer } from "../inventory/running-container.ts";
import { judgeSigner } from "../policy/judge-signer.ts";
import { addMs, renderRfc3339, type UnixMs } from "../time.ts";
import { runsNow, shortRepository } from "./acts.ts";
import { explainEntry } from "./cover.ts";
import type { ObservedAct } from "./detector.ts";
import type { Estate } from "./estate.ts";
import type { LogProof, Telling } from "./story.ts";

/** `2026-11-22 02:41:09 UTC`. */
export function shownTime(at: UnixMs): string {
  return `${renderRfc3339(at)
    .replace("T", " ")
    .replace("Z", "")
    .replace(/\.\d+$/, "")} UTC`;
}

/** Where an image runs, one fact for each owner in each namespace. */
export function tellRunning(containers: readonly RunningContainer[]): readonly Telling[] {
  const running = containers.filter(runsNow);
  const groups = Map.groupBy(running, ({ cluster, namespace, owners, pod }) => {
    const owner = topOwner(owners);
    return `${cluster} ${namespace}/${owner ? owner.name : pod}`;
  });
  return [...groups].map(([name, group]): Telling => {
    const since = Math.min(...group.map(({ startedAt }) => startedAt ?? Infinity));
    const at = group.find(({ startedAt }) => startedAt === since)?.startedAt;
    const match = [...new Set(group.map((container) => container.match))].join(", ");
    return {
      label: "runs",
      ...(at !== undefined && { at }),
      text: `${name} (${count(group.length, "container")})${at === undefined ? "" : ` since ${shownTime(at)}`}`,
      proof: `pod status, ${match}`,
      problems: [],
    };
  });
}

/** A signature, and what the policy says of it. */
export function tellSigned(estate: Estate, act: ObservedAct): Telling {
  const identity = provenIdentity(act.event);
  const { eventTime } = act.event;
  const signature = act.links.find(isSignature);
  const kinds = [...new Set(act.links.flatMap(({ predicateType }) => predicateType ?? []))];
  const what = signature || kinds.length === 0 ? "" : `with ${kinds.join(", ")} `;
  return {
    label: signature || act.links.length === 0 ? "was signed" : "attested",
    at: eventTime,
    text: `${what}${shownTime(eventTime)} by ${identity ? renderIdentity(identity) : unproven(act)}`,
    proof: `log entry ${renderEventRef(act.event)}`,
    problems: problemsOf(estate, act),
  };
}

function unproven({ event }: ObservedAct): string {
  const [claimed] = event.identities;
  return claimed ? `a certificate of no trusted CA that claims ${renderIdentity(claimed)}` : "a bare key";
}

function problemsOf({ policy, acts }: Estate, act: ObservedAct): readonly string[] {
  const identity = provenIdentity(act.event);
  if (!policy || !identity) return [];
  const at = act.event.eventTime;
  const signed = act.links.filter(isSignature);
  return [...new Set(signed.map(({ repository }) => repository))].flatMap((repository) => {
    const verdict = judgeSigner(policy, { repository, identity, at });
    const reasons = verdict.kind === "fail" ? verdict.reasons.map(({ detail }) => detail) : [];
    const isUnexpected =
      verdict.kind === "fail" && verdict.reasons.some(({ reason }) => reason === "unexpected-identity");
    const first = isUnexpected && isFirst([...acts.values()], act, { identity, repository });
    return first ? [...reasons, `first signature ever of this identity for ${teamOf(repository)}/*`] : reasons;
  });
}

function isFirst(
  acts: readonly ObservedAct[],
  act: ObservedAct,
  { identity, repository }: { readonly identity: Identity; readonly repository: string },
): boolean {
  return !acts.some(
    (other) =>
      other.event.eventTime < act.event.eventTime &&
      isBy(other, identity) &&
      other.links.some((link) => teamOf(link.repository) === teamOf(repository)),
  );
}

function teamOf(repository: string): string {
  const short = shortRepository(repository);
  return short.includes("/") ? short.slice(0, short.lastIndexOf("/")) : short;
}

/** Whether an identity, proven, made an act. */
export function isBy(act: ObservedAct, identity: Identity): boolean {
  const proven = provenIdentity(act.event);
  return proven !== undefined && sameIdentity(proven, identity);
}

/** The run that signed, with its grade and why it is not better. */
export function tellRun({ correlation, claimed, origin }: ObservedAct): Telling {
  const [first] = correlation.candidates;
  const problems = [
    ...(claimed?.kind === "fail" ? claimed.reasons.map(({ detail }) => detail) : []),
    ...(origin === undefined ? [] : [origin]),
    ...(first?.conflicts ?? []),
  ];
  const [why = ""] = correlation.reasons;
  if (!first)
    return { label: "by TaskRun", text: `none that is known, grade none (${why})`, proof: "grade none", problems };
  const others = correlation.candidates.length - 1;
  const more = others > 0 ? `, or ${count(others, "other run")}` : "";
  return {
    label: "by TaskRun",
    text: `${first.run.namespace}/${first.run.name}${more}, grade ${correlation.grade} (${why})`,
    proof: `grade ${correlation.grade}`,
    problems,
  };
}

/** Why an image that fails the policy runs nevertheless. */
export function tellEntry({ policy }: Estate, containers: readonly RunningContainer[]): readonly Telling[] {
  if (!policy) return [];
  const reasons = containers.filter(runsNow).flatMap((container) => {
    const reason = explainEntry(policy, container);
    return reason === undefined ? [] : [{ reason, at: container.startedAt }];
  });
  const first = new Map(reasons.toReversed().map((item) => [item.reason, item]));
  return [...first.values()].map(({ reason, at }) => ({
    label: "was let in",
    ...(at !== undefined && { at }),
    text: `because ${reason}`,
    proof: `policy ${policy.name}`,
    problems: [],
  }));
}

/** What proves that an entry is in its log. */
export function tellEvidence(act: ObservedAct, proofs: readonly LogProof[]): Telling {
  const { log, logIndex } = act.event;
  const entry = `log entry ${logIndex.toLocaleString("en-US")} of ${log}`;
  const proof = proofs.find((known) => known.log === log);
  const isProven = proof?.treeSize !== undefined && proof.indexedUpto > logIndex;
  const size = proof?.treeSize?.toLocaleString("en-US") ?? "";
  const isDoubtful = proof !== undefined && proof.state !== "following" && proof.state !== "retired";
  return {
    label: "evidence",
    text: isProven ? `${entry}, inclusion and consistency proven to tree size ${size}` : `${entry}, not proven here`,
    proof: isProven ? `checkpoint of ${log}, size ${size}` : "none",
    problems: [
      ...(isProven ? [] : ["it is under no checkpoint that was proven here"]),
      ...(isDoubtful ? [`${log} is ${proof.state}: ${proof.reason}`] : []),
    ],
  };
}

const NEAR_MS = 7 * 86_400_000;

/** What else an identity signed in the week before, and how much of it runs. */
export function tellOthers(estate: Estate, identity: Identity, known: ReadonlySet<DigestRef>): Telling {
  const since = addMs(estate.asOf, -NEAR_MS);
  const acts = [...estate.acts.values()].filter((act) => act.event.eventTime >= since && isBy(act, identity));
  const digests = new Set(
    acts.flatMap(({ links }) => links.map(({ subject }) => subject)).filter((d) => !known.has(d)),
  );
  const refs = new Set(acts.map(({ event }) => renderEventRef(event)));
  const running = estate.containers.filter(
    (container) =>
      runsNow(container) &&
      !(container.digest && known.has(container.digest)) &&
      container.events.some((ref) => refs.has(renderEventRef(ref))),
  );
  return {
    label: "also",
    text: `by this identity, 7 days: ${count(digests.size, "more artifact")}, ${running.length} running`,
    proof: "log entries of that identity",
    problems: [],
  };
}

/** `1 entry`, `1,204 entries`. */
export function count(number: number, noun: string): string {
  const plural = noun.endsWith("try") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${number.toLocaleString("en-US")} ${number === 1 ? noun : plural}`;
}
