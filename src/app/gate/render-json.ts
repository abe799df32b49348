import type { GateFinding } from "../../core/gate/finding.ts";
import type { GateReport } from "../../core/gate/report.ts";
import type { JsonValue } from "../output/json-value.ts";

/** The whole report, members in canonical order, so that two runs can be compared as text. */
export function renderJson(report: GateReport): string {
  return renderAscii(toSorted(toReportJson(report)) ?? null);
}

/** JSON in which nothing hides or reorders what stands beside it: everything beyond ASCII by its code units. */
export function renderAscii(value: JsonValue): string {
  const text = JSON.stringify(value, undefined, 2);
  return `${text.replaceAll(/[^\n\x20-\x7E]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** The report as values: `countersign.gate.report/v1`. */
export function toReportJson(report: GateReport): JsonValue {
  return {
    ...report,
    findings: report.findings.map(toFindingJson),
    undecided: report.undecided.map(toFindingJson),
  };
}

function toFindingJson(finding: GateFinding): JsonValue {
  return { schema: "countersign.gate.finding/v1", ...finding, waiver: finding.waiver ?? null };
}

function toSorted(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((item) => toSorted(item) ?? null);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, toSorted(member)]),
  );
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
