import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readDefinitionFile } from "../src/adapters/manifests/definition-file.ts";
import { shellScriptReader } from "../src/adapters/shell/script-reader.ts";
import { toUtf8 } from "../src/core/bytes/utf8.ts";
import { lintDefinitions, type LintFinding } from "../src/core/lint/lint.ts";
import type { LintRule } from "../src/core/lint/rule.ts";
import { LINT_RULES } from "../src/core/lint/rules.ts";
import { DEFAULT_KNOWLEDGE } from "../src/core/lint/scene.ts";

const FOLDER = join(import.meta.dirname, "../src/core/lint/rules");

test("every rule folder is registered, and every registered rule has a folder", () => {
  expect(LINT_RULES.map(({ id }) => id).toSorted()).toEqual(readdirSync(FOLDER).toSorted());
});

test("no two rules have one code", () => {
  expect(new Set(LINT_RULES.map(({ code }) => code)).size).toBe(LINT_RULES.length);
});

describe.each(LINT_RULES)("$id", (rule) => {
  const page = readFileSync(join(FOLDER, rule.id, "rule.md"), "utf8");

  test("has a page with its name, its examples, and when to make an exception", () => {
    expect(page.startsWith(`# ${rule.id}\n`)).toBe(true);
    expect(examples(page, "Passes")).not.toHaveLength(0);
    expect(examples(page, "Fails")).not.toHaveLength(0);
    expect(page).toContain("\n## When to make an exception\n");
  });

  test.each(examples(page, "Passes"))("passes its example %#", (yaml) => {
    expect(judge(rule, yaml).filter(({ verdict }) => verdict === "fail")).toEqual([]);
  });

  test.each(examples(page, "Fails"))("finds exactly the lines marked in its example %#", (yaml) => {
    expect(lines(judge(rule, yaml), "fail")).toEqual(marked(yaml));
  });

  test.each(examples(page, "Undecided"))("leaves open exactly the lines marked in its example %#", (yaml) => {
    expect(lines(judge(rule, yaml), "fail")).toEqual([]);
    expect(lines(judge(rule, yaml), "unknown")).toEqual(marked(yaml));
  });
});

describe.each(LINT_RULES.filter(({ reach }) => reach !== undefined))("$id", (rule) => {
  test("is unknown where a reference leads out of the set, and never a pass", () => {
    const yaml = `apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: p }
spec:
  tasks:
    - { name: a, taskRef: { name: elsewhere } }
`;
    expect(judge(rule, yaml).map(({ verdict, line }) => [verdict, line])).toEqual([["unknown", 6]]);
  });
});

test("docs/reference/lint.md is made of the pages", () => {
  const file = join(import.meta.dirname, "../docs/reference/lint.md");
  const rows = LINT_RULES.map(({ code, id, severity }) => {
    const [, sentence = ""] = readFileSync(join(FOLDER, id, "rule.md"), "utf8").split("\n\n");
    const link = `[${id}](../../src/core/lint/rules/${id}/rule.md)`;
    return `| ${code} | ${link} | ${severity} | ${sentence.replaceAll("\n", " ")} |\n`;
  });
  const text = `${INTRODUCTION}${rows.join("")}`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(text);
});

const INTRODUCTION = `# Rules of \`countersign pipeline lint\`

Made from the pages of the rules by \`test/pages.test.ts\` (\`UPDATE_GOLDEN=1\`); do not edit.

\`\`\`console
countersign pipeline lint .tekton/ tasks/
\`\`\`

All files are judged together: what a reference means is looked for among them. What a resolver would fetch is looked for in
the folders given with \`--resolve\`: a copy of the bundle, the repository or the hub. Whether it is the same there is not known. A finding says what is true, then what to
write. Its verdict is \`fail\`, or \`unknown\` where what decides is not in the files; \`unknown\` is listed last and is never a
pass. The exit code is 1 with a \`fail\`, 3 where all that is left is \`unknown\`, and 0 when nothing is left: give the files
that are referred to as well, or bear a rule by an exception. A file that cannot be read is the finding \`LINT-01\`, a kind that Tekton has removed
\`LINT-02\`, a key that stands twice \`LINT-03\`.

Nothing in a definition switches a rule off. What is borne is written down outside of it: \`--ignore ID=REASON\`, or a
register with \`--exceptions FILE\`, in which each exception has a rule, an owner, a reason and an end:

\`\`\`yaml
exceptions:
  - { rule: PIN-01, file: tasks/build.yaml, owner: team-a, reason: rebuilt nightly, expires: 2027-01-31 }
\`\`\`

The severity is that of the table unless the place makes it graver: in a pod that signs, PIN-01 is high and INJ-01 critical.

| code | rule | severity | what holds |
| --- | --- | --- | --- |
`;

function judge(rule: LintRule, yaml: string): readonly LintFinding[] {
  const file = readDefinitionFile("example.yaml", toUtf8(yaml));
  expect(file.problems, "the example must parse").toEqual([]);
  return lintDefinitions({
    files: [file],
    rules: [rule],
    knowledge: DEFAULT_KNOWLEDGE,
    read: (text) => shellScriptReader.read(text),
  }).findings;
}

function lines(findings: readonly LintFinding[], verdict: LintFinding["verdict"]): readonly number[] {
  return [...new Set(findings.filter((finding) => finding.verdict === verdict).map(({ line }) => line))];
}

function marked(yaml: string): readonly number[] {
  return yaml.split("\n").flatMap((line, i) => (line.endsWith("# finding") ? [i + 1] : []));
}

/** The fenced YAML blocks under one heading. */
function examples(page: string, heading: string): readonly string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
}
