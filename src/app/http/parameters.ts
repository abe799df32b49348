import { z } from "zod";
import { parseInstant } from "../config/units.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { TimeRange } from "./coverage.ts";
import type { Problem } from "./problem.ts";
import type { Texts } from "./route.ts";

/* The parameters that routes share, as text with a form; product chapter §2.1 rule 3 has the same words for the CLI. */

const TEXT_CHARS_MAX = 2048;
export const textParameter: z.ZodString = z.string().min(1).max(TEXT_CHARS_MAX);
export const digestParameter: z.ZodString = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 hexadecimal digits");
export const indexParameter: z.ZodString = z.string().regex(/^(?:0|[1-9]\d{0,14})$/, "a whole number from 0");
export const limitParameter: z.ZodString = z
  .string()
  .regex(/^(?:[1-9]|[1-9]\d|[1-4]\d\d|500)$/, "a whole number from 1 to 500");
/** An instant or a duration before now: `2026-11-22T02:00:00Z`, `24h`. */
export const instantParameter: z.ZodString = z
  .string()
  .regex(
    /^(?:\d{1,9}(?:ms|s|m|h|d)|\d{4}-\d{2}-\d{2}[Tt][\d:.]{8,18}(?:[Zz]|[+-]\d{2}:\d{2}))$/,
    "RFC 3339, or a duration such as 24h",
  );

/** A schema of optional text parameters. */
export function optionalTexts(fields: Readonly<Record<string, z.ZodString>>): z.ZodType<Texts> {
  return z.strictObject(
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.exactOptional()])),
  );
}

export function texts(fields: Readonly<Record<string, z.ZodString>>): z.ZodType<Texts> {
  return z.strictObject(fields);
}

const LIMIT_DEFAULT = 50;

export function limitOf(query: Texts): number {
  return Number(query["limit"] ?? LIMIT_DEFAULT);
}

const DAY_MS = 86_400_000;
const WIDEST_MS = 400 * DAY_MS;
const WIDEST_PLAIN_MS = 31 * DAY_MS;

/** The half-open range of `since` and `until`; the last 24 hours unless given. `indexed`: narrowed by identity or digest. */
export function rangeOf(query: Texts, now: UnixMs, indexed: boolean): TimeRange | Problem {
  const until = query["until"] === undefined ? addMs(now, 1) : parseInstant(query["until"], now);
  if (until === undefined) return invalid("until", "not an instant");
  const since = query["since"] === undefined ? addMs(until, -DAY_MS) : parseInstant(query["since"], now);
  if (since === undefined) return invalid("since", "not an instant");
  if (since > until) return invalid("since", "after until");
  const widest = indexed ? WIDEST_MS : WIDEST_PLAIN_MS;
  // One more day: `since=31d` must be allowed although `until` is a moment after now.
  if (until - since > widest + DAY_MS) {
    return {
      problem: "range-too-wide",
      detail: `${Math.floor((until - since) / DAY_MS)} days where ${widest / DAY_MS} are allowed`,
    };
  }
  return { since, until };
}

export function invalid(parameter: string, message: string): Problem {
  return {
    problem: "invalid-parameter",
    detail: `${parameter}: ${message}`,
    errors: [{ pointer: `/${parameter}`, message }],
  };
}
