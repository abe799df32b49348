import { GATE_CODES } from "../../core/gate/codes.ts";
import type { GateFinding } from "../../core/gate/finding.ts";
import type { GateReport } from "../../core/gate/report.ts";
import { escapeXml } from "../../core/text/xml-text.ts";
import { allFindings, bySystem, isBlocking, sentenceOf, verdictOf } from "./finding-view.ts";
import { shown } from "./shown.ts";

/** JUnit XML: a suite for each system, a case for each rule that could have been broken there. */
export function renderJunit(report: GateReport): string {
  const suites = bySystem(report, allFindings(report)).map(({ id, findings }) => renderSuite(id, findings));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="countersign gate">\n${suites.join("")}</testsuites>\n`;
}

/** The rules of a system by the first letters of their codes: those of what was found there, and of what it is. */
function familiesOf(id: string, findings: readonly GateFinding[]): ReadonlySet<string> {
  const own = id === "gate" ? "GC" : id === "pipelines" ? "GS" : id === "identities" ? "GI" : "GP";
  return new Set([own, ...findings.map(({ code }) => code.slice(0, 2))]);
}

type Case = { readonly code: string; readonly title: string; readonly findings: readonly GateFinding[] };

function renderSuite(id: string, findings: readonly GateFinding[]): string {
  const families = familiesOf(id, findings);
  const cases: readonly Case[] = Object.entries(GATE_CODES)
    .filter(([code]) => families.has(code.slice(0, 2)))
    .map(([code, title]) => ({ code, title, findings: findings.filter((one) => one.code === code) }));
  const outcomes = cases.map(outcomeOf);
  const count = (outcome: Outcome): number => outcomes.filter((one) => one === outcome).length;
  const counts = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
  return `  <testsuite name="${escapeXml(shown(id))}" ${counts}>\n${cases.map((one) => renderCase(id, one)).join("")}  </testsuite>\n`;
}

type Outcome = "failure" | "error" | "skipped" | "passed";

/** The gravest of what was found under one rule. */
function outcomeOf({ findings }: Case): Outcome {
  const blocking = findings.filter(isBlocking);
  if (blocking.some(({ level }) => level !== "undecided")) return "failure";
  if (blocking.length > 0) return "error";
  return findings.some(({ waiver }) => waiver !== undefined) ? "skipped" : "passed";
}

function renderCase(system: string, one: Case): string {
  const head = `    <testcase classname="${escapeXml(shown(system))}" name="${escapeXml(`${one.code} ${one.title}`)}"`;
  const outcome = outcomeOf(one);
  const lines = escapeXml(one.findings.map(toLine).join("\n"));
  const told = lines === "" ? "" : `<system-out>${lines}</system-out>`;
  if (outcome === "passed") return told === "" ? `${head}/>\n` : `${head}>${told}</testcase>\n`;
  if (outcome === "skipped") return `${head}><skipped message="waived"/>${told}</testcase>\n`;
  const type = escapeXml(typeOf(one, outcome));
  return `${head}><${outcome} type="${type}" message="${one.findings.filter(isBlocking).length} found">${lines}</${outcome}></testcase>\n`;
}

function typeOf({ findings }: Case, outcome: Outcome): string {
  const first = findings.find((one) => isBlocking(one) && (outcome === "error" || one.level !== "undecided"));
  return first ? verdictOf(first) : "UNDECIDED";
}

function toLine(finding: GateFinding): string {
  const { where } = finding;
  return `${verdictOf(finding)} ${shown(where.file)}:${where.line} ${sentenceOf(finding)}`;
}
