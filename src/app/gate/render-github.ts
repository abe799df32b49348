import type { GateFinding } from "../../core/gate/finding.ts";
import type { GateReport } from "../../core/gate/report.ts";
import { renderWorkflowCommand, type WorkflowCommand } from "../../core/text/workflow-command.ts";
import { allFindings, isBlocking, sentenceOf, summaryOf, verdictOf } from "./finding-view.ts";

/** Workflow commands: the summary first, because a step shows ten at most; then what blocks, then the rest. */
export function renderGithub(report: GateReport): string {
  const all = allFindings(report);
  const ordered = [...all.filter(isBlocking), ...all.filter((one) => !isBlocking(one))];
  return [toSummary(report), ...ordered.map(toCommand)].map(renderWorkflowCommand).join("");
}

function toSummary(report: GateReport): WorkflowCommand {
  const command = report.exit === 0 ? "notice" : "error";
  return { command, properties: { title: "countersign gate" }, message: summaryOf(report) };
}

function toCommand(finding: GateFinding): WorkflowCommand {
  const { code, where, level, waiver } = finding;
  return {
    command: isBlocking(finding) ? "error" : level === "warning" && waiver === undefined ? "warning" : "notice",
    properties: { file: where.file, line: where.line, title: `${code} ${verdictOf(finding)}` },
    message: sentenceOf(finding),
  };
}
