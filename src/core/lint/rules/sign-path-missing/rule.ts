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
  const sure = signers.filter((task) => !task.isConditional && !task.continuesOnError);
  const graph = graphOf(pipeline);
  const [signed, maybeSigned] = [beforeAny(sure, graph), beforeAny(signers, graph)];
  return pipeline.tasks
    .filter((task) => scene.signs(task) !== true && buildsArtifact(task, graph))
    .filter((builder) => !signed.has(builder.name))
    .map((builder) => missing(builder, maybeSigned.has(builder.name), signers.length > 0, scene));
}

type Graph = {
  readonly tasks: ReadonlyMap<string, PipelineTask>;
  /** Results that other tasks are given, by task. */
  readonly used: ReadonlyMap<string, readonly string[]>;
};

function graphOf({ tasks }: PipelineUnit): Graph {
  const used = new Map<string, string[]>();
  for (const { task, result } of tasks.flatMap(({ uses }) => uses)) {
    const known = used.get(task);
    if (known) known.push(result);
    else used.set(task, [result]);
  }
  return { tasks: new Map(tasks.map((task) => [task.name, task])), used };
}

function buildsArtifact({ name, task }: PipelineTask, { used }: Graph): boolean {
  return [...(task?.results.keys() ?? []), ...(used.get(name) ?? [])].some((result) => ARTIFACT_RESULT.test(result));
}

/** Names of all tasks after which one of the given runs; those of `finally` run after all others. */
function beforeAny(given: readonly PipelineTask[], { tasks }: Graph): ReadonlySet<string> {
  const before = new Set<string>();
  const isLast = given.some(({ isFinally }) => isFinally);
  const open = isLast ? [...given, ...[...tasks.values()].filter(({ isFinally }) => !isFinally)] : [...given];
  if (isLast) for (const { name, isFinally } of tasks.values()) if (!isFinally) before.add(name);
  for (let at = open.pop(); at; at = open.pop()) {
    for (const name of [...at.runAfter, ...at.uses.map(({ task }) => task)]) {
      const task = tasks.get(name);
      if (!task || before.has(name)) continue;
      before.add(name);
      open.push(task);
    }
  }
  return before;
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
