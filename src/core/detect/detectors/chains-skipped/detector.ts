import { toRunRef } from "../../../correlate/correlate.ts";
import { addMs, renderRfc3339 } from "../../../time.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";

/** A run says that Chains signed it, and Chains did not (pipelines chapter §8, §11, 12). */
export const chainsSkipped: Detector = detectorOf(
  { id: "P06", name: "chains-skipped", playbook: "PB-SIGN-1" },
  observe,
);

/** Chains signs minutes late under load. */
const GRACE_MS = 15 * 60_000;
const SIGNED = "chains.tekton.dev/signed";
/** What Chains leaves on a run beside the mark: the address of its entry, and what it stored. */
const TRACES = /^chains\.tekton\.dev\/(?:transparency$|payload-|signature-)/;

function observe({ acts, estate, asOf }: DetectWorld): readonly Observation[] {
  const named = new Set(
    acts.flatMap(({ correlation }) =>
      correlation.candidates.flatMap(({ run, evidence }) =>
        evidence.some(({ kind }) => kind !== "window") ? [run.uid] : [],
      ),
    ),
  );
  const withChains = new Set(estate.clusters.flatMap(({ cluster, chains }) => (chains ? [cluster] : [])));
  return estate.runs.flatMap((run): readonly Observation[] => {
    const { meta, completedAt, artifacts } = run.value;
    const { annotations } = meta;
    if (!withChains.has(run.cluster) || annotations[SIGNED] !== "true" || artifacts.length === 0) return [];
    if (completedAt === undefined || asOf < addMs(completedAt, GRACE_MS)) return [];
    if (named.has(meta.uid) || Object.keys(annotations).some((name) => TRACES.test(name))) return [];
    return [
      {
        subject: meta.uid,
        severity: "high",
        at: completedAt,
        title: `Chains was told to skip ${meta.namespace}/${meta.name}`,
        sentence: `TaskRun ${run.cluster}/${meta.namespace}/${meta.name}, done ${renderRfc3339(completedAt)}, carries ${SIGNED}: "true", names ${artifacts.length} artifacts, and no entry or trace of Chains is known of it: Chains passes over a run that is marked before it comes`,
        events: [],
        digests: artifacts,
        runs: [toRunRef(run)],
        workloads: [],
        keys: [`run:${meta.uid}`, ...artifacts.map((digest) => `digest:${digest}`)],
      },
    ];
  });
}
