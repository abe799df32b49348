import type { ScriptCommand, ScriptWord } from "../../../pipelines/script/script-facts.ts";
import { baseName } from "../../calls.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";
import { taintedScripts, unreadScripts, type TaintedScript } from "../../shell-taint.ts";

/** Documented and tested by `rule.md` beside this file. */
export const taintedCode: LintRule = {
  id: "tainted-code",
  code: "INJ-03",
  severity: "critical",
  source: ["CWE-95", "POSIX.1-2024, eval"],
  reach: "step",
  check: ({ bodies }) => bodies.flatMap((facts) => [...taintedScripts(facts).flatMap(checkScript), ...unread(facts)]),
};

/** Only where there is something that could be run. */
function unread(facts: StepFacts): readonly RuleFinding[] {
  const hasTaint = facts.step.env.some(({ value }) => value !== undefined && /\$\(|\{\{/.test(value.text));
  return hasTaint ? unreadScripts(facts, "a value run as code") : [];
}

function checkScript({ script, facts, usesIn }: TaintedScript): readonly RuleFinding[] {
  return facts.commands.flatMap((command) =>
    codeOf(command)
      .flatMap(usesIn)
      .map(({ at, written, by }) =>
        found(script.scalar, {
          at,
          message: `${written} is run as a program by ${baseName(command.words[0]?.value ?? "")}: quotes do not help, its words are code.`,
          fix: 'Give it as an argument: `sh -c \'… "$1"\' sh "$VALUE"`, or call the program itself.',
          ...(by === "unknown" && { verdict: "unknown" as const }),
        }),
      ),
  );
}

const ALL_WORDS = new Set(["eval", "source", ".", "ssh"]);
const INTERPRETERS: ReadonlyMap<string, RegExp> = new Map([
  ["sh", /^-[a-z]*c$/],
  ["bash", /^-[a-z]*c$/],
  ["dash", /^-[a-z]*c$/],
  ["ash", /^-[a-z]*c$/],
  ["zsh", /^-[a-z]*c$/],
  ["su", /^-[a-z]*c$/],
  ["node", /^(?:-e|-p|--eval|--print)$/],
  ["python", /^-c$/],
  ["python3", /^-c$/],
  ["perl", /^-[a-z]*e$/i],
  ["ruby", /^-e$/],
]);

/** The words of a command that are a program. */
function codeOf({ words }: ScriptCommand): readonly ScriptWord[] {
  const names = words.map(({ value }) => baseName(value));
  const first = names.findIndex((name) => ALL_WORDS.has(name) || INTERPRETERS.has(name));
  // Behind sudo, env, xargs and the like, but not as an argument of anything else.
  if (
    first < 0 ||
    !names.slice(0, first).every((name) => /^(?:sudo|env|exec|command|xargs|time|nohup|-.*|.*=.*)$/.test(name))
  )
    return [];
  const name = names[first] ?? "";
  if (ALL_WORDS.has(name)) return words.slice(first + 1);
  const flag = words.findIndex(({ value }, i) => i > first && INTERPRETERS.get(name)?.test(value));
  return flag > 0 ? words.slice(flag + 1, flag + 2) : [];
}
