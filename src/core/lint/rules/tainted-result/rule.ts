import type { TaskUnit } from "../../../pipelines/definitions/definition.ts";
import type { ScriptCommand } from "../../../pipelines/script/script-facts.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene, StepFacts } from "../../scene.ts";
import { taintedScripts, type TaintedScript } from "../../shell-taint.ts";

/** Documented and tested by `rule.md` beside this file. */
export const taintedResult: LintRule = {
  id: "tainted-result",
  code: "INJ-08",
  severity: "medium",
  source: [
    "tektoncd/pipeline docs/tasks.md, Emitting Results",
    "tektoncd/chains docs/slsa-provenance.md, type hinting",
  ],
  reach: "step",
  check: (scene) =>
    scene.steps
      .filter(({ step }) => step.origin !== "opaque")
      .flatMap((facts) => taintedScripts(facts).flatMap((script) => checkScript(script, facts, scene))),
};

const RESULT = /^\$\((?:step\.)?results(?:\.([\w-]+)|\[["']([^"']+)["']\])\.path\)$/;

function checkScript(
  { script, facts, usesIn }: TaintedScript,
  step: StepFacts,
  scene: LintScene,
): readonly RuleFinding[] {
  if (facts.commands.some(({ words }) => /^(?:e?grep|expr)$/.test(words[0]?.value ?? ""))) return [];
  return facts.commands.flatMap((command) => {
    const result = resultOf(command);
    if (result === undefined || !step.task || !reachesSigning(result, step.task, scene)) return [];
    return command.words.flatMap(usesIn).map(({ at, written, by }) =>
      found(script.scalar, {
        at,
        message: `The result ${result} is what the caller says (${written}), and a signing task takes it for what was built.`,
        fix: "Write what the build tool put out, or refuse what is not `sha256:` and 64 hexadecimal digits.",
        ...(by === "unknown" && { verdict: "unknown" as const }),
      }),
    );
  });
}

/** The result that a command writes: by redirection, or by `tee`. */
function resultOf({ redirects, words }: ScriptCommand): string | undefined {
  const written = [
    ...redirects.filter(({ operator }) => operator.startsWith(">")).map(({ target }) => target.value),
    ...(words[0]?.value === "tee" ? words.slice(1).map(({ value }) => value) : []),
  ];
  const match = written.map((target) => RESULT.exec(target)).find((found_) => found_ !== null);
  return match?.[1] ?? match?.[2];
}

/** A signing task of some pipeline is given the result, or the Task signs itself. */
function reachesSigning(result: string, task: TaskUnit, { set, signs, isSigningTask }: LintScene): boolean {
  if (isSigningTask(task)) return true;
  return set.pipelines.some(({ tasks }) =>
    tasks
      .filter((one) => one.task === task)
      .some(({ name }) =>
        tasks.some(
          (other) => signs(other) === true && other.uses.some((use) => use.task === name && use.result === result),
        ),
      ),
  );
}
