import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** Where the gate's cases are; the folder may be missing. */
export const GATE_CASES: string = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "gate");

/** One case as its file has it; each kind reads its own members. */
export type GateCase = { readonly id: string; readonly kind?: string; readonly title: string };

/** What became of a case. `why` is empty when it passed. */
export type CaseResult = { readonly passed: boolean; readonly why: string };

/** Makes a result of everything that was wrong. */
export function resultOf(wrong: readonly string[]): CaseResult {
  return { passed: wrong.length === 0, why: wrong.join("; ") };
}

/** The cases of some files of the folder; none when it is missing. */
export function readGateCases(...files: readonly string[]): readonly GateCase[] {
  if (!existsSync(GATE_CASES)) return [];
  return files.flatMap((file) => (parse(readFileSync(join(GATE_CASES, file), "utf8")) as { cases: GateCase[] }).cases);
}
