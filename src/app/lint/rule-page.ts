import { readFileSync } from "node:fs";
import type { LintRule } from "../../core/lint/rule.ts";
import { LINT_RULES } from "../../core/lint/rules.ts";

/** A lint rule with its page: what it asks for and why, what passes and fails, and when to make an exception. */
export type RulePage = { readonly rule: LintRule; readonly page: string };

/** A rule by its code (`SIG-03`) or its name; pages stand in the package as they stand in the source. */
export function readRulePage(id: string): RulePage | undefined {
  const rule = LINT_RULES.find((known) => known.id === id || known.code === id.toUpperCase());
  if (!rule) return undefined;
  return {
    rule,
    page: readFileSync(new URL(`../../../src/core/lint/rules/${rule.id}/rule.md`, import.meta.url), "utf8"),
  };
}

/** Codes and names of all rules. */
export const RULE_NAMES: readonly string[] = LINT_RULES.flatMap(({ code, id }) => [code, id]);
