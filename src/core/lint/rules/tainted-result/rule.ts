import type { TaskUnit } from "../../../pipelines/definitions/definition.ts";
import type { ScriptCommand } from "../../../pipelines/script/script-facts.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene } from "../../scene.ts";
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
  check: (scene) => {
    const signed = signedResults(scene);
    const reaches = (task: TaskUnit): ((result: string) => boolean) | undefined => {
      const results = signed.get(task);
      if (scene.isSigningTask(task)) return () => true;
      return results && ((result) => results.has(result));
    };
    return scene.steps.flatMap((facts) => {
      const isSigned = facts.task && reaches(facts.task);
      return isSigned ? taintedScripts(facts).flatMap((script) => checkScript(script, isSigned)) : [];
    });
  },
};

const RESULT = /^\$\((?:step\.)?results(?:\.([\w-]+)|\[["']([^"']+)["']\])\.path\)$/;

function checkScript(
  { script, facts, usesIn }: TaintedScript,
  isSigned: (result: string) => boolean,
): readonly RuleFinding[] {
  if (facts.commands.some(({ words }) => /^(?:e?grep|expr)$/.test(words[0]?.value ?? ""))) return [];
  return facts.commands.flatMap((command) => {
    const result = resultOf(command);
    if (result === undefined || !isSigned(result)) return [];
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

/** Of each Task, the results that some signing task is given. */
function signedResults({ set, signs }: LintScene): ReadonlyMap<TaskUnit, ReadonlySet<string>> {
  const known = new Map<TaskUnit, Set<string>>();
  for (const { tasks } of set.pipelines) {
    const used = tasks.filter((task) => signs(task) === true).flatMap(({ uses }) => uses);
    for (const { name, task } of used.length > 0 ? tasks : []) {
      const results = used.filter((use) => use.task === name).map(({ result }) => result);
      if (task && results.length > 0) known.set(task, new Set([...(known.get(task) ?? []), ...results]));
    }
  }
  return known;
}
