import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import type { CaseResult, GateCase } from "../test/vectors/gate-cases/gate-case.ts";

/**
 * `npm run cases -- gate FILE.yaml...`: runs cases of the change gate, as `test/vectors/gate-cases` does, from any file. A
 * line for each case, and at the end `N passed, N failed`. Exit 1 when a case failed or there was none, 2 for wrong usage.
 */
const [suite, ...files] = process.argv.slice(2);
if (suite !== "gate" || files.length === 0) {
  process.stderr.write("usage: npm run cases -- gate FILE.yaml...\n");
  process.exit(2);
}

/** npm changes to the folder of the package; names are meant from where it was called. */
const from = process.env["INIT_CWD"] ?? process.cwd();
const cases = files.flatMap((file) => casesOf(resolve(from, file)));

let failed = 0;
for (const one of cases) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other: the lines are in order
  const { passed, why } = await runCase(one);
  if (!passed) failed += 1;
  process.stdout.write(`${passed ? "ok  " : "FAIL"} ${one.id} ${one.title}${passed ? "" : `: ${why}`}\n`);
}
process.stdout.write(`${cases.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || cases.length === 0 ? 1 : 0;

function casesOf(file: string): readonly GateCase[] {
  try {
    const read: unknown = parse(readFileSync(file, "utf8"), { maxAliasCount: -1 });
    return isFile(read) ? read.cases : refuse(`${file}: no list of cases`);
  } catch (error) {
    return refuse(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function isFile(value: unknown): value is { readonly cases: readonly GateCase[] } {
  return typeof value === "object" && value !== null && "cases" in value && Array.isArray(value.cases);
}

/** A kind that nothing runs, and a run that throws, are failures: nothing is passed over. */
async function runCase(one: GateCase): Promise<CaseResult> {
  const { kind = "" } = one;
  const runner = new URL(`../test/vectors/gate-cases/${kind}.ts`, import.meta.url);
  if (!/^[a-z]+$/.test(kind) || !existsSync(runner))
    return { passed: false, why: `nothing runs cases of kind "${kind}"` };
  const loaded: Readonly<Record<string, unknown>> = await import(runner.href);
  const run = loaded[`run${kind[0]?.toUpperCase() ?? ""}${kind.slice(1)}Case`];
  if (!isRunner(run)) return { passed: false, why: `nothing runs cases of kind "${kind}"` };
  try {
    return await run(one);
  } catch (error) {
    return { passed: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function isRunner(value: unknown): value is (one: GateCase) => CaseResult | Promise<CaseResult> {
  return typeof value === "function";
}
