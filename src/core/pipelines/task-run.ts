import type { DigestRef } from "../digest.ts";
import type { UnixMs } from "../time.ts";
import { readFields, type FieldReader, type ObjectNote } from "./field-reader.ts";
import { controllerOf, readObjectMeta, type ObjectMeta } from "./object-meta.ts";
import {
  artifactDigestsOf,
  artifactReferencesOf,
  readReceipt,
  type RunResult,
  type SigningReceipt,
} from "./receipt.ts";

/** One run of a Task, read from `tekton.dev/v1` or `v1beta1`; as far as it could be read, with notes for the rest. */
export type TaskRun = {
  readonly meta: ObjectMeta;
  readonly serviceAccount: string;
  /** The PipelineRun that controls it. */
  readonly pipelineRun?: { readonly name: string; readonly uid: string };
  readonly pipelineTask?: string;
  readonly task: TaskReference;
  readonly params: Readonly<Record<string, string>>;
  readonly startedAt?: UnixMs;
  readonly completedAt?: UnixMs;
  readonly succeeded: "true" | "false" | "unknown";
  /** The current pod and those of earlier tries: the controller's word, not the pod's. */
  readonly podNames: readonly string[];
  readonly steps: readonly RunStep[];
  readonly results: readonly RunResult[];
  readonly artifacts: readonly DigestRef[];
  /** Repositories named beside a digest in results or in the `image`/`IMAGE` parameter. */
  readonly references: readonly { readonly repository: string; readonly digest: DigestRef }[];
  readonly receipt?: SigningReceipt;
  /** Where the definition came from (`status.provenance.refSource`). */
  readonly source?: { readonly uri: string; readonly digest: Readonly<Record<string, string>> };
  readonly notes: readonly ObjectNote[];
};

export type TaskReference = { readonly kind: "named" | "resolver" | "bundle" | "embedded"; readonly name: string };
export type RunStep = { readonly name: string; readonly container: string; readonly imageId: string };

/** Parameters are kept up to this many characters: longer ones are no names of artifacts. */
const PARAM_CHARACTERS_MAX = 1024;

/** Reads a TaskRun. Never throws; what is missing or of the wrong type is left out and noted. */
export function readTaskRun(object: unknown): TaskRun {
  const notes: ObjectNote[] = [];
  const run = readFields(object, notes);
  const meta = readObjectMeta(run);
  const spec = run.at("spec");
  const status = run.at("status");
  const results = readResults(status);
  const params = readParams(spec);
  const owner = controllerOf(meta);
  const pipelineTask = meta.labels["tekton.dev/pipelineTask"];
  const startedAt = status.time("startTime");
  const completedAt = status.time("completionTime");
  const receipt = readReceipt(results, (name, problem) => status.note(`results[${name}]`, problem));
  const source = readSource(status);
  return {
    meta,
    // The admission webhook of Tekton fills the field; `default` is what it fills in (config-defaults).
    serviceAccount: spec.text("serviceAccountName") || "default",
    ...(owner?.kind === "PipelineRun" && { pipelineRun: { name: owner.name, uid: owner.uid } }),
    ...(pipelineTask !== undefined && { pipelineTask }),
    task: readTaskReference(spec),
    params,
    ...(startedAt !== undefined && { startedAt }),
    ...(completedAt !== undefined && { completedAt }),
    succeeded: readCondition(status),
    podNames: readPodNames(status),
    steps: status.items("steps").map((step) => ({
      name: step.text("name") ?? "",
      container: step.text("container") ?? "",
      imageId: step.text("imageID") ?? "",
    })),
    results,
    artifacts: artifactDigestsOf(results),
    references: [...artifactReferencesOf(results), ...namedByParams(params, artifactDigestsOf(results))],
    ...(receipt && { receipt }),
    ...(source && { source }),
    notes,
  };
}

/** Results of a run: `status.results`, in v1beta1 `status.taskResults` or `status.pipelineResults`. */
export function readResults(status: FieldReader): readonly RunResult[] {
  const fields = ["results", "taskResults", "pipelineResults"].flatMap((key) => status.items(key));
  return fields.flatMap((result) => {
    const name = result.text("name");
    const value = result.at().value;
    return name !== undefined && typeof value === "object" && value !== null && "value" in value
      ? [{ name, value: value.value }]
      : [];
  });
}

/** The condition `Succeeded` of a run. */
export function readCondition(status: FieldReader): "true" | "false" | "unknown" {
  const succeeded = status.items("conditions").find((condition) => condition.text("type") === "Succeeded");
  const value = succeeded?.text("status");
  return value === "True" ? "true" : value === "False" ? "false" : "unknown";
}

/** `status.provenance.refSource` of a run. */
export function readSource(status: FieldReader): TaskRun["source"] {
  const source = status.at("provenance", "refSource");
  const uri = source.text("uri");
  return uri === undefined ? undefined : { uri, digest: source.texts("digest") };
}

/** Reads scalar parameters; arrays and objects name no artifact and are left out. */
export function readParams(spec: FieldReader): Readonly<Record<string, string>> {
  const entries = spec.items("params").flatMap((param) => {
    const { value } = param;
    const name = param.text("name");
    const text = typeof value === "object" && value !== null && "value" in value ? value.value : undefined;
    return name !== undefined && typeof text === "string" && text.length <= PARAM_CHARACTERS_MAX
      ? [[name, text] as const]
      : [];
  });
  return Object.fromEntries(entries);
}

function readPodNames(status: FieldReader): readonly string[] {
  const earlier = status.items("retriesStatus").map((retry) => retry.text("podName") ?? "");
  return [...new Set([status.text("podName") ?? "", ...earlier])].filter((name) => name !== "");
}

function readTaskReference(spec: FieldReader): TaskReference {
  const reference = spec.at("taskRef");
  if (!reference.present) return { kind: "embedded", name: "" };
  const resolver = reference.text("resolver");
  const bundle = reference.text("bundle");
  if (resolver === undefined) {
    return { kind: bundle === undefined ? "named" : "bundle", name: reference.text("name") ?? "" };
  }
  return { kind: "resolver", name: readParams(reference)["name"] ?? resolver };
}

/** A signing run names its image in `image`, without digest, and the digest in its results. */
function namedByParams(
  params: Readonly<Record<string, string>>,
  digests: readonly DigestRef[],
): readonly { readonly repository: string; readonly digest: DigestRef }[] {
  const image = params["image"] ?? params["IMAGE"];
  return image === undefined || image.includes("@") ? [] : digests.map((digest) => ({ repository: image, digest }));
}
