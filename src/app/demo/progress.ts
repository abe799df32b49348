import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";

/** How far the story has been told, over restarts. */
export type Progress = {
  /** The last moment that an earlier demo began. */
  readonly at: UnixMs | undefined;
  readonly reach: (at: UnixMs) => void;
};

/** Keeps the moment in a file; one that was torn by a kill counts as none, and the story is looked through again. */
export function openProgress(path: string): Progress {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return {
    at: /^\d{13}\n$/.test(text) ? parseUnixMs(Number(text)) : undefined,
    reach: (at) => writeFileSync(path, `${at}\n`, { mode: 0o600 }),
  };
}
