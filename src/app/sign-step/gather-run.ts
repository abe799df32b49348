import type { DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { readToken } from "../../core/identity/token.ts";
import { readPipelineRun } from "../../core/pipelines/pipeline-run.ts";
import type { RunEvidence } from "../../core/pipelines/run-provenance.ts";
import { readTaskRun, type TaskRun } from "../../core/pipelines/task-run.ts";
import type { ClusterObject, ClusterResource } from "../../ports/cluster.ts";
import type { ObjectReader } from "../../ports/object-reader.ts";
import type { TokenSource } from "../../ports/token-source.ts";

const TASK_RUNS: ClusterResource = { group: "tekton.dev", version: "v1", plural: "taskruns" };
const PIPELINE_RUNS: ClusterResource = { group: "tekton.dev", version: "v1", plural: "pipelineruns" };
/** As many as a PipelineRun sensibly has; each is one request. */
const SIBLINGS_MAX = 256;

export type RunQuestion = {
  readonly digest: DigestRef;
  /** The name of our TaskRun, as the Task was told. */
  readonly taskRun: string;
  readonly builderId: string;
};

/** Asks the API server for the run in which we sign. Faults: `token.malformed`, `input.missing`, those of the cluster and token. */
export async function gatherRun(
  { reader, tokens }: { readonly reader: ObjectReader; readonly tokens: TokenSource },
  { digest, taskRun, builderId }: RunQuestion,
  signal: AbortSignal,
): Promise<RunEvidence> {
  const claims = (await tokens.read(signal)).use(readToken);
  if (!claims.ok) throw new Fault("token.malformed", `${claims.code}: ${claims.detail}`);
  const claim = claims.value.kubernetes;
  if (!claim) throw new Fault("token.not-pod-bound", "the token is of no Kubernetes cluster");
  const read = async (resource: ClusterResource, name: string): Promise<ClusterObject> => {
    const found = await reader.read(resource, { namespace: claim.namespace, name }, signal);
    if (found) return found;
    throw new Fault("input.missing", `${resource.plural} ${name} of the namespace ${claim.namespace}`);
  };
  const signing = readTaskRun(await read(TASK_RUNS, taskRun));
  const object = await read(PIPELINE_RUNS, signing.pipelineRun?.name ?? "-");
  const pipelineRun = readPipelineRun(object);
  if (pipelineRun.children.length > SIBLINGS_MAX) {
    throw new Fault("input.too-large", `${pipelineRun.meta.name} has ${pipelineRun.children.length} runs`);
  }
  const siblings: TaskRun[] = [];
  for (const name of pipelineRun.children) {
    // oxlint-disable-next-line no-await-in-loop -- a few, and the API server is everybody's
    const found = await reader.read(TASK_RUNS, { namespace: claim.namespace, name }, signal);
    // A child may be a custom run, or pruned: it then says nothing.
    if (found) siblings.push(readTaskRun(found));
  }
  return { digest, claim, signing, pipelineRun, pipelineRunSpec: object["spec"], siblings, builderId };
}
