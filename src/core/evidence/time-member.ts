import { toUtf8 } from "../bytes/utf8.ts";
import type { SigningEvent } from "../entry/signing-event.ts";
import { renderCanonicalJson } from "../json/canonical.ts";
import { shapeOf, startReading, toCount, toFullText, toObject, type Reading } from "../json/fields.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { readJson } from "../json/read-json.ts";
import { malformed, type Parsed } from "../parsed.ts";
import { parseRfc3339, renderRfc3339, type UnixMs } from "../time.ts";

/** One end of an interval, and by whose word. */
export type TimeBound = { readonly at: UnixMs; readonly source: TimeSource; readonly toleranceMs: number };
/** `checkpoint`: a tree that we fetched ourselves, so it is our own word. `log`: its integrated time, under its signature. */
export type TimeSource = "certificate" | "checkpoint" | "log" | "timestamp";

/** `time.json`: when something was signed and when it was logged, each end with its source (chapter §4). */
export type TimeMember = { readonly signed: BoundPair; readonly logged: BoundPair };
export type BoundPair = { readonly from?: TimeBound; readonly to?: TimeBound };

const SOURCES: readonly TimeSource[] = ["certificate", "checkpoint", "log", "timestamp"];
const TIME = shapeOf("time.json", ["signed", "logged"]);
const INTERVAL = shapeOf("an interval", ["from", "to"]);
const BOUND = shapeOf("a bound", ["at", "source", "toleranceMs"]);
const TIME_BYTES_MAX = 16_384;
/** The clock of who fetched a checkpoint. */
const OWN_CLOCK_MS = 2_000;

/** The times of an event, as the follower found them. */
export function renderTimeMember({ signed, logged, certificate, integratedTime }: SigningEvent): Uint8Array {
  const isLogs = (at: UnixMs | undefined): boolean => integratedTime !== undefined && at === integratedTime * 1000;
  const upper = (at: UnixMs | undefined): JsonValue =>
    at === undefined ? null : bound(at, isLogs(at) ? "log" : "checkpoint");
  return toUtf8(
    renderCanonicalJson({
      signed: {
        from: signed.lo === undefined || !certificate ? null : bound(signed.lo, "certificate"),
        to: upper(signed.hi),
      },
      logged: { from: logged.lo === undefined ? null : bound(logged.lo, "checkpoint"), to: upper(logged.hi) },
    }),
  );
}

function bound(at: UnixMs, source: TimeSource): JsonObject {
  return { at: renderRfc3339(at), source, toleranceMs: source === "checkpoint" ? OWN_CLOCK_MS : 0 };
}

/** Reads `time.json`. */
export function readTimeMember(bytes: Uint8Array): Parsed<TimeMember> {
  const json = readJson(bytes, { bytesMax: TIME_BYTES_MAX, depthMax: 4 });
  if (!json.ok) return json;
  const reading = startReading();
  const member = toObject(reading, json.value, TIME);
  const read = reading.conclude({
    signed: toPair(reading, member["signed"]),
    logged: toPair(reading, member["logged"]),
  });
  return read.ok ? read : malformed("time-syntax", read.detail);
}

function toPair(reading: Reading, value: JsonValue | undefined): BoundPair {
  const pair = toObject(reading, value, INTERVAL);
  const from = toBound(reading, pair["from"]);
  const to = toBound(reading, pair["to"]);
  return { ...(from && { from }), ...(to && { to }) };
}

function toBound(reading: Reading, value: JsonValue | undefined): TimeBound | undefined {
  if (value === undefined || value === null) return undefined;
  const fields = toObject(reading, value, BOUND);
  const at = parseRfc3339(toFullText(reading, fields["at"], "at"));
  const source = SOURCES.find((name) => name === fields["source"]);
  const toleranceMs = toCount(reading, fields["toleranceMs"], "toleranceMs");
  if (at === undefined || !source) reading.refuse("field-type", "a bound without its time or source");
  return at === undefined || !source ? undefined : { at, source, toleranceMs };
}
