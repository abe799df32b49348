import { toRunRef } from "../../../correlate/correlate.ts";
import { accountKey, type SeenRun } from "../../../correlate/index-world.ts";
import { renderRfc3339 } from "../../../time.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";
import { stepAccounts } from "../../step-accounts.ts";

/** The same name led a signing run to another definition than before (pipelines chapter §11, 15). */
export const definitionChanged: Detector = detectorOf(
  { id: "P07", name: "definition-changed", playbook: "PB-GATE-1" },
  observe,
);

function observe(world: DetectWorld): readonly Observation[] {
  const known = stepAccounts(world);
  const signing = world.estate.runs.filter(({ cluster, value }) =>
    known.has(accountKey(cluster, value.meta.namespace, value.serviceAccount)),
  );
  const byDefinition = Map.groupBy(
    signing,
    ({ cluster, value }) => `${cluster}\n${value.task.name}\n${value.source?.uri ?? ""}`,
  );
  return [...byDefinition.values()].flatMap((runs) => {
    const sourced = runs.filter(({ value }) => value.source && value.startedAt !== undefined);
    const ordered = sourced.toSorted((a, b) => (a.value.startedAt ?? 0) - (b.value.startedAt ?? 0));
    return ordered.flatMap((run, i) => {
      const before = ordered[i - 1];
      return before && digestOf(before) !== digestOf(run) ? [observation(before, run)] : [];
    });
  });
}

function observation(before: SeenRun, run: SeenRun): Observation {
  const { meta, source, startedAt, task } = run.value;
  const at = startedAt ?? run.observedAt;
  return {
    subject: `${run.cluster}\n${source?.uri ?? ""}\n${digestOf(run)}`,
    severity: "medium",
    at,
    title: `the definition of signing task ${task.name} changed`,
    sentence: `${source?.uri ?? ""} gave ${digestOf(run)} to TaskRun ${meta.namespace}/${meta.name} ${renderRfc3339(at)}, and ${digestOf(before)} to the one before: the reference is not pinned (PIN-02, PIN-03), and no change gate saw it`,
    events: [],
    digests: [],
    runs: [toRunRef(run)],
    workloads: [],
    keys: [`run:${meta.uid}`],
  };
}

function digestOf({ value }: SeenRun): string {
  const digest = Object.entries(value.source?.digest ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return digest.map(([algorithm, hex]) => `${algorithm}:${hex}`).join(",");
}
