import { POLICY_CODES } from "../../core/policy/problem-codes.ts";
import { renderProblem, type PolicyProblem } from "../../core/policy/problem.ts";
import type { JsonValue } from "../output/json-value.ts";
import type { Paint } from "../output/paint.ts";
import { toSarif } from "../output/sarif.ts";
import { visible } from "../output/visible.ts";
import { packageVersion } from "../package-version.ts";

/** One problem in two lines: where and what, then what to write. */
export function renderProblems(problems: readonly PolicyProblem[], paint: Paint): string {
  return problems
    .map((problem) => {
      const symbol = paint.symbol(problem.level === "error" ? "finding" : "warn");
      const fix = problem.fix === "" ? "" : `    fix: ${visible(problem.fix)}\n`;
      return `${symbol} ${visible(renderProblem(problem))}\n${fix}`;
    })
    .join("");
}

/** The same as values. */
export function toProblemsJson(problems: readonly PolicyProblem[]): readonly JsonValue[] {
  return problems.map((problem) => ({ ...problem }));
}

/** The same for code scanning. */
export function toProblemsSarif(problems: readonly PolicyProblem[]): JsonValue {
  const rules = Object.entries(POLICY_CODES).map(([id, { title, fix }]) => ({ id, title, help: fix }));
  return toSarif(
    { name: "countersign policy check", version: packageVersion(), rules },
    problems.map(({ id, level, message, fix, file, line, column }) => ({
      rule: id,
      level,
      message: fix === "" ? message : `${message}. ${fix}`,
      file,
      line,
      column,
    })),
  );
}
