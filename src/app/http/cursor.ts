import { parseBase64Url, toBase64Url } from "../../core/bytes/base64.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { parseUnixMs } from "../../core/time.ts";
import type { EventCursor } from "../../ports/event-store.ts";
import type { Problem } from "./problem.ts";

/** Longer than any cursor of ours. */
const CURSOR_CHARS_MAX = 1024;

/** A cursor as it travels: base64url of JSON of the last sort key and a hash of the filters it was made with. */
export function renderCursor(cursor: EventCursor, filters: Readonly<Record<string, string>>): string {
  const { eventTime, log, logIndex, asOf } = cursor;
  return toBase64Url(toUtf8(JSON.stringify([eventTime, log, logIndex, asOf, filterHash(filters)])));
}

/** Reads a cursor back; a Problem when it is not one of ours or was made with other filters. */
export function parseCursor(text: string, filters: Readonly<Record<string, string>>): EventCursor | Problem {
  const bytes = text.length <= CURSOR_CHARS_MAX ? parseBase64Url(text) : undefined;
  const parts = parseArray(bytes && parseUtf8(bytes));
  const [time, log, logIndex, asOf, hash] = parts;
  const eventTime = typeof time === "number" ? parseUnixMs(time) : undefined;
  if (eventTime === undefined || typeof log !== "string" || !isCount(logIndex) || !isCount(asOf)) {
    return { problem: "invalid-parameter", detail: "cursor: not a cursor of this server" };
  }
  if (hash !== filterHash(filters)) return { problem: "cursor-mismatch", detail: "cursor: made with other filters" };
  return { eventTime, log, logIndex, asOf };
}

function parseArray(text: string | undefined): readonly unknown[] {
  if (text === undefined || !/^\[[^[\]{}]*\]$/.test(text)) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Everything but the cursor and the size of the page. */
function filterHash(filters: Readonly<Record<string, string>>): string {
  const fixed = Object.entries(filters).filter(([key]) => key !== "cursor" && key !== "limit");
  const sorted = fixed.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return toHex(sha256(toUtf8(JSON.stringify(sorted)))).slice(0, 16);
}
