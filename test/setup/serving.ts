import { expect } from "vitest";
import { systemClock } from "../../src/adapters/system/clock.ts";
import type { Io } from "../../src/app/io.ts";
import { COMMANDS } from "../../src/cmd/cli/commands.ts";
import { runCli } from "../../src/cmd/cli/run.ts";
import { recordingIo } from "./io.ts";

type Line = Readonly<Record<string, unknown>>;

export type Serving = {
  readonly said: (event: string, fits?: (line: Line) => boolean) => Promise<Line>;
  readonly stop: () => Promise<void>;
};

/** A `serve` that runs beside the test: what it says can be waited for, and it is stopped as SIGTERM would. */
export function startServe(argv: readonly string[]): Serving {
  const stop = new AbortController();
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  const out: Io["out"] = (text) => {
    lines.push(JSON.parse(text) as Line);
    for (const wake of waiting) wake();
  };
  const { io, heard } = recordingIo({ out, now: () => systemClock.now(), signal: stop.signal });
  const done = runCli(argv, io, COMMANDS);
  return {
    said: (event, fits = () => true) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => line["event"] === event && fits(line));
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void done.then(() => reject(new Error(`serve ended: ${heard.err}`)));
      }),
    stop: async () => {
      stop.abort(new Error("SIGTERM"));
      await done;
      expect(heard).toMatchObject({ err: "", exit: 0 });
      expect(lines.at(-1)).toMatchObject({ event: "server.stopped" });
    },
  };
}
