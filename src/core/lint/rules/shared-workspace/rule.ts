import type { PipelineTask, PipelineUnit, TaskUnit } from "../../../pipelines/definitions/definition.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene } from "../../scene.ts";
import { whyUserControlled } from "../../user-controlled.ts";

/** Documented and tested by `rule.md` beside this file. */
export const sharedWorkspace: LintRule = {
  id: "shared-workspace",
  code: "ISO-03",
  severity: "high",
  source: ["tektoncd/pipeline docs/workspaces.md", "SLSA v1.1, Build L3: isolated"],
  reach: "task",
  check: (scene) => scene.set.pipelines.flatMap((pipeline) => checkPipeline(pipeline, scene)),
};

function checkPipeline(pipeline: PipelineUnit, scene: LintScene): readonly RuleFinding[] {
  const signers = pipeline.tasks.filter((task) => scene.signs(task) === true);
  return signers.flatMap((signer) =>
    [...signer.workspaces]
      .filter(([own]) => !isReadOnly(signer.task, own))
      .flatMap(([own, shared]) => {
        const writer = pipeline.tasks.find((task) => task !== signer && writes(task, shared));
        if (!writer) return [];
        const isSure = writer.task ? runsForeign(writer.task, scene) : false;
        return [
          found(signer.node, {
            message: `Task ${signer.name} signs with the workspace ${shared} (its ${own}), which ${writer.name} writes: what is signed, and what runs, may come from there.`,
            fix: "Hand over a digest as a parameter, and files by registry; bind no workspace that a build writes.",
            ...(isSure ? {} : { verdict: "unknown" as const }),
          }),
        ];
      }),
  );
}

function isReadOnly(task: TaskUnit | undefined, workspace: string): boolean {
  return task?.workspaces.some(({ name, readOnly }) => name === workspace && readOnly) === true;
}

function writes({ workspaces, task }: PipelineTask, shared: string): boolean {
  return [...workspaces].some(([own, bound]) => bound === shared && !isReadOnly(task, own));
}

function runsForeign(task: TaskUnit, { stepsOf }: LintScene): boolean {
  return stepsOf(task).some((facts) => whyUserControlled(facts)?.isSure === true);
}
