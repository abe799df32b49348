import { execFile } from "node:child_process";
import { asNodeError } from "../node-error.ts";

export type ProgramRun =
  /** It ended by itself. */
  | { readonly kind: "ended"; readonly isZero: boolean; readonly stdout: string; readonly stderr: string }
  /** It could not be started, or was ended: it said nothing. */
  | { readonly kind: "not-run"; readonly detail: string };

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const RUN_MS = 60_000;

/** Runs a verifier's program with nothing of the person who runs the drill but an empty folder as home. */
export function runProgram(
  { path, home }: { readonly path: string; readonly home: string },
  args: readonly string[],
  signal: AbortSignal,
): Promise<ProgramRun> {
  const options = { signal, timeout: RUN_MS, maxBuffer: OUTPUT_BYTES_MAX, env: { HOME: home, PATH: "" } };
  return new Promise((resolve) => {
    execFile(path, args, options, (error, stdout, stderr) => {
      const code = error ? asNodeError(error)?.code : undefined;
      if (error?.killed) resolve({ kind: "not-run", detail: `no answer within ${RUN_MS / 1000} s` });
      else if (error && typeof code === "string") resolve({ kind: "not-run", detail: error.message });
      else resolve({ kind: "ended", isZero: !error, stdout, stderr });
    });
  });
}

const DETAIL_CHARACTERS_MAX = 300;

/** What a program said, as a detail of ours: control characters of what it read do not reach a terminal. */
export function toDetail(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ").slice(0, DETAIL_CHARACTERS_MAX);
}
