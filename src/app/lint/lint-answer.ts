import { unreachable } from "../../core/bug.ts";
import { Fault } from "../../core/fault.ts";
import type { LintFinding, LintReport } from "../../core/lint/lint.ts";
import { renderGithub } from "../../core/lint/reports/github.ts";
import { renderJunit } from "../../core/lint/reports/junit.ts";
import { renderSarif } from "../../core/lint/reports/sarif.ts";
import type { LintRule } from "../../core/lint/rule.ts";
import { LINT_RULES } from "../../core/lint/rules.ts";
import { suppress, type LintException, type Suppressed } from "../../core/lint/suppress.ts";
import type { UnixMs } from "../../core/time.ts";
import { nearest } from "../nearest.ts";
import { visible } from "../output/visible.ts";
import { packageVersion } from "../package-version.ts";
import { lintPaths } from "../wiring/lint.ts";
import { readExceptions } from "./read-exceptions.ts";

/** What lint found, what of it is excepted, and by which rules it looked. */
export type LintAnswer = {
  readonly report: LintReport;
  readonly rules: readonly LintRule[];
  readonly ignored: Suppressed["ignored"];
  readonly idle: Suppressed["idle"];
};

type Request = {
  readonly paths: readonly string[];
  readonly rule?: readonly string[];
  readonly ignore?: readonly string[];
  readonly exceptions?: string;
  readonly resolve?: readonly string[];
  readonly now: UnixMs;
};

/** Faults: `input.missing`, `input.unreadable` for a path, `input.malformed` for a rule or an exception. */
export async function lint({ paths, rule = [], ignore = [], exceptions, resolve, now }: Request): Promise<LintAnswer> {
  const rules = rule.length === 0 ? LINT_RULES : rule.map(ruleOf);
  const registered = exceptions === undefined ? [] : await readExceptions(exceptions);
  const given = [...ignore.map(parseIgnore), ...registered];
  const report = await lintPaths({ paths, rules, ...(resolve && { resolve }) });
  const { kept, ignored, idle } = suppress(report.findings, given, now);
  return { report: { ...report, findings: kept }, rules, ignored, idle };
}

function ruleOf(id: string): LintRule {
  const known = LINT_RULES.find((rule) => rule.code === id || rule.id === id);
  if (known) return known;
  const near = nearest(
    id,
    LINT_RULES.flatMap((rule) => [rule.code, rule.id]),
  );
  throw new Fault("input.malformed", near ? `${id}: no such rule; did you mean "${near}"?` : `${id}: no such rule`);
}

function parseIgnore(text: string): LintException {
  const at = text.indexOf("=");
  const reason = text.slice(at + 1).trim();
  if (at < 1 || reason === "") throw new Fault("input.malformed", `--ignore ${text.slice(0, 200)}: not ID=REASON`);
  return { rule: ruleOf(text.slice(0, at)).code, reason };
}

/** Renders the answer as what was asked for. */
export function renderLint(answer: LintAnswer, format: "table" | "json" | "sarif" | "junit" | "github"): string {
  const { report, rules } = answer;
  switch (format) {
    case "table":
      return renderTable(answer);
    case "json":
      return `${JSON.stringify(toJson(answer), undefined, 2)}\n`;
    case "sarif":
      return renderSarif(report, rules, packageVersion());
    case "junit":
      return renderJunit(report, rules);
    case "github":
      return renderGithub(report);
    default:
      return unreachable(format);
  }
}

function toJson({ report, ignored }: LintAnswer): object {
  const { findings, documents, unjudged, files } = report;
  return {
    items: findings,
    ignored: ignored.map(({ finding, exception }) => ({ ...finding, exception })),
    documents,
    unjudged,
    files,
  };
}

function renderTable({ report, ignored }: LintAnswer): string {
  const { findings, documents, unjudged, files } = report;
  const failed = findings.filter(({ verdict }) => verdict === "fail");
  const open = findings.filter(({ verdict }) => verdict === "unknown");
  const head =
    failed.length === 0 && open.length === 0
      ? `Nothing found in ${count(documents, "document")} of ${count(files, "file")}.\n`
      : `${count(failed.length, "finding")}, ${open.length} left open, in ${count(documents, "document")} of ${count(files, "file")}.\n`;
  const foreign =
    unjudged > 0
      ? `Not judged: ${count(unjudged, "document")} that ${unjudged === 1 ? "is" : "are"} no Kubernetes object.\n`
      : "";
  const excepted = ignored.map(
    ({ finding, exception }) => `  ${placeOf(finding)} ${finding.rule} excepted: ${visible(exception.reason)}\n`,
  );
  return [
    head,
    foreign,
    ...failed.map(renderFinding),
    ...(open.length > 0 ? ["\nLeft open, because what decides it is not in these files:\n", ...renderOpen(open)] : []),
    ...(excepted.length > 0 ? ["\nExcepted:\n", ...excepted] : []),
  ].join("");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function placeOf({ file, line, column }: LintFinding): string {
  return `${visible(file)}:${line}:${column}`;
}

function renderFinding(finding: LintFinding): string {
  const { severity, rule, name, message, fix } = finding;
  return `\n${placeOf(finding)} ${severity} ${rule} ${name}\n  ${visible(message)}\n  ${visible(fix)}\n`;
}

/** One place leaves many rules open for one reason: it is said once. */
function renderOpen(open: readonly LintFinding[]): readonly string[] {
  const byReason = new Map<string, readonly LintFinding[]>();
  for (const finding of open) {
    const key = `${placeOf(finding)}\n${finding.message}`;
    byReason.set(key, [...(byReason.get(key) ?? []), finding]);
  }
  return [...byReason.values()].flatMap((same) => {
    const [first] = same;
    const rules = same.map(({ rule }) => rule).join(" ");
    return first ? [`  ${placeOf(first)} ${visible(first.message)} (${rules})\n`] : [];
  });
}
