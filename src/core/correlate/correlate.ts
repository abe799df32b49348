import type { SigningEvent } from "../entry/signing-event.ts";
import { addMs, renderRfc3339 } from "../time.ts";
import type { Candidate, Correlation, CorrelationConflict, Grade, RunRef } from "./correlation.ts";
import { explainGrade } from "./explain-grade.ts";
import { gradeCandidate, isAtLeast } from "./grade.ts";
import { clustersOf, podsOfRun, type SeenRun, type WorldIndex } from "./index-world.ts";
import { joinByName, merge, type Joined } from "./join.ts";
import { joinByTime } from "./join-time.ts";
import { isByController, judgeIdentityFit, judgeTimeFit, provenIdentity } from "./preconditions.ts";

/** Runs in the same window are listed up to here; a busy namespace has dozens, and a longer list helps nobody. */
const CANDIDATES_MAX = 20;
/** From here up a candidate signed the entry, and weaker ones only share a digest or a minute with it. */
const GRADE_SETTLED: Grade = "A-";

/**
 * Answers which run signed an entry: candidates, each with its evidence and a grade, strongest first. A pure function of
 * the index, so the same evidence gives the same answer in five years.
 */
export function correlate(index: WorldIndex, event: SigningEvent): Correlation {
  const named = joinByName(index, event);
  const joined = merge(named.joined, joinByTime(index, event));
  const runsWithDigest = joined.filter((item) => holdsDigest(index, event, item)).length;
  const graded = joined.map((item) => gradeJoined(index, event, { item, runsWithDigest }));
  const { candidates, builtBy } = settle(graded);
  const shown = candidates.toSorted(byGrade).slice(0, CANDIDATES_MAX);
  const conflicts = conflictsOf(shown, named.unknownRuns);
  const marked = conflicts.includes("correlation-conflict") ? shown.map(markConflict) : shown;
  const grade = marked[0]?.grade ?? "none";
  const gaps = gapsOf(index, event);
  return {
    log: event.log,
    logIndex: event.logIndex,
    grade,
    candidates: marked,
    ...(builtBy.length > 0 && { builtBy }),
    ...(conflicts.length > 0 && { conflicts }),
    reasons: explainGrade({
      event,
      grade,
      candidates: marked,
      listed: candidates.length,
      unknownRuns: named.unknownRuns,
    }),
    gaps,
  };
}

type Grading = { readonly item: Joined; readonly runsWithDigest: number };

function gradeJoined(index: WorldIndex, event: SigningEvent, { item, runsWithDigest }: Grading): Candidate {
  const { run, evidence } = item;
  const byController = isByController(index, event, run);
  const graded = gradeCandidate({
    kinds: new Set(evidence.map(({ kind }) => kind)),
    identity: judgeIdentityFit(index, event, run),
    time: judgeTimeFit(event, run, byController),
    byController,
    runsWithDigest,
  });
  const pod = podsOfRun(index, run).at(-1)?.value.meta.name ?? run.value.podNames[0];
  const above = pipelineRunOf(run);
  return {
    run: toRunRef(run),
    ...(above && { pipelineRun: above }),
    serviceAccount: run.value.serviceAccount,
    ...(pod !== undefined && { pod }),
    grade: graded.grade,
    evidence,
    conflicts: graded.conflicts,
  };
}

/** A run that names the digest and could have signed it: another account's build of it does not make two signers. */
function holdsDigest(index: WorldIndex, event: SigningEvent, { run, evidence }: Joined): boolean {
  return evidence.some(({ kind }) => kind === "results") && judgeIdentityFit(index, event, run) !== "conflict";
}

/** Once one run is firmly the signer, runs that only built the digest are named as such, and neighbours in time are dropped. */
function settle(graded: readonly Candidate[]): {
  readonly candidates: readonly Candidate[];
  readonly builtBy: readonly RunRef[];
} {
  const found = graded.filter(({ grade }) => grade !== "none");
  if (!found.some(({ grade }) => isAtLeast(grade, GRADE_SETTLED))) return { candidates: found, builtBy: [] };
  const builders = found.filter((item) => isAside(item) && item.evidence.some(({ kind }) => kind === "results"));
  return { candidates: found.filter((item) => !isAside(item)), builtBy: builders.map(({ run }) => run) };
}

/** Nothing but a shared digest or a shared minute. */
function isAside({ evidence }: Candidate): boolean {
  return evidence.every(({ kind }) => kind === "results" || kind === "window");
}

function conflictsOf(candidates: readonly Candidate[], unknownRuns: readonly string[]): readonly CorrelationConflict[] {
  const claimants = candidates.filter(({ grade }) => grade === "A");
  return [
    ...(claimants.length > 1 ? (["correlation-conflict"] as const) : []),
    ...(unknownRuns.length > 0 ? (["correlation-claim-without-run"] as const) : []),
  ];
}

function markConflict(candidate: Candidate): Candidate {
  return candidate.grade === "A"
    ? { ...candidate, conflicts: [...candidate.conflicts, "correlation-conflict"] }
    : candidate;
}

function byGrade(a: Candidate, b: Candidate): number {
  if (a.grade === b.grade) return 0;
  return isAtLeast(a.grade, b.grade) ? -1 : 1;
}

/** How a run is named in answers. */
export function toRunRef({ cluster, value }: SeenRun): RunRef {
  const { namespace, name, uid } = value.meta;
  return { cluster, kind: "TaskRun", namespace, name, uid };
}

function pipelineRunOf({ cluster, value }: SeenRun): RunRef | undefined {
  return value.pipelineRun && { cluster, kind: "PipelineRun", namespace: value.meta.namespace, ...value.pipelineRun };
}

const BEFORE_SIGNING_MS = 2 * 3_600_000;
const AFTER_SIGNING_MS = 15 * 60_000;

/** Watches that stood still around the entry, in the clusters whose identity signed it; all clusters when that is unknown. */
function gapsOf(index: WorldIndex, event: SigningEvent): readonly string[] {
  const identity = provenIdentity(event);
  const clusters = new Set((identity ? clustersOf(index, identity) : index.clusters).map(({ cluster }) => cluster));
  const from = addMs(event.eventTime, -BEFORE_SIGNING_MS);
  const to = addMs(event.eventTime, AFTER_SIGNING_MS);
  const gaps = index.gaps
    .filter((gap) => clusters.has(gap.cluster) && gap.since <= to && (gap.until === undefined || gap.until >= from))
    .map((gap) => {
      const until = gap.until === undefined ? "now" : renderRfc3339(gap.until);
      return `${gap.cluster} ${gap.resource} was not watched from ${renderRfc3339(gap.since)} to ${until}: ${gap.reason}`;
    });
  const unplaced =
    identity && clusters.size === 0 ? [`issuer ${identity.issuer} belongs to no cluster that is watched`] : [];
  return [...gaps, ...unplaced];
}
