import { readInput } from "../read-input.ts";
import { nearest } from "../nearest.ts";
import { Fault } from "../../core/fault.ts";
import { ALL_GATE_CODES, GATE_HELP, parseGateCode } from "../../core/gate/code-help.ts";
import { GATE_CODES, type GateCode } from "../../core/gate/codes.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import { shown } from "./shown.ts";

/** What a code means. */
export type ExplainedCode = {
  readonly code: GateCode;
  readonly title: string;
  readonly means: string;
  readonly remedy: string;
};

/** What a code, or a finding of a report, is about. */
export type ExplainedGate = ExplainedCode & { readonly finding?: JsonObject };

const REPORT_BYTES_MAX = 64 * 1024 * 1024;

/** Explains a code, or with a report one of its findings by its id or a part of it. Faults: `input.malformed` for a name that is none. */
export async function explainGate(name: string, report: string | undefined): Promise<ExplainedGate> {
  const code = parseGateCode(name);
  if (code !== undefined) return explainCode(code);
  if (report === undefined) {
    const near = nearest(name, ALL_GATE_CODES);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    throw new Fault("input.malformed", `${name}: no such code${hint} A finding is explained with --report FILE`);
  }
  const found = findingsOf(await readReport(report), report).filter((one) => idOf(one).includes(name));
  const [finding, second] = found;
  if (!finding) throw new Fault("input.unknown", `${name} in ${report}`);
  if (second) throw new Fault("input.malformed", `${name}: ${found.length} findings have it in their id`);
  const its = parseGateCode(typeof finding["code"] === "string" ? finding["code"] : "");
  if (its === undefined) throw new Fault("input.malformed", `${report}: a finding without a code`);
  return { ...explainCode(its), finding };
}

/** Explains one code. */
export function explainCode(code: GateCode): ExplainedCode {
  return { code, title: GATE_CODES[code], ...GATE_HELP[code] };
}

async function readReport(path: string): Promise<JsonValue> {
  const read = readJson(await readInput(path, REPORT_BYTES_MAX), {
    bytesMax: REPORT_BYTES_MAX,
    depthMax: JSON_DEPTH_MAX,
  });
  if (!read.ok) throw new Fault("input.malformed", `${path}: ${read.detail}`);
  return read.value;
}

function findingsOf(report: JsonValue, path: string): readonly JsonObject[] {
  if (!isJsonObject(report) || report["schema"] !== "countersign.gate.report/v1")
    throw new Fault("input.malformed", `${path}: not a report of \`gate check -o json\``);
  return [report["findings"], report["undecided"]].flatMap((list) =>
    isJsonArray(list) ? list.filter((one) => isJsonObject(one)) : [],
  );
}

function idOf(finding: JsonObject): string {
  return typeof finding["id"] === "string" ? finding["id"] : "";
}

/** What a person reads. Of a finding: its sentence, its witness, why either side says what it says. */
export function renderExplained({ code, title, means, remedy, finding }: ExplainedGate): string {
  const about = finding ? renderFinding(finding) : "";
  return `${code}: ${title}\n${about}  means:   ${means}\n  remedy:  ${remedy}\n`;
}

function renderFinding(finding: JsonObject): string {
  const parts = (
    ["message", "tier", "system", "where", "witness", "before", "after", "open", "waiver"] as const
  ).flatMap((name): readonly string[] => {
    const value = finding[name];
    return value === undefined || value === null ? [] : [`  ${`${name}:`.padEnd(9)}${renderValue(value)}\n`];
  });
  return parts.join("");
}

function renderValue(value: JsonValue): string {
  return shown(typeof value === "string" ? value : JSON.stringify(value));
}
