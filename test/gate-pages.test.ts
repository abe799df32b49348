import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CHANGE_RULES } from "../src/core/gate/changes.ts";
import type { ChangeRule } from "../src/core/gate/changes/change.ts";
import type { GateFinding } from "../src/core/gate/finding.ts";
import { judgePipelines } from "../src/core/gate/judge-pipelines.ts";
import { pipelineConfigOf, revisionOf } from "./vectors/gate-cases/pipeline.ts";

const FOLDER = join(import.meta.dirname, "../src/core/gate/changes");

test("every rule folder is registered, and every registered rule has a folder", () => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((one) => one.isDirectory());
  expect(CHANGE_RULES.map(({ id }) => id).toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
});

test("the rules are those of GS001 to GS017, each once", () => {
  const codes = Array.from({ length: 17 }, (_, i) => `GS${String(i + 1).padStart(3, "0")}`);
  expect(CHANGE_RULES.map(({ code }) => code).toSorted()).toEqual(codes);
});

describe.each(CHANGE_RULES)("$code $id", (rule) => {
  const page = readFileSync(join(FOLDER, rule.id, "rule.md"), "utf8");
  const [base = ""] = examples(page, "Base");
  const found = (head: string): readonly GateFinding[] => judge(rule, page, { base, head });

  test("has a page with its name, a base, what passes and what does not, and when to waive it", () => {
    expect(page.startsWith(`# ${rule.id}\n`)).toBe(true);
    expect(examples(page, "Base")).toHaveLength(1);
    expect(examples(page, "Passes")).not.toHaveLength(0);
    expect([...examples(page, "Fails"), ...examples(page, "Undecided")]).not.toHaveLength(0);
    expect(page).toContain("\n## When to waive it\n");
  });

  test("finds nothing where nothing changes", () => {
    expect(found(base)).toEqual([]);
  });

  test.each(examples(page, "Passes"))("passes its example %#", (head) => {
    expect(found(head)).toEqual([]);
  });

  test.each(examples(page, "Fails"))("finds exactly the lines marked in its example %#", (head) => {
    expect(told(found(head))).toEqual(markedAs(head, "error"));
  });

  test.each(examples(page, "Undecided"))("leaves open exactly the lines marked in its example %#", (head) => {
    expect(told(found(head))).toEqual(markedAs(head, "undecided"));
  });
});

/** Where findings are, by level. */
function told(findings: readonly GateFinding[]): readonly string[] {
  const places = findings.map(({ level, where: { revision, line } }) =>
    revision === "head" ? `${level} ${line}` : `${level} in the base`,
  );
  return [...new Set(places)];
}

/** A change whose head has no mark is found in the base: something is gone. */
function markedAs(head: string, level: string): readonly string[] {
  const lines = marked(head);
  return lines.length === 0 ? [`${level} in the base`] : lines.map((line) => `${level} ${line}`);
}

function judge(rule: ChangeRule, page: string, sides: { readonly base: string; readonly head: string }) {
  const config = /^```yaml config\n([\s\S]*?)^```$/m.exec(page)?.[1];
  for (const text of Object.values(sides))
    expect(() => text.split(/^---$/m).map((one) => void parse(one))).not.toThrow();
  return judgePipelines({
    before: revisionOf("base", sides.base),
    after: revisionOf("head", sides.head),
    config: pipelineConfigOf(config),
    rules: [rule],
  }).findings;
}

function marked(yaml: string): readonly number[] {
  return yaml.split("\n").flatMap((line, i) => (line.endsWith("# finding") ? [i + 1] : []));
}

/** The fenced YAML blocks under one heading. */
function examples(page: string, heading: string): readonly string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
}
