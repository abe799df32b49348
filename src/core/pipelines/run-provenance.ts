import type { DigestRef } from "../digest.ts";
import type { KubernetesClaim } from "../identity/token.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { readJsonText } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { renderRfc3339 } from "../time.ts";
import { isFields } from "./field-reader.ts";
import type { PipelineRun } from "./pipeline-run.ts";
import type { TaskRun } from "./task-run.ts";

/** What the API server says of the run in which something is signed. */
export type RunEvidence = {
  readonly digest: DigestRef;
  /** Of the token that signs: who asks, from which pod. */
  readonly claim: KubernetesClaim;
  /** The TaskRun that says it is ours. */
  readonly signing: TaskRun;
  readonly pipelineRun: PipelineRun;
  /** `spec` of the same, as it is. */
  readonly pipelineRunSpec: unknown;
  /** The TaskRuns that the PipelineRun lists, ours among them or not. */
  readonly siblings: readonly TaskRun[];
  /** A URI that stands for this cluster's pipelines; verifiers know it. */
  readonly builderId: string;
};

export type ProvenanceReason = "provenance-other-run" | "provenance-not-built" | "provenance-too-large";

export const PROVENANCE_PREDICATE_TYPE = "https://slsa.dev/provenance/v1";
/** How `externalParameters` is to be read: `runSpec` has `pipelineRef` or `pipelineSpec`, and `params`, of the PipelineRun. */
export const TEKTON_BUILD_TYPE = "https://countersign.dev/build-types/tekton-pipelinerun/v1";

/**
 * Writes the provenance of an image from the run that built it (SLSA v1 provenance), where everything that leads from the
 * signing token to the build is what the controller's status says: the token's pod is our TaskRun's, the PipelineRun lists
 * our TaskRun, and a finished task of it names the digest. Owner references and labels are chosen by who makes an object,
 * so none of them is enough. The same run gives the same bytes.
 */
export function judgeRunProvenance(evidence: RunEvidence): Parsed<JsonObject, ProvenanceReason> {
  const foreign = otherRun(evidence);
  if (foreign !== undefined) return malformed("provenance-other-run", foreign);
  const { digest, pipelineRun } = evidence;
  const builds = evidence.siblings
    .filter((run) => isBuildOf(run, evidence))
    .toSorted((a, b) => (a.meta.name < b.meta.name ? -1 : 1));
  if (builds.length === 0) {
    return malformed("provenance-not-built", `no finished task of ${pipelineRun.meta.name} names ${digest} as its own`);
  }
  const external = toExternal(evidence.pipelineRunSpec);
  if (!external) return malformed("provenance-too-large", `the parameters of ${pipelineRun.meta.name}`);
  const { startedAt } = pipelineRun;
  return parsed({
    buildDefinition: {
      buildType: TEKTON_BUILD_TYPE,
      externalParameters: external,
      internalParameters: { tasks: builds.map(({ meta, pipelineTask = "" }) => ({ name: meta.name, pipelineTask })) },
      resolvedDependencies: dependenciesOf(builds),
    },
    runDetails: {
      builder: { id: evidence.builderId },
      metadata: {
        invocationId: pipelineRun.meta.uid,
        ...(startedAt !== undefined && { startedOn: renderRfc3339(startedAt) }),
      },
    },
  });
}

/** What does not fit between the token, the TaskRun and the PipelineRun; `undefined` when all of it does. */
function otherRun({ claim, signing, pipelineRun }: RunEvidence): string | undefined {
  const { namespace, serviceAccount, pod } = claim;
  const { meta } = signing;
  if (!pod || !signing.podNames.includes(pod.name)) return `${meta.name} does not run in the pod of the token`;
  if (meta.namespace !== namespace || signing.serviceAccount !== serviceAccount) {
    return `${meta.name} is not in the namespace, or under the account, of the token`;
  }
  const isOurs = signing.pipelineRun?.uid === pipelineRun.meta.uid && pipelineRun.meta.uid !== "";
  if (!isOurs || pipelineRun.meta.namespace !== namespace) return `${meta.name} is of no PipelineRun that is there`;
  return pipelineRun.children.includes(meta.name) ? undefined : `${pipelineRun.meta.name} does not list ${meta.name}`;
}

/** A signing task names the digest too, and has built nothing: it leaves a receipt. */
function isBuildOf(run: TaskRun, { signing, pipelineRun, digest }: RunEvidence): boolean {
  const { meta, receipt, succeeded, artifacts } = run;
  return (
    meta.uid !== signing.meta.uid &&
    run.pipelineRun?.uid === pipelineRun.meta.uid &&
    pipelineRun.children.includes(meta.name) &&
    receipt === undefined &&
    succeeded === "true" &&
    artifacts.includes(digest)
  );
}

const EXTERNAL_CHARACTERS_MAX = 256 * 1024;
const EXTERNAL_DEPTH_MAX = 64;

/** What whoever started the run has chosen; `undefined` when it is beyond any bound. */
function toExternal(spec: unknown): JsonObject | undefined {
  const { pipelineRef, pipelineSpec, params = [] } = isFields(spec) ? spec : {};
  const text = JSON.stringify({ pipelineRef, pipelineSpec, params });
  if (text.length > EXTERNAL_CHARACTERS_MAX) return undefined;
  const json = readJsonText(text, EXTERNAL_DEPTH_MAX);
  return json.ok ? { runSpec: json.value } : undefined;
}

/** Where the definitions came from, and the images whose steps ran, as the controller resolved them. */
function dependenciesOf(builds: readonly TaskRun[]): readonly JsonValue[] {
  return builds.flatMap(({ meta, source, steps }) => [
    ...(source ? [{ name: `task ${meta.name}`, uri: source.uri, digest: source.digest }] : []),
    ...steps.flatMap(({ name, imageId }) => {
      const [, repository, hex] = /^(?:docker-pullable:\/\/)?([^@\s]+)@sha256:([0-9a-f]{64})$/.exec(imageId) ?? [];
      if (repository === undefined || hex === undefined) return [];
      return [{ name: `step ${meta.name} ${name}`, uri: `oci://${repository}`, digest: { sha256: hex } }];
    }),
  ]);
}
