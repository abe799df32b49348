import { bug } from "../core/bug.ts";
import { Fault } from "../core/fault.ts";
import { parseUnixMs } from "../core/time.ts";
import { explainFailure, graverExit } from "./exit.ts";
import type { ExitCode, Io, Terminal } from "./io.ts";

/** A second signal within this time ends the process at once. */
const IMPATIENCE_MS = 2000;
/** A terminal signals the launcher and us, and the launcher passes its own on: two that come together are one. */
const ECHO_MS = 100;
const COLUMNS_UNKNOWN = 80;

/** The real process as an Io: signals, broken pipes and crashes end in the codes of product chapter §2.2. */
export function processIo(process: NodeJS.Process): Io {
  let code: ExitCode = 0;
  const exit = (asked: ExitCode): void => {
    code = graverExit(code, asked);
    process.exitCode = code;
  };
  endOnBrokenPipe(process);
  process.on("uncaughtException", (error) => {
    const { text, exit: failureCode } = explainFailure(error, (process.env["COUNTERSIGN_DEBUG"] ?? "") !== "");
    process.stderr.write(text);
    process.exit(failureCode);
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readIn: (bytesMax) => readAll(process.stdin, bytesMax),
    exit,
    env: process.env,
    now: () => parseUnixMs(Date.now()) ?? bug("the machine's clock is outside the years 1 … 9999"),
    signal: signalsOf(process, exit),
    outTerminal: terminalOf(process.stdout),
    errTerminal: terminalOf(process.stderr),
  };
}

function terminalOf(stream: NodeJS.WriteStream): Terminal {
  return { isTty: stream.isTTY, columns: stream.isTTY ? stream.columns : COLUMNS_UNKNOWN };
}

/** `countersign … | head` has what it wanted: exit 0. A stdout that takes nothing for another reason is a full disk or the like. */
function endOnBrokenPipe(process: NodeJS.Process): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw new Fault("output.unwritable", "stdout", { cause: error });
    process.exit(0);
  });
  // Nobody reads our complaints: nothing more can be said to anybody.
  process.stderr.on("error", () => undefined);
}

function signalsOf(process: NodeJS.Process, exit: (code: ExitCode) => void): AbortSignal {
  const stop = new AbortController();
  let firstAt = 0;
  const listen = (name: NodeJS.Signals, code: ExitCode): void => {
    process.on(name, () => {
      const sinceFirst = Date.now() - firstAt;
      if (stop.signal.aborted && sinceFirst < ECHO_MS) return;
      if (stop.signal.aborted && sinceFirst < IMPATIENCE_MS) process.exit(code);
      firstAt = Date.now();
      exit(code);
      // Keeps the process until the echo has come: one that met a process on its way out would kill it, without a code.
      setTimeout(() => undefined, ECHO_MS);
      stop.abort(new Error(name));
    });
  };
  listen("SIGINT", 130);
  listen("SIGTERM", 143);
  return stop.signal;
}

async function readAll(stream: NodeJS.ReadStream, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : new Uint8Array(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > bytesMax) throw new Fault("input.too-large", `stdin: more than ${bytesMax} bytes`);
    chunks.push(bytes);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
