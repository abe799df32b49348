import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { Fault } from "../../core/fault.ts";
import { gitEnvironment, gitOptions } from "./environment.ts";

/** Every call ends within this time (change-gate chapter §7). */
const CALL_TIMEOUT_MS = 60_000;
/** What a call may answer: names, ids, lists of conflicts. Contents go through the object reader. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const COMPLAINT_BYTES_MAX = 8 * 1024;

/** Git in one folder, with nothing around it. */
export type Git = {
  /** Runs a plumbing command to its end. Faults: `git.missing`, `git.timeout`, `git.unreadable` for too long an answer. */
  readonly run: (args: readonly string[], signal: AbortSignal) => Promise<GitAnswer>;
  /** Starts one that is spoken to; who starts it ends it. */
  readonly start: (args: readonly string[]) => ChildProcessWithoutNullStreams;
};

export type GitAnswer = { readonly code: number; readonly out: string; readonly complaint: string };

/** `root`: the folder that git works in; `gitDir`: where that is no repository to be found there, the one to take. */
export function gitIn(root: string, path: string | undefined, gitDir?: string): Git {
  const env = { ...gitEnvironment(root, path), ...(gitDir !== undefined && { GIT_DIR: gitDir }) };
  const start: Git["start"] = (args) =>
    spawn("git", [...gitOptions(root), ...args], { cwd: root, env, stdio: "pipe", shell: false, windowsHide: true });
  return { start, run: (args, signal) => runToEnd(start(args), args[0] ?? "", signal) };
}

async function runToEnd(child: ChildProcessWithoutNullStreams, name: string, signal: AbortSignal): Promise<GitAnswer> {
  const deadline = AbortSignal.timeout(CALL_TIMEOUT_MS);
  const stop = (): void => void child.kill("SIGKILL");
  const both = AbortSignal.any([signal, deadline]);
  both.addEventListener("abort", stop, { once: true });
  const out: Uint8Array[] = [];
  let outBytes = 0;
  let complaint = "";
  child.stdout.on("data", (chunk: Uint8Array) => {
    outBytes += chunk.length;
    if (outBytes > OUTPUT_BYTES_MAX) stop();
    else out.push(chunk);
  });
  child.stderr.on("data", (chunk: Uint8Array) => {
    if (complaint.length < COMPLAINT_BYTES_MAX) complaint += Buffer.from(chunk).toString("latin1");
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end();
  try {
    const code = await ended(child);
    signal.throwIfAborted();
    if (deadline.aborted) throw new Fault("git.timeout", `git ${name}`);
    if (outBytes > OUTPUT_BYTES_MAX)
      throw new Fault("git.unreadable", `git ${name}: more than ${OUTPUT_BYTES_MAX} bytes`);
    return { code, out: Buffer.concat(out).toString("utf8"), complaint: firstLines(complaint) };
  } finally {
    both.removeEventListener("abort", stop);
  }
}

/** The exit code; -1 when a signal ended it. */
function ended(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(toMissing(cause)));
    child.once("close", (code) => resolve(code ?? -1));
  });
}

/** A program that cannot be started is not there, or not ours to run. */
function toMissing(cause: Error): unknown {
  return "code" in cause && (cause.code === "ENOENT" || cause.code === "EACCES")
    ? new Fault("git.missing", "git", { cause })
    : cause;
}

function firstLines(complaint: string): string {
  return complaint.trim().split("\n").slice(0, 3).join(" ").slice(0, 500);
}
