import type { ScriptCommand, ScriptWord } from "../../../pipelines/script/script-facts.ts";
import { baseName } from "../../calls.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import { taintedScripts, type TaintedScript } from "../../shell-taint.ts";

/** Documented and tested by `rule.md` beside this file. */
export const optionInjection: LintRule = {
  id: "option-injection",
  code: "INJ-05",
  severity: "medium",
  source: ["CWE-88", "POSIX.1-2024, Utility Syntax Guidelines 10"],
  reach: "step",
  check: ({ bodies }) => bodies.flatMap((facts) => taintedScripts(facts).flatMap(checkScript)),
};

/** Programs with options that run something or write somewhere. */
const PROGRAMS = new Set([
  "git",
  "tar",
  "curl",
  "wget",
  "rsync",
  "scp",
  "ssh",
  "find",
  "sed",
  "awk",
  "zip",
  "docker",
  "podman",
  "cosign",
  "npm",
  "mvn",
  "go",
]);

function checkScript({ script, facts, usesIn }: TaintedScript): readonly RuleFinding[] {
  if (refusesOptions(facts.commands)) return [];
  return facts.commands.flatMap((command) =>
    bareWords(command).flatMap((word) =>
      usesIn(word)
        .filter(({ offset }) => offset - word.offset <= 1)
        .map(({ at, written, by }) =>
          found(script.scalar, {
            at,
            message: `A value of ${written} that begins with \`-\` is an option of ${baseName(command.words[0]?.value ?? "")}, and some of its options run programs.`,
            fix: `Write \`--\` before it, or refuse such values first.`,
            ...(by === "unknown" && { verdict: "unknown" as const }),
          }),
        ),
    ),
  );
}

/** Arguments before which no `--` stands, and which no option takes as its value. */
function bareWords({ words }: ScriptCommand): readonly ScriptWord[] {
  if (!PROGRAMS.has(baseName(words[0]?.value ?? ""))) return [];
  const end = words.findIndex(({ value }) => value === "--");
  return words.slice(1, end < 0 ? undefined : end).filter((_, i) => !isOption(words[i]));
}

function isOption(before: ScriptWord | undefined): boolean {
  return before !== undefined && /^-{1,2}[A-Za-z]/.test(before.value) && !before.value.includes("=");
}

/** A script that looks at its values with a pattern is taken to know what it looks for. */
function refusesOptions(commands: readonly ScriptCommand[]): boolean {
  return commands.some(
    ({ words }) => /^(?:grep|egrep)$/.test(words[0]?.value ?? "") && words.some(({ value }) => value.startsWith("^")),
  );
}
