import type { GateFinding } from "../../core/gate/finding.ts";
import type { GateReport } from "../../core/gate/report.ts";
import type { JsonValue } from "../output/json-value.ts";
import { renderAscii } from "./render-json.ts";
import { allFindings, isBlocking, sentenceOf, titleOf, verdictOf } from "./finding-view.ts";

/** GitLab's code quality report: an array, one element for each finding. */
export function renderGitlab(report: GateReport): string {
  return renderAscii(allFindings(report).map(toIssue));
}

function toIssue(finding: GateFinding): JsonValue {
  const { id, where } = finding;
  return {
    description: `${verdictOf(finding)}: ${sentenceOf(finding)}`,
    check_name: titleOf(finding),
    fingerprint: id,
    severity: severityOf(finding),
    location: { path: where.file, lines: { begin: where.line } },
  };
}

function severityOf(finding: GateFinding): "blocker" | "major" | "info" {
  if (isBlocking(finding)) return "blocker";
  return finding.level === "warning" && finding.waiver === undefined ? "major" : "info";
}
