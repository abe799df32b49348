import { toRunRef } from "../../../correlate/correlate.ts";
import type { SeenRun } from "../../../correlate/index-world.ts";
import { familyOf } from "../../../policy/judge-signer.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../../time.ts";
import { shortRepository } from "../../acts.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";

/** A run built an image of a family, and nobody signed it (detection chapter §4.1, D16). */
export const builtNotSigned: Detector = detectorOf(
  { id: "D16", name: "built-not-signed", playbook: "PB-SIGN-1" },
  observe,
);

/** The log may be late, and signing is a task of its own. */
const GRACE_MS = 15 * 60_000;

function observe(world: DetectWorld): readonly Observation[] {
  const signed = new Set(world.estate.links.map(({ subject }) => subject));
  return world.estate.runs.flatMap((run) => observeRun(world, signed, run));
}

function observeRun(world: DetectWorld, signed: ReadonlySet<string>, run: SeenRun): readonly Observation[] {
  const { references, completedAt, succeeded, meta, receipt } = run.value;
  if (succeeded !== "true" || completedAt === undefined || receipt || isYoung(completedAt, world.asOf)) return [];
  const unsigned = references.filter(
    // What no registry was asked about may be signed; of it nothing is said.
    ({ repository, digest }) => familyOf(world.policy, repository) && world.resolved.has(digest) && !signed.has(digest),
  );
  return unsigned.map(({ repository, digest }): Observation => ({
    subject: digest,
    severity: "high",
    at: completedAt,
    title: `${shortRepository(repository)} was built and not signed`,
    sentence: `TaskRun ${run.cluster}/${meta.namespace}/${meta.name} built ${shortRepository(repository)}@${digest}, done ${renderRfc3339(completedAt)}; no verified signature of it is known, and family ${familyOf(world.policy, repository)?.name ?? ""} of policy ${world.policy.name} is signed`,
    events: [],
    digests: [digest],
    runs: [toRunRef(run)],
    workloads: [],
    keys: [`digest:${digest}`, `run:${meta.uid}`],
  }));
}

function isYoung(completedAt: UnixMs, asOf: UnixMs): boolean {
  return asOf < addMs(completedAt, GRACE_MS);
}
