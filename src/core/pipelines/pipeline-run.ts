import type { DigestRef } from "../digest.ts";
import type { UnixMs } from "../time.ts";
import { readFields, type ObjectNote } from "./field-reader.ts";
import { readObjectMeta, type ObjectMeta } from "./object-meta.ts";
import { artifactDigestsOf, type RunResult } from "./receipt.ts";
import { readCondition, readResults } from "./task-run.ts";

/** One run of a Pipeline, read from `tekton.dev/v1` or `v1beta1`. */
export type PipelineRun = {
  readonly meta: ObjectMeta;
  /** Of tasks that name none of their own. v1: `taskRunTemplate`; v1beta1: `spec` itself. */
  readonly serviceAccount: string;
  readonly pipeline: string;
  /** Names of the TaskRuns it started (`status.childReferences`; v1beta1 also `status.taskRuns`). */
  readonly children: readonly string[];
  readonly startedAt?: UnixMs;
  readonly completedAt?: UnixMs;
  readonly succeeded: "true" | "false" | "unknown";
  readonly results: readonly RunResult[];
  readonly artifacts: readonly DigestRef[];
  readonly notes: readonly ObjectNote[];
};

/** Reads a PipelineRun. Never throws; what is missing or of the wrong type is left out and noted. */
export function readPipelineRun(object: unknown): PipelineRun {
  const notes: ObjectNote[] = [];
  const run = readFields(object, notes);
  const meta = readObjectMeta(run);
  const spec = run.at("spec");
  const status = run.at("status");
  const results = readResults(status);
  const startedAt = status.time("startTime");
  const completedAt = status.time("completionTime");
  const references = status.items("childReferences").map((child) => child.text("name") ?? "");
  const embedded = Object.keys(status.at("taskRuns").present ? asFields(status.at("taskRuns").value) : {});
  return {
    meta,
    serviceAccount:
      spec.at("taskRunTemplate").text("serviceAccountName") || spec.text("serviceAccountName") || "default",
    pipeline: spec.at("pipelineRef").text("name") ?? meta.labels["tekton.dev/pipeline"] ?? "",
    children: [...new Set([...references, ...embedded])].filter((name) => name !== ""),
    ...(startedAt !== undefined && { startedAt }),
    ...(completedAt !== undefined && { completedAt }),
    succeeded: readCondition(status),
    results,
    artifacts: artifactDigestsOf(results),
    notes,
  };
}

function asFields(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
