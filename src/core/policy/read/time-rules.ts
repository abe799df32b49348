import { quote } from "../../json/fields.ts";
import { parseClock, WEEKDAYS, type BuildWindow } from "../build-window.ts";
import type { TimeRules } from "../trust-policy.ts";
import type { PolicyContext } from "./context.ts";
import type { Field } from "./field.ts";
import { choiceOf, durationOf, fullListOf, listOf, textOf, timeOf } from "./scalars.ts";

const WINDOWS_MAX = 16;
const DAYS_MAX = 7;

/** Reads when a signature may have been made: TP501, TP502. */
export function readTimeRules(field: Field, context: PolicyContext): TimeRules {
  field.only("notBefore", "maxAge", "windows", "outside");
  const notBefore = timeOf(field.at("notBefore"));
  const maxAgeMs = durationOf(field.at("maxAge"));
  const windows = listOf(field.at("windows"), WINDOWS_MAX).flatMap((item) => readWindow(item, context));
  return {
    ...(notBefore !== undefined && { notBefore }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    windows,
    outside: choiceOf(field.at("outside"), ["flag", "deny"]),
  };
}

function readWindow(field: Field, { isTimeZone }: PolicyContext): readonly BuildWindow[] {
  field.only("days", "from", "to", "zone");
  const days = fullListOf(field.at("days"), DAYS_MAX).flatMap((item) => {
    const day = WEEKDAYS.find((known) => known === item.value);
    if (!day) item.problem("TP007", `${item.path} is not a day`, `${WEEKDAYS.join(", ")}.`);
    return day ?? [];
  });
  const fromMinute = clockOf(field.at("from"));
  const toMinute = clockOf(field.at("to"));
  const zone = textOf(field.at("zone"));
  if (zone !== "" && !isTimeZone(zone)) field.at("zone").problem("TP501", `unknown time zone ${quote(zone)}`);
  if (days.length === 0 || fromMinute === toMinute)
    field.problem("TP502", `${field.path} is empty: no moment lies in it`);
  if (fromMinute === undefined || toMinute === undefined) return [];
  return [{ days, fromMinute, toMinute, zone }];
}

function clockOf(field: Field): number | undefined {
  const minutes = parseClock(textOf(field));
  if (minutes === undefined && field.present)
    field.problem("TP007", `${field.path} is not a time of day`, "HH:MM, in quotes.");
  return minutes;
}
