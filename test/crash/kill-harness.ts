/* oxlint-disable no-await-in-loop -- a process is killed, then the next one is started */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/**
 * Kills processes with SIGKILL at points that nobody chose, and starts them again on what they left.
 *
 * A victim prints a line to stdout whenever it has done a little: before and after each call of a port, say. It is killed
 * when it has printed a random number of them, so the harness waits for no clock and a slow machine is killed at the same
 * places as a fast one, give or take what was under way.
 */
export type Victim = {
  /** Run with the Node of this process. */
  readonly script: string;
  readonly args: readonly string[];
};

export type KillRun = {
  readonly victim: Victim;
  readonly kills: number;
  /** A victim is killed after 1 … this many lines. */
  readonly linesMax: number;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Called while a victim runs, once per victim: the world goes on. */
  readonly meanwhile?: (round: number) => Promise<void>;
  /** Called when a victim is gone, on what it left. */
  readonly check: (round: number) => Promise<void>;
};

/** How many victims were killed; the others had ended by themselves before. */
export async function killRepeatedly(run: KillRun): Promise<number> {
  let killed = 0;
  for (let round = 0; round < run.kills; round++) {
    const lines = 1 + Math.floor(run.random() * run.linesMax);
    const [wasKilled] = await Promise.all([killAfterLines(run.victim, lines), run.meanwhile?.(round)]);
    if (wasKilled) killed++;
    await run.check(round);
  }
  return killed;
}

/** Lets a victim run until it ends by itself; its last line. */
export async function runToEnd(victim: Victim): Promise<string> {
  const child = start(victim);
  let last = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    last = line;
  });
  const [code] = await exitOf(child);
  if (code !== 0) throw new Error(`the victim ended with ${code}: ${last}`);
  return last;
}

async function killAfterLines(victim: Victim, wanted: number): Promise<boolean> {
  const child = start(victim);
  let lines = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    lines += chunk.toString("latin1").split("\n").length - 1;
    if (lines >= wanted) child.kill("SIGKILL");
  });
  const [code, signal] = await exitOf(child);
  if (signal !== "SIGKILL" && code !== 0) throw new Error(`the victim ended with ${code} before it was killed`);
  return signal === "SIGKILL";
}

type Running = ChildProcessByStdio<null, Readable, null>;

function start({ script, args }: Victim): Running {
  const line = ["--disable-warning=ExperimentalWarning", script, ...args];
  return spawn(process.execPath, line, { stdio: ["ignore", "pipe", "inherit"] });
}

async function exitOf(child: Running): Promise<readonly [number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve([code, signal]));
  });
}

/** Repeatable chance (mulberry32), so that a run that failed can be run again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
