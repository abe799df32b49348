import { toHex } from "../../core/bytes/hex.ts";
import { toBase64 } from "../../core/bytes/base64.ts";
import { toDigestRef } from "../../core/digest.ts";
import type { Candidate, Correlation, RunRef } from "../../core/correlate/correlation.ts";
import type { Story } from "../../core/detect/story.ts";
import { type EventCertificate, renderEventRef, type SigningEvent } from "../../core/entry/signing-event.ts";
import { type Identity, parseServiceAccountSan, renderIdentity } from "../../core/identity/identity.ts";
import type { RunningContainer } from "../../core/inventory/running-container.ts";
import { type Interval, renderRfc3339, type UnixMs } from "../../core/time.ts";
import type { FollowPosition, Misbehaviour, StoredEntry } from "../../ports/event-store.ts";
import type {
  ArtifactRef,
  CandidateJson,
  CertificateJson,
  CorrelationJson,
  Coverage,
  EventDetail,
  EventItem,
  Expectation,
  IdentityJson,
  IncidentItem,
  IntervalJson,
  LogItem,
  RunJson,
  StoryJson,
  WorkloadItem,
} from "./contract.ts";
import { extensionName } from "./extension-names.ts";

/** Core's values in the spelling of the contract: bytes as hexadecimal, instants as RFC 3339, absence as null. */
export function toIdentityJson(identity: Identity): IdentityJson {
  const account = parseServiceAccountSan(identity.san);
  return {
    issuer: identity.issuer,
    san: identity.san,
    sanType: identity.sanType,
    text: renderIdentity(identity),
    namespace: account?.namespace ?? null,
    serviceAccount: account?.serviceAccount ?? null,
  };
}

/** What is known of an event beyond its entry. */
export type EventContext = {
  readonly correlations: ReadonlyMap<string, Correlation>;
  readonly expectations: ReadonlyMap<string, Expectation>;
  readonly artifacts: ReadonlyMap<string, readonly ArtifactRef[]>;
  /** All there are, gravest first. */
  readonly incidents: readonly IncidentItem[];
};

const NOT_JUDGED: Expectation = { state: "unknown", reason: "no policy speaks of this artifact" };
const NOT_CORRELATED: Correlation["reasons"] = ["not correlated: no cluster has been watched for it"];

export function toEventItem(event: SigningEvent, context: EventContext): EventItem {
  const ref = renderEventRef(event);
  const [identity] = event.identities;
  const correlation = context.correlations.get(ref);
  const [candidate] = correlation?.candidates ?? [];
  return {
    log: event.log,
    index: event.logIndex,
    eventTime: renderRfc3339(event.eventTime),
    timeBasis: event.timeBasis,
    kind: event.apiVersion === "" ? event.kind : `${event.kind} ${event.apiVersion}`,
    parsed: event.parsed,
    chain: event.chain,
    identity: identity ? toIdentityJson(identity) : null,
    digests: event.digests.map(({ role, digest }) => ({ role, digest })),
    artifacts: context.artifacts.get(ref) ?? [],
    grade: correlation?.grade ?? "none",
    run: candidate ? toRunJson(candidate.run) : null,
    expected: context.expectations.get(ref) ?? NOT_JUDGED,
    incidents: context.incidents
      .filter(({ events }) => events.some(({ log, index }) => log === event.log && index === event.logIndex))
      .map(({ id, severity, title, sentences }) => ({ id, severity, title, sentences })),
    flags: event.flags,
  };
}

export type EventSurroundings = EventContext & {
  readonly workloads: readonly RunningContainer[];
  readonly coverage: Coverage;
};

export function toEventDetail({ event, body }: StoredEntry, around: EventSurroundings): EventDetail {
  const correlation = around.correlations.get(renderEventRef(event));
  return {
    ...toEventItem(event, around),
    globalIndex: event.globalIndex ?? null,
    firstSeen: renderRfc3339(event.firstSeen),
    signed: toIntervalJson(event.signed),
    logged: toIntervalJson(event.logged),
    leafHash: toHex(event.leafHash),
    identities: event.identities.map(toIdentityJson),
    certificate: event.certificate ? toCertificateJson(event.certificate) : null,
    correlation: toCorrelationJson(correlation),
    workloads: around.workloads.map(toWorkloadItem),
    body: toBase64(body),
    coverage: around.coverage,
  };
}

