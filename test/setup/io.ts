import { graverExit } from "../../src/app/exit.ts";
import type { ExitCode, Io } from "../../src/app/io.ts";
import type { UnixMs } from "../../src/core/time.ts";

/** What a command said and asked for. */
export type Heard = { out: string; err: string; exit: ExitCode };

/** An Io that remembers: no terminal, an empty environment, a clock that stands at 2026-11-22T12:00:00Z. */
export function recordingIo(change: Partial<Io> = {}): { readonly io: Io; readonly heard: Heard } {
  const heard: Heard = { out: "", err: "", exit: 0 };
  const io: Io = {
    out: (text) => void (heard.out += text),
    err: (text) => void (heard.err += text),
    readIn: async () => new Uint8Array(),
    exit: (code) => void (heard.exit = graverExit(heard.exit, code)),
    env: {},
    now: () => Date.UTC(2026, 10, 22, 12) as UnixMs,
    signal: new AbortController().signal,
    outTerminal: { isTty: false, columns: 80 },
    errTerminal: { isTty: false, columns: 80 },
    ...change,
  };
  return { io, heard };
}
