import type { PipelineTask, PipelineUnit } from "../../../pipelines/definitions/definition.ts";
import { chainsSigns } from "../../controller-config.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const signPathMissing: LintRule = {
  id: "sign-path-missing",
  code: "SIG-01",
  severity: "critical",
  source: ["tektoncd/chains docs/slsa-provenance.md, type hinting", "pipelines chapter §6"],
  check: (scene) =>
    chainsSigns(scene.set) === true ? [] : scene.set.pipelines.flatMap((pipeline) => checkPipeline(pipeline, scene)),
};

/** Results by which Tekton Chains and policies know an artifact. */
const ARTIFACT_RESULT = /(?:IMAGE_DIGEST|^IMAGES|ARTIFACT_OUTPUTS)$/;

function checkPipeline(pipeline: PipelineUnit, scene: LintScene): readonly RuleFinding[] {
  const signers = pipeline.tasks.filter((task) => scene.signs(task) === true);
  const builders = pipeline.tasks.filter((task) => !signers.includes(task) && buildsArtifact(task, pipeline));
  return builders.flatMap((builder) => {
    const after = signers.filter((signer) => isDownstream(signer, builder, pipeline));
    const sure = after.filter((signer) => !signer.isConditional && !signer.continuesOnError);
    return sure.length > 0 ? [] : [missing(builder, after.length > 0, signers.length > 0, scene)];
  });
}

function buildsArtifact({ name, task }: PipelineTask, pipeline: PipelineUnit): boolean {
  const declared = [...(task?.results.keys() ?? [])];
  const used = pipeline.tasks.flatMap(({ uses }) =>
    uses.filter((use) => use.task === name).map(({ result }) => result),
  );
  return [...declared, ...used].some((result) => ARTIFACT_RESULT.test(result));
}

function isDownstream(task: PipelineTask, from: PipelineTask, pipeline: PipelineUnit): boolean {
  const seen = new Set<string>();
  const open = [task];
  for (let at = open.pop(); at; at = open.pop()) {
    if (seen.has(at.name)) continue;
    seen.add(at.name);
    if (at.name === from.name || (at.isFinally && !from.isFinally)) return true;
    const before = new Set([...at.runAfter, ...at.uses.map((use) => use.task)]);
    open.push(...pipeline.tasks.filter(({ name }) => before.has(name)));
  }
  return false;
}

function missing(builder: PipelineTask, isUnsure: boolean, hasSigner: boolean, scene: LintScene): RuleFinding {
  const known = isUnsure || hasSigner || chainsSigns(scene.set) === false;
  const why = isUnsure
    ? "only by a task that may be left out or may fail unseen (`when`, `onError: continue`)"
    : hasSigner
      ? "by no task that runs after it"
      : "by no task of this pipeline";
  return found(builder.node, {
    message: `Task ${builder.name} makes an artifact, and it is signed ${why}${known ? "" : "; whether Tekton Chains signs it is not in the files that were read"}.`,
    fix: "Add a signing task that takes the digest as a parameter, without `when`, or give the configuration of Chains to lint.",
    ...(!known && { verdict: "unknown" as const }),
  });
}
