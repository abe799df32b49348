import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readDefinitionFile } from "../src/adapters/manifests/definition-file.ts";
import { shellScriptReader } from "../src/adapters/shell/script-reader.ts";
import { bug } from "../src/core/bug.ts";
import { lintDefinitions } from "../src/core/lint/lint.ts";
import { LINT_RULES } from "../src/core/lint/rules.ts";
import { DEFAULT_KNOWLEDGE } from "../src/core/lint/scene.ts";
import type { ScriptFacts } from "../src/core/pipelines/script/script-facts.ts";
import type { Bench, BenchRow } from "./bench.ts";
import budgets from "./budgets.json" with { type: "json" };

const FIXTURES = resolve(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "pipelines");
const MAIN = join(import.meta.dirname, "../dist/cmd/cli/main.js");
const DOCUMENTS = 8_000;
const RATE_MIN = 2_000;
const SECONDS_MAX = 5;
const MIB_MAX = 400;
const START_MS_MAX = 300;
const STARTS = 9;

type Input = { readonly path: string; readonly bytes: Uint8Array };

/** What it costs to lint: bytes of manifests in, findings out, all rules. The fixtures are given as often as it takes. */
export const lintBench: Bench = {
  name: "lint",
  run: async () => {
    if (!existsSync(FIXTURES)) return [];
    const inputs = globSync("**/*.{yaml,json}", { cwd: FIXTURES, exclude: ["schemas/**"] }).map((path) => ({
      path,
      bytes: new Uint8Array(readFileSync(join(FIXTURES, path))),
    }));
    lintOnce(inputs);
    return [...measureSet(inputs), measureStart()];
  },
};

function lintOnce(inputs: readonly Input[]): number {
  const files = inputs.map(({ path, bytes }) => readDefinitionFile(path, bytes));
  return lintDefinitions({ files, rules: LINT_RULES, knowledge: DEFAULT_KNOWLEDGE, read: readScript }).documents;
}

function readScript(text: string): ScriptFacts {
  return shellScriptReader.read(text);
}

/** One set of 8,000 documents, as `pipeline lint` judges a catalogue: all in memory, references among all. */
function measureSet(inputs: readonly Input[]): readonly BenchRow[] {
  const perSet = lintOnce(inputs);
  const sets = Array.from({ length: Math.ceil(DOCUMENTS / perSet) }, (_, i) =>
    inputs.map(({ path, bytes }) => ({ path: `${i}/${path}`, bytes })),
  );
  const cpu = process.cpuUsage();
  const documents = lintOnce(sets.flat());
  const { user, system } = process.cpuUsage(cpu);
  // CPU, of all threads: the wall clock would count the neighbours of a shared machine.
  const seconds = (user + system) / 1e6;
  const rate = documents / seconds;
  const rssMib = process.memoryUsage.rss() / 2 ** 20;
  const base = { floor: null, peer: null, peerName: null };
  return [
    {
      ...base,
      case: `${documents} documents, one core`,
      unit: "documents/s of CPU",
      ours: rate,
      goal: budgets.lint.rate,
      met: rate >= RATE_MIN,
    },
    {
      ...base,
      case: `${documents} documents`,
      unit: "s of CPU",
      ours: seconds,
      goal: budgets.lint.set,
      met: seconds < SECONDS_MAX,
    },
    { ...base, case: "memory after", unit: "MiB RSS", ours: rssMib, goal: budgets.lint.memory, met: rssMib < MIB_MAX },
  ];
}

/** The built program, as it is shipped. */
function measureStart(): BenchRow {
  const file = join(FIXTURES, "guide-task.yaml");
  if (!existsSync(MAIN)) bug("dist is not built; run tsc -b");
  const times = Array.from({ length: STARTS }, () => {
    const start = performance.now();
    spawnSync(process.execPath, [MAIN, "pipeline", "lint", file]);
    return performance.now() - start;
  }).toSorted((a, b) => a - b);
  const ours = times[Math.floor(STARTS / 2)] ?? 0;
  const base = { floor: null, peer: null, peerName: null };
  return {
    ...base,
    case: "one file from the shell",
    unit: "ms",
    ours,
    goal: budgets.lint.start,
    met: ours < START_MS_MAX,
  };
}
