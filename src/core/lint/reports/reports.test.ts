import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LintFinding, LintReport } from "../lint.ts";
import { LINT_RULES } from "../rules.ts";
import { renderGithub } from "./github.ts";
import { renderJunit } from "./junit.ts";
import { renderSarif } from "./sarif.ts";

const RULES = LINT_RULES.filter(({ code }) => code === "PIN-01" || code === "SIG-03");
const FOUND: LintFinding = {
  rule: "PIN-01",
  name: "image-pinned",
  severity: "medium",
  file: "a b/task.yaml",
  line: 3,
  column: 7,
  path: "spec.steps[0].image",
  message: 'Step <a> runs "b" & c.',
  fix: "Pin it.",
  evidence: [],
  verdict: "fail",
};
const OPEN: LintFinding = {
  ...FOUND,
  rule: "SIG-03",
  name: "token-audience",
  severity: "critical",
  verdict: "unknown",
};

function report(...findings: readonly LintFinding[]): LintReport {
  return { findings, documents: 1, unjudged: 0, files: 1 };
}

describe("renderSarif", () => {
  test("says where, by which rule, how grave", () => {
    const { version, runs } = JSON.parse(renderSarif(report(FOUND, OPEN), RULES, "1.2.3"));
    expect([version, runs[0].tool.driver.version]).toEqual(["2.1.0", "1.2.3"]);
    expect(runs[0].tool.driver.rules.map(({ id }: { readonly id: string }) => id)).toEqual(["SIG-03", "PIN-01"]);
    expect(runs[0].results).toEqual([
      {
        ruleId: "PIN-01",
        kind: "fail",
        level: "warning",
        message: { text: 'Step <a> runs "b" & c. Pin it.' },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: "a%20b/task.yaml" },
              region: { startLine: 3, startColumn: 7 },
            },
          },
        ],
      },
      expect.objectContaining({ ruleId: "SIG-03", kind: "open", level: "none" }),
    ]);
  });
});

describe("renderJunit", () => {
  test("has a case for each rule", () => {
    expect(renderJunit(report(FOUND, OPEN), RULES)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="countersign pipeline lint" tests="2" failures="1" errors="0" skipped="1">
  <testcase classname="pipeline lint" name="SIG-03 token-audience"><skipped message="1 left open"/><system-out>a b/task.yaml:3:7 Step &lt;a&gt; runs &quot;b&quot; &amp; c. Pin it.</system-out></testcase>
  <testcase classname="pipeline lint" name="PIN-01 image-pinned"><failure message="1 found" type="fail">a b/task.yaml:3:7 Step &lt;a&gt; runs &quot;b&quot; &amp; c. Pin it.</failure></testcase>
</testsuite>
`);
  });

  test("has a case for what could not be read, too", () => {
    const text = renderJunit(report({ ...FOUND, rule: "LINT-01", name: "lint-unreadable" }), RULES);
    expect(text).toContain('tests="3" failures="1"');
    expect(text).toContain('name="LINT-01 lint-unreadable"><failure');
  });

  test("is XML whatever a definition says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        const text = renderJunit(report({ ...FOUND, message }), RULES);
        expect(/[^\P{Cc}\t\n\r]|\p{Cs}/u.test(text)).toBe(false);
        expect(text.match(/</g)).toHaveLength(renderJunit(report(FOUND), RULES).match(/</g)?.length ?? 0);
      }),
    );
  });
});

describe("renderGithub", () => {
  test("is one command for each finding, as grave as it is", () => {
    expect(renderGithub(report(FOUND, OPEN, { ...FOUND, severity: "high" }))).toBe(
      [
        '::warning file=a b/task.yaml,line=3,col=7,title=PIN-01 image-pinned::Step <a> runs "b" & c. Pin it.\n',
        '::notice file=a b/task.yaml,line=3,col=7,title=SIG-03 token-audience::Step <a> runs "b" & c. Pin it.\n',
        '::error file=a b/task.yaml,line=3,col=7,title=PIN-01 image-pinned::Step <a> runs "b" & c. Pin it.\n',
      ].join(""),
    );
  });

  test("lets no definition and no file name write a command of its own", () => {
    const text = renderGithub(report({ ...FOUND, file: "a,line=1::x\n", message: "b\n::error::c\r" }));
    expect(text.split("\n")).toHaveLength(2);
    expect(text).toContain("file=a%2Cline=1%3A%3Ax%0A,line=3");
    expect(text).toContain("b%0A::error::c%0D");
  });
});
