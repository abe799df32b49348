import { unreachable } from "../../core/bug.ts";
import { GATE_CODES } from "../../core/gate/codes.ts";
import type { GateFinding } from "../../core/gate/finding.ts";
import type { GateReport } from "../../core/gate/report.ts";
import { shown } from "./shown.ts";

/** All findings of a report, decided or not, in its order. */
export function allFindings({ findings, undecided }: GateReport): readonly GateFinding[] {
  return [...findings, ...undecided];
}

/** Whether it keeps the change out. */
export function isBlocking({ level, waiver }: GateFinding): boolean {
  return waiver === undefined && level !== "warning" && level !== "note";
}

/** Trust that was there and is not any more: told, and no reason to refuse. */
export function isLostTrust({ level, verdict }: GateFinding): boolean {
  return level === "note" && (verdict === "NARROWED" || verdict === "INCOMPARABLE");
}

/** One word for what it says. */
export function verdictOf({ verdict, level }: GateFinding): string {
  if (level === "undecided") return "UNDECIDED";
  if (verdict !== undefined) return verdict;
  switch (level) {
    case "tamper":
      return "TAMPERED";
    case "malformed":
      return "UNREADABLE";
    case "error":
      return "FINDING";
    case "warning":
      return "WARNING";
    case "note":
      return "NOTE";
    default:
      return unreachable(level);
  }
}

/** The sentence, escaped, with how real its witness is and what covers it. */
export function sentenceOf({ message, tier, waiver }: GateFinding): string {
  const real = tier === undefined ? "" : ` [${tier}]`;
  const covered = waiver === undefined ? "" : ` (waived by ${shown(waiver)})`;
  return `${shown(message)}${real}${covered}`;
}

/** `GP001 signer set wider`: the code and its title. */
export function titleOf({ code }: GateFinding): string {
  return `${code} ${GATE_CODES[code]}`;
}

/** `LOOSENED, exit 1: 2 findings, 1 undecided, 1 waived, 3 systems`. */
export function summaryOf(report: GateReport): string {
  const all = allFindings(report);
  const blocking = all.filter(isBlocking);
  const undecided = blocking.filter(({ level }) => level === "undecided").length;
  const counts = [
    count(blocking.length - undecided, "finding"),
    `${undecided} undecided`,
    `${all.filter(({ waiver }) => waiver !== undefined).length} waived`,
    count(all.filter(({ level, waiver }) => level === "warning" && waiver === undefined).length, "warning"),
    count(report.systems.length, "system"),
  ];
  return `${saidOf(report)}, exit ${report.exit}: ${counts.join(", ")}`;
}

/** Some findings are of one side alone: nothing that is compared is looser, and still it is no pass. */
function saidOf({ verdict, exit }: GateReport): string {
  return exit === 1 && verdict !== "LOOSENED" && verdict !== "INCOMPARABLE" ? `FINDINGS beside ${verdict}` : verdict;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Findings by system, the systems of the report first, each with what it says of itself. */
export function bySystem(
  report: GateReport,
  findings: readonly GateFinding[],
): readonly { readonly id: string; readonly findings: readonly GateFinding[] }[] {
  const ids = new Set([...report.systems.map(({ id }) => id), ...findings.map(({ system }) => system)]);
  return [...ids].map((id) => ({ id, findings: findings.filter(({ system }) => system === id) }));
}
