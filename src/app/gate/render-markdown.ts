import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { GateFinding } from "../../core/gate/finding.ts";
import type { GateReport } from "../../core/gate/report.ts";
import { allFindings, isBlocking, sentenceOf, summaryOf, titleOf, verdictOf } from "./finding-view.ts";
import { renderJson } from "./render-json.ts";
import { shown } from "./shown.ts";

/** A comment of a pull request; GitHub takes 65,536 characters. */
const BYTES_MAX = 60_000;
/** By which a comment of an earlier run is found, to be written over. */
const MARK = "<!-- countersign-gate -->";

/** The report as a comment: the verdict, a table, and the whole as JSON where it fits. */
export function renderMarkdown(report: GateReport): string {
  const all = allFindings(report);
  const rows = [...all.filter(isBlocking), ...all.filter((one) => !isBlocking(one))].map(toRow);
  const head = `${MARK}\n### countersign gate: ${summaryOf(report)}\n`;
  const table = rows.length === 0 ? "\nNothing found.\n" : `\n${tableOf(rows, BYTES_MAX - 1000)}`;
  const told = `${head}${table}${renderWaivers(report)}`;
  const whole = `${told}${renderDetails(report)}`;
  return bytesOf(whole) <= BYTES_MAX ? whole : cut(`${told}\nThe report is too long for a comment: see \`-o json\`.\n`);
}

const TITLES = "| | what | where | finding |\n| --- | --- | --- | --- |\n";

function tableOf(rows: readonly string[], bytesMax: number): string {
  let text = TITLES;
  for (const [i, row] of rows.entries()) {
    if (bytesOf(text) + bytesOf(row) > bytesMax)
      return `${text}\n${rows.length - i} more findings are not shown here.\n`;
    text += row;
  }
  return text;
}

function toRow(finding: GateFinding): string {
  const { where, waiver } = finding;
  const mark = isBlocking(finding) ? "❌" : waiver === undefined ? "⚠️" : "✅";
  const place = `${where.revision === "base" ? "base:" : ""}${where.file}:${where.line}`;
  return `| ${mark} | ${verdictOf(finding)} ${titleOf(finding)} | ${span(place)} | ${span(sentenceOf(finding))} |\n`;
}

function renderWaivers({ waivers }: GateReport): string {
  if (waivers.length === 0) return "";
  return `\nWaivers: ${waivers.map(({ name, state }) => `${span(name)} ${state}`).join(", ")}\n`;
}

function renderDetails(report: GateReport): string {
  // JSON spells what a forge would make a link of by its code points, and still says the same.
  const json = renderJson(report).replaceAll("@", "\\u0040").replaceAll("#", "\\u0023");
  const fence = "`".repeat(Math.max(3, longestRun(json) + 1));
  return `\n<details><summary>The report</summary>\n\n${fence}json\n${json}${fence}\n\n</details>\n`;
}

/** Keeps `@` and `#` from naming people and issues. */
const JOINER = "\u200D";

/** A code span of whatever text: its fence is longer than any run of backticks in it. */
function span(text: string): string {
  const safe = shown(text)
    .replaceAll("|", "\\|")
    .replaceAll(/[@#]/g, (char) => `${char}${JOINER}`);
  const fence = "`".repeat(Math.max(2, longestRun(safe) + 1));
  return `${fence} ${safe} ${fence}`;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, { length }) => Math.max(longest, length), 0);
}

function bytesOf(text: string): number {
  return toUtf8(text).length;
}

/** Whole lines of it, as many as fit: names of waivers can be long, too. */
function cut(text: string): string {
  let kept = "";
  let bytes = 0;
  for (const line of text.split("\n")) {
    bytes += bytesOf(line) + 1;
    if (bytes > BYTES_MAX) break;
    kept += `${line}\n`;
  }
  return kept;
}
