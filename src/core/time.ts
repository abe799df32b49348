import { branded, type Brand } from "./brand.ts";

/** Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted; within the years 1 … 9999. */
export type UnixMs = Brand<number, "UnixMs">;

/** A closed interval of time. `lo <= hi`; an absent bound is open. */
export type Interval = { readonly lo?: UnixMs; readonly hi?: UnixMs };

const YEAR_1_MS = -62_135_596_800_000;
const YEAR_10000_MS = 253_402_300_800_000;
const DAY_MS = 86_400_000;

/** Takes a number of milliseconds as an instant; `undefined` outside the years 1 … 9999 or when not whole. */
export function parseUnixMs(value: number): UnixMs | undefined {
  return Number.isSafeInteger(value) && value >= YEAR_1_MS && value < YEAR_10000_MS
    ? branded<UnixMs>(value)
    : undefined;
}

/** Moves an instant by a whole number of milliseconds; clamps to the years 1 … 9999. */
export function addMs(at: UnixMs, deltaMs: number): UnixMs {
  return branded<UnixMs>(Math.max(YEAR_1_MS, Math.min(YEAR_10000_MS - 1, at + Math.trunc(deltaMs))));
}

/** The first of some instants; `undefined` of none. */
export function earliest(instants: readonly UnixMs[]): UnixMs | undefined {
  return instants.toSorted((a, b) => a - b)[0];
}

/**
 * The instant of a calendar date and time in UTC; `undefined` when the date does not exist.
 * Proleptic Gregorian, days-from-civil (H. Hinnant, chrono-Compatible Low-Level Date Algorithms).
 */
export function fromCivil(c: {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms?: number;
}): UnixMs | undefined {
  const inRange =
    c.year >= 1 &&
    c.year <= 9999 &&
    c.month >= 1 &&
    c.month <= 12 &&
    c.day >= 1 &&
    c.day <= daysInMonth(c.year, c.month) &&
    c.hour < 24 &&
    c.minute < 60 &&
    c.second < 60;
  if (!inRange) return undefined;
  const days = daysFromCivil(c.year, c.month, c.day);
  return parseUnixMs(days * DAY_MS + c.hour * 3_600_000 + c.minute * 60_000 + c.second * 1000 + (c.ms ?? 0));
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** Calendar fields of an instant in UTC. `weekday` is 0 for Sunday. */
export type Civil = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
  readonly weekday: number;
};

export function toCivil(at: UnixMs): Civil {
  const days = Math.floor(at / DAY_MS);
  const inDay = at - days * DAY_MS;
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
    hour: Math.floor(inDay / 3_600_000),
    minute: Math.floor(inDay / 60_000) % 60,
    second: Math.floor(inDay / 1000) % 60,
    ms: inDay % 1000,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Parses RFC 3339 §5.6 `date-time`; fractions beyond milliseconds are cut. `undefined` when it is not one. */
export function parseRfc3339(text: string): UnixMs | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", sign, offsetHour = "0", offsetMinute = "0"] = match;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const local = fromCivil({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    ms: Number(fraction.padEnd(3, "0").slice(0, 3)),
  });
  if (local === undefined) return undefined;
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return parseUnixMs(local - (sign === "-" ? -offsetMs : offsetMs));
}

/** Renders an instant as RFC 3339 in UTC; milliseconds only when there are any. */
export function renderRfc3339(at: UnixMs): string {
  const c = toCivil(at);
  const fraction = c.ms === 0 ? "" : `.${String(c.ms).padStart(3, "0")}`;
  return `${String(c.year).padStart(4, "0")}-${two(c.month)}-${two(c.day)}T${two(c.hour)}:${two(c.minute)}:${two(c.second)}${fraction}Z`;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
