import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Bench, BenchRow } from "./bench.ts";
import budgets from "./budgets.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "..");
const HELP_RUNS = 9;
const LINK_TIMEOUT_MS = 120_000;

/** How long a person waits: for the link after `npm start`, and for `--help`. Whole processes, from outside. */
export const startBench: Bench = {
  name: "start",
  run: async () => [await linkRow(), helpRow()],
};

async function linkRow(): Promise<BenchRow> {
  const ours = await secondsToLink();
  return {
    case: "npm start to the printed link",
    unit: "s",
    floor: seconds("npm", ["run", "--silent", "cli", "--", "version"]),
    ours,
    peer: null,
    peerName: null,
    goal: budgets.start.link,
    met: ours < 10,
  };
}

function helpRow(): BenchRow {
  const ours = median(() => seconds("node", ["bin/countersign.mjs", "--help"])) * 1000;
  const cosign = spawnSync("cosign", ["version"], { stdio: "ignore" }).status === 0;
  return {
    case: "countersign --help",
    unit: "ms",
    floor: median(() => seconds("node", ["--eval", "0"])) * 1000,
    ours,
    peer: cosign ? median(() => seconds("cosign", ["--help"])) * 1000 : null,
    peerName: cosign ? "cosign --help" : null,
    goal: budgets.start.help,
    met: ours < 120,
  };
}

/** Starts the demo, waits for the line with the link, stops it. */
async function secondsToLink(): Promise<number> {
  const started = performance.now();
  const child = spawn("npm", ["start", "--", "--port", "0", "--no-open"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const timer = setTimeout(() => child.kill(), LINK_TIMEOUT_MS);
  let text = "";
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (/^console\s+https?:\/\//m.test(text)) break;
  }
  clearTimeout(timer);
  const elapsed = (performance.now() - started) / 1000;
  if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  return elapsed;
}

function seconds(command: string, args: readonly string[]): number {
  const started = performance.now();
  spawnSync(command, args, { cwd: ROOT, stdio: "ignore" });
  return (performance.now() - started) / 1000;
}

function median(measure: () => number): number {
  const values = Array.from({ length: HELP_RUNS }, measure).toSorted((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}
