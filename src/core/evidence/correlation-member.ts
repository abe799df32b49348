import type { Candidate, Correlation, RunRef } from "../correlate/correlation.ts";
import type { JsonValue } from "../json/json.ts";
import { renderRfc3339 } from "../time.ts";

/** Stands in every `correlation.json`, so that nobody takes it for more. */
const OBSERVED = "observed by the installation that made this file; no log proves it";

/** What an event was joined to, for an evidence file. */
export function renderCorrelation(correlation: Correlation): JsonValue {
  const { log, logIndex, grade, reasons, gaps, candidates } = correlation;
  return { status: OBSERVED, log, logIndex, grade, reasons, gaps, candidates: candidates.map(renderCandidate) };
}

function renderCandidate(candidate: Candidate): JsonValue {
  const { run, pipelineRun, serviceAccount, pod, grade, conflicts, evidence } = candidate;
  return {
    run: renderRun(run),
    pipelineRun: pipelineRun ? renderRun(pipelineRun) : null,
    serviceAccount,
    pod: pod ?? null,
    grade,
    conflicts,
    evidence: evidence.map(({ kind, detail, source, observedAt }) => ({
      kind,
      detail,
      object: source.object,
      resourceVersion: source.resourceVersion,
      observedAt: renderRfc3339(observedAt),
    })),
  };
}

function renderRun({ cluster, kind, namespace, name, uid }: RunRef): JsonValue {
  return { cluster, kind, namespace, name, uid };
}
