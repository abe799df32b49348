import { found, type LintRule } from "../../rule.ts";
import { taintedScripts, unreadScripts } from "../../shell-taint.ts";
import type { ScriptCommand } from "../../../pipelines/script/script-facts.ts";

/** Documented and tested by `rule.md` beside this file. */
export const unquotedTainted: LintRule = {
  id: "unquoted-tainted",
  code: "INJ-02",
  severity: "medium",
  source: ["POSIX.1-2024, Shell Command Language §2.6.5 Field Splitting", "ShellCheck SC2086"],
  reach: "step",
  check: ({ bodies }) =>
    bodies.flatMap((facts) => [
      ...taintedScripts(facts).flatMap(({ script, facts: read, usesIn }) =>
        read.commands.filter(splits).flatMap(({ words }) =>
          words
            .flatMap(usesIn)
            .filter(({ quoted }) => !quoted)
            .map(({ at, written, by }) =>
              found(script.scalar, {
                at,
                message: `${written} stands without quotes: its value is split at blanks, and each part is an argument of its own.`,
                fix: `Write "${written}".`,
                ...(by === "unknown" && { verdict: "unknown" as const }),
              }),
            ),
        ),
      ),
      ...unreadScripts(
        { ...facts, scripts: facts.scripts.filter(({ interpreter }) => interpreter === "shell") },
        "an unquoted value",
      ),
    ]),
};

/** `export A=$B` and its kin assign, and do not split. */
function splits({ words }: ScriptCommand): boolean {
  return !["export", "declare", "local", "readonly", "typeset"].includes(words[0]?.value ?? "");
}
