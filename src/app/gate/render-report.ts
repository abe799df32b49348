import { unreachable } from "../../core/bug.ts";
import type { GateReport } from "../../core/gate/report.ts";
import type { Paint } from "../output/paint.ts";
import type { GateFormat } from "./formats.ts";
import { renderGithub } from "./render-github.ts";
import { renderGitlab } from "./render-gitlab.ts";
import { renderJson } from "./render-json.ts";
import { renderJunit } from "./render-junit.ts";
import { renderMarkdown } from "./render-markdown.ts";
import { renderSarif } from "./render-sarif.ts";
import { renderText } from "./render-text.ts";

/** Renders a report as what was asked for. */
export function renderReport(report: GateReport, format: GateFormat, paint: Paint): string {
  switch (format) {
    case "text":
      return renderText(report, paint);
    case "json":
      return renderJson(report);
    case "sarif":
      return renderSarif(report);
    case "github":
      return renderGithub(report);
    case "gitlab":
      return renderGitlab(report);
    case "junit":
      return renderJunit(report);
    case "markdown":
      return renderMarkdown(report);
    default:
      return unreachable(format);
  }
}
