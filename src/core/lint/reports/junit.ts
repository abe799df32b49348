import { escapeXml } from "../../text/xml-text.ts";
import type { LintFinding, LintReport } from "../lint.ts";
import type { LintRule } from "../rule.ts";

/** Renders a report as JUnit XML: a suite, and a case for each rule, failed by what it found, skipped by what it left open. */
export function renderJunit({ findings }: LintReport, rules: readonly LintRule[]): string {
  const known = new Set(rules.map(({ code }) => code));
  const others = [...new Set(findings.map(({ rule }) => rule))].filter((code) => !known.has(code));
  const cases = [...rules, ...others.map((code) => ({ code, id: nameOf(findings, code) }))].map(({ code, id }) => {
    const own = findings.filter(({ rule }) => rule === code);
    return { name: `${code} ${id}`, failed: own.filter(isFail), open: own.filter((one) => !isFail(one)) };
  });
  const failures = cases.filter(({ failed }) => failed.length > 0).length;
  const skipped = cases.filter(({ failed, open }) => failed.length === 0 && open.length > 0).length;
  const head = `<testsuite name="countersign pipeline lint" tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${cases.map(renderCase).join("")}</testsuite>\n`;
}

type Case = {
  readonly name: string;
  readonly failed: readonly LintFinding[];
  readonly open: readonly LintFinding[];
};

function isFail({ verdict }: LintFinding): boolean {
  return verdict === "fail";
}

function nameOf(findings: readonly LintFinding[], code: string): string {
  return findings.find(({ rule }) => rule === code)?.name ?? "";
}

function renderCase({ name, failed, open }: Case): string {
  const head = `  <testcase classname="pipeline lint" name="${escapeXml(name)}"`;
  if (failed.length > 0) {
    const title = `${failed.length} found`;
    return `${head}><failure message="${title}" type="fail">${escapeXml(failed.map(toLine).join("\n"))}</failure></testcase>\n`;
  }
  if (open.length === 0) return `${head}/>\n`;
  return `${head}><skipped message="${open.length} left open"/><system-out>${escapeXml(open.map(toLine).join("\n"))}</system-out></testcase>\n`;
}

function toLine({ file, line, column, message, fix }: LintFinding): string {
  return `${file}:${line}:${column} ${message} ${fix}`;
}
