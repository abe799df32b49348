import type { LintFinding, LintReport } from "../lint.ts";
import type { LintRule, LintSeverity } from "../rule.ts";

/** Renders a report as SARIF 2.1.0 (OASIS), as code scanning services read it. */
export function renderSarif({ findings }: LintReport, rules: readonly LintRule[], version: string): string {
  const driver = {
    name: "countersign",
    version,
    rules: rules.map(({ code, id, severity, source }) => ({
      id: code,
      name: id,
      shortDescription: { text: id.replaceAll("-", " ") },
      help: { text: source.join("; ") },
      defaultConfiguration: { level: LEVELS[severity] },
      properties: { "security-severity": SCORES[severity] },
    })),
  };
  const run = { tool: { driver }, columnKind: "utf16CodeUnits", results: findings.map(toResult) };
  const document = { version: "2.1.0", $schema: "https://json.schemastore.org/sarif-2.1.0.json", runs: [run] };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

const LEVELS: Readonly<Record<LintSeverity, string>> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
};
const SCORES: Readonly<Record<LintSeverity, string>> = { critical: "9.5", high: "8.0", medium: "5.0", low: "2.0" };

function toResult({ rule, severity, message, fix, verdict, file, line, column }: LintFinding): object {
  const isOpen = verdict === "unknown";
  return {
    ruleId: rule,
    // SARIF §3.27.9: `open` is what was not decided, and then the level is `none`.
    kind: isOpen ? "open" : "fail",
    level: isOpen ? "none" : LEVELS[severity],
    message: { text: `${message} ${fix}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file) },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  };
}
