import type { GateFinding } from "../../core/gate/finding.ts";
import type { GateReport, GateSystem, GateWaiverUse } from "../../core/gate/report.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/json/json.ts";
import type { Paint, State } from "../output/paint.ts";
import { bySystem, isBlocking, isLostTrust, sentenceOf, summaryOf, verdictOf } from "./finding-view.ts";
import { shown } from "./shown.ts";

/** More of a difference than this is read in the change itself. */
const DIFF_LINES_MAX = 20;

/**
 * The report for a person: a line for each finding, by system; then trust that is lost, waivers, what is not decided, what
 * was not looked at; the last line is the verdict.
 */
export function renderText(report: GateReport, paint: Paint): string {
  const [lost, found] = [report.findings.filter(isLostTrust), report.findings.filter((one) => !isLostTrust(one))];
  const systems = bySystem(report, found).map(({ id, findings }) => renderSystem(report, id, findings, paint));
  const state: State = report.exit === 0 ? "ok" : report.exit === 3 ? "undecided" : "finding";
  return [
    ...systems,
    ...section("No longer accepted:", [...lost.map(renderFinding), ...report.systems.flatMap(renderLost)]),
    ...section("Waivers:", report.waivers.map(renderWaiver)),
    ...section("Not decided:", report.undecided.map(renderOpen)),
    ...section(
      "Not looked at:",
      report.notCovered.map(({ what, why }) => `${shown(what)}: ${shown(why)}\n`),
    ),
    `${paint.symbol(state)} ${paint.state(state, summaryOf(report))}\n`,
  ].join("");
}

function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${heading}\n`, ...lines.map((line) => `  ${line}`), "\n"];
}

function renderSystem(report: GateReport, id: string, findings: readonly GateFinding[], paint: Paint): string {
  const system = report.systems.find((one) => one.id === id);
  const head = `${paint.bold(shown(id))}${system ? `: ${renderVerdict(system)}` : ""}\n`;
  const lines = findings.map((finding) => `  ${paint.symbol(stateOf(finding))} ${renderFinding(finding)}`);
  return `${head}${lines.join("")}\n`;
}

const REVERSE: Readonly<Record<GateSystem["reverse"], string>> = {
  proven: "",
  lost: "; something accepted before is not any more",
  undecided: "; whether something is lost was not decided",
};

function renderVerdict({ verdict, reverse }: GateSystem): string {
  return `${verdict}${REVERSE[reverse]}`;
}

/** One example for each obligation that is new. */
function renderLost({ id, lost }: GateSystem): readonly string[] {
  return (lost ?? []).map((tuple) => `${shown(id)}: ${shown(renderTuple(tuple))}\n`);
}

/** `image ghcr.io/a, evidence [issuer …, san …]`: what may be anything is left out. */
function renderTuple(value: JsonValue): string {
  if (isJsonArray(value)) return value.length === 0 ? "none" : `[${value.map(renderTuple).join("; ")}]`;
  if (!isJsonObject(value)) return String(value);
  return Object.entries(value)
    .filter(([, member]) => member !== "any")
    .map(([name, member]) => `${name} ${renderTuple(member)}`)
    .join(", ");
}

function stateOf(finding: GateFinding): State {
  if (isBlocking(finding)) return finding.level === "undecided" ? "undecided" : "finding";
  return finding.level === "note" || finding.waiver !== undefined ? "ok" : "warn";
}

/** As chapter §2.2 writes it, and the code, for `gate explain`. */
function renderFinding(finding: GateFinding): string {
  const causes = finding.causes.length > 0 ? ` (${finding.causes.join(" ")})` : "";
  return `${verdictOf(finding)} ${placeOf(finding)} ${sentenceOf(finding)} ${finding.code}${causes}\n`;
}

function placeOf({ where }: GateFinding): string {
  return `${where.revision === "base" ? "base:" : ""}${shown(where.file)}:${where.line}`;
}

function renderOpen(finding: GateFinding): string {
  const { open } = finding;
  const reason = open ? `    why: ${shown(open.reason)}\n    would decide it: ${shown(open.decide)}\n` : "";
  return `${renderFinding(finding)}${reason}${open?.diff === undefined ? "" : renderDiff(open.diff)}`;
}

function renderDiff(diff: string): string {
  const lines = diff.replace(/\n$/, "").split("\n");
  const more = lines.length - DIFF_LINES_MAX;
  const told = lines.slice(0, DIFF_LINES_MAX).map((line) => `    ${shown(line)}\n`);
  return `${told.join("")}${more > 0 ? `    … ${more} more lines\n` : ""}`;
}

function renderWaiver({ name, file, state, detail, findings }: GateWaiverUse): string {
  const covered = findings.length > 0 ? `, covers ${findings.length}` : "";
  return `${shown(name)} (${shown(file)}): ${state}${covered}${detail === "" ? "" : `; ${shown(detail)}`}\n`;
}
