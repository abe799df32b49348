import { pino } from "pino";
import type { Log, LogLevel } from "./log.ts";

/** Names under which a credential may come, in spite of everything; the first net is the type `Secret`, which prints as nothing. */
const REDACTED: readonly string[] = [
  "authorization",
  "cookie",
  "token",
  "password",
  "secret",
  "session",
  "clientSecret",
];

/** JSON lines, one per event, times as RFC 3339. `write` gets whole lines. */
export function pinoLog(write: (line: string) => void, level: LogLevel): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...REDACTED], censor: "[secret]" },
    },
    { write },
  );
  return (at, event, fields = {}) => {
    logger[at]({ event, ...fields });
  };
}
