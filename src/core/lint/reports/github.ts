import type { LintFinding, LintReport } from "../lint.ts";

/** Renders findings as workflow commands, which become annotations of the lines of a change (GitHub Actions, workflow commands). */
export function renderGithub({ findings }: LintReport): string {
  return findings.map(toCommand).join("");
}

function toCommand({ rule, name, severity, verdict, file, line, column, message, fix }: LintFinding): string {
  const command =
    verdict === "unknown" ? "notice" : severity === "critical" || severity === "high" ? "error" : "warning";
  const title = property(`${rule} ${name}`);
  return `::${command} file=${property(file)},line=${line},col=${column},title=${title}::${data(`${message} ${fix}`)}\n`;
}

/** A line break would end the command, and begin one of somebody else. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