function toCertificateJson(certificate: EventCertificate): CertificateJson {
  const byNumber = Object.entries(certificate.extensions).toSorted(([a], [b]) => Number(a) - Number(b));
  return {
    sha256: toDigestRef(certificate.sha256),
    serial: certificate.serialHex,
    notBefore: renderRfc3339(certificate.notBefore),
    notAfter: renderRfc3339(certificate.notAfter),
    extensions: byNumber.map(([number, value]) => ({
      oid: `1.3.6.1.4.1.57264.1.${number}`,
      name: extensionName(number),
      value,
    })),
  };
}

function toCorrelationJson(correlation: Correlation | undefined): CorrelationJson {
  if (!correlation) return { grade: "none", reasons: NOT_CORRELATED, gaps: [], candidates: [] };
  const { grade, reasons, gaps, candidates } = correlation;
  return { grade, reasons, gaps, candidates: candidates.map(toCandidateJson) };
}

function toCandidateJson(candidate: Candidate): CandidateJson {
  return {
    run: toRunJson(candidate.run),
    pipelineRun: candidate.pipelineRun ? toRunJson(candidate.pipelineRun) : null,
    serviceAccount: candidate.serviceAccount,
    pod: candidate.pod ?? null,
    grade: candidate.grade,
    conflicts: candidate.conflicts,
    evidence: candidate.evidence.map(({ kind, detail, source }) => ({ kind, detail, object: source.object })),
  };
}

function toRunJson({ cluster, kind, namespace, name, uid }: RunRef): RunJson {
  return { cluster, kind, namespace, name, uid };
}

export function toWorkloadItem(container: RunningContainer): WorkloadItem {
  const { cluster, namespace, pod, podUid, image, repository, match, signing, grade, reasons } = container;
  return {
    cluster,
    namespace,
    pod,
    podUid,
    container: container.container,
    image,
    repository,
    digest: container.digest ?? null,
    owners: container.owners.map(({ kind, name }) => `${kind}/${name}`),
    startedAt: toInstant(container.startedAt),
    finishedAt: toInstant(container.finishedAt),
    match,
    signing,
    signers: container.signers.map(toIdentityJson),
    events: container.events.map(({ log, logIndex }) => ({ log, index: logIndex })),
    grade,
    reasons,
  };
}

export function toLogItem(position: FollowPosition, misbehaviours: readonly Misbehaviour[]): LogItem {
  const { head } = position;
  return {
    name: position.log,
    state: position.state,
    reason: position.reason,
    startIndex: position.startIndex,
    indexedUpto: position.indexedUpto,
    head: head ? { size: head.size, rootHash: toHex(head.root), firstSeen: renderRfc3339(head.firstSeen) } : null,
    updatedAt: renderRfc3339(position.updatedAt),
    misbehaviours: misbehaviours
      .filter(({ log }) => log === position.log)
      .map(({ code, detail, at }) => ({ code, detail, at: renderRfc3339(at) })),
  };
}

export function toStoryJson(story: Story): StoryJson {
  const { subject, headline, verdict, incident, facts, reasons, notCovered, next } = story;
  return {
    subject,
    headline,
    verdict,
    incident: incident ?? null,
    facts: facts.map(({ number, label, at, text, proof, problems }) => ({
      number,
      label,
      at: toInstant(at),
      text,
      proof,
      problems,
    })),
    reasons,
    notCovered,
    next: next ?? null,
  };
}

function toIntervalJson({ lo, hi }: Interval): IntervalJson {
  return { from: toInstant(lo), to: toInstant(hi) };
}

export function toInstant(at: UnixMs | undefined): string | null {
  return at === undefined ? null : renderRfc3339(at);
}
