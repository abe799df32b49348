import { ALL_GATE_CODES, GATE_HELP } from "../../core/gate/code-help.ts";
import { GATE_CODES } from "../../core/gate/codes.ts";
import type { GateFinding } from "../../core/gate/finding.ts";
import type { GateReport } from "../../core/gate/report.ts";
import type { JsonValue } from "../output/json-value.ts";
import { toSarif, type SarifResult } from "../output/sarif.ts";
import { packageVersion } from "../package-version.ts";
import { renderAscii } from "./render-json.ts";
import { allFindings, isBlocking, sentenceOf, verdictOf } from "./finding-view.ts";

/** SARIF 2.1.0: every code described, a fingerprint that is the same in every run, and waivers as suppressions. */
export function renderSarif(report: GateReport): string {
  const rules = ALL_GATE_CODES.map((id) => {
    const { means, remedy } = GATE_HELP[id];
    return { id, title: GATE_CODES[id], help: `${means} ${remedy}` };
  });
  const tool = { name: "countersign gate", version: packageVersion(), rules, describesAll: true } as const;
  return renderAscii(toSarif(tool, allFindings(report).map(toResult)));
}

function toResult(finding: GateFinding): SarifResult {
  const { code, where } = finding;
  return {
    rule: code,
    level: levelOf(finding),
    message: `${verdictOf(finding)}: ${sentenceOf(finding)}`,
    file: where.file,
    line: where.line,
    more: moreOf(finding),
  };
}

function levelOf(finding: GateFinding): SarifResult["level"] {
  if (isBlocking(finding) || finding.waiver !== undefined) return "error";
  return finding.level === "warning" ? "warning" : "note";
}

function moreOf(finding: GateFinding): { readonly [member: string]: JsonValue } {
  const { id, level, waiver, where } = finding;
  return {
    ...(level === "undecided" && { kind: "review" }),
    partialFingerprints: { "countersignGate/v1": id },
    ...(waiver !== undefined && {
      suppressions: [{ kind: "external", status: "accepted", justification: `waiver ${waiver}` }],
    }),
    ...(where.revision === "base" && { properties: { revision: "base" } }),
  };
}
