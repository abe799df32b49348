import { renderWorkflowCommand } from "../../text/workflow-command.ts";
import type { LintFinding, LintReport } from "../lint.ts";

/** Renders findings as workflow commands, which become annotations of the lines of a change. */
export function renderGithub({ findings }: LintReport): string {
  return findings.map(toCommand).join("");
}

function toCommand({ rule, name, severity, verdict, file, line, column, message, fix }: LintFinding): string {
  return renderWorkflowCommand({
    command: verdict === "unknown" ? "notice" : severity === "critical" || severity === "high" ? "error" : "warning",
    properties: { file, line, col: column, title: `${rule} ${name}` },
    message: `${message} ${fix}`,
  });
}
