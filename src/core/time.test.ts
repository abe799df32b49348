import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addMs,
  daysInMonth,
  fromCivil,
  parseRfc3339,
  parseUnixMs,
  renderRfc3339,
  toCivil,
  type UnixMs,
} from "./time.ts";

const FIRST = -62_135_596_800_000;
const LAST = 253_402_300_799_999;
const anyInstant = fc.integer({ min: FIRST, max: LAST }).map((ms) => ms as UnixMs);

describe("an instant", () => {
  test("shows as the platform's own calendar shows it, and is read back", () => {
    fc.assert(
      fc.property(anyInstant, (at) => {
        // oxlint-disable-next-line no-restricted-globals -- the oracle: a calendar that shares nothing with ours
        const oracle = new Date(at);
        const civil = toCivil(at);
        expect(civil).toEqual({
          year: oracle.getUTCFullYear(),
          month: oracle.getUTCMonth() + 1,
          day: oracle.getUTCDate(),
          hour: oracle.getUTCHours(),
          minute: oracle.getUTCMinutes(),
          second: oracle.getUTCSeconds(),
          ms: oracle.getUTCMilliseconds(),
          weekday: oracle.getUTCDay(),
        });
        expect(fromCivil(civil)).toBe(at);
        expect(renderRfc3339(at)).toBe(oracle.toISOString().replace(".000Z", "Z"));
        expect(parseRfc3339(renderRfc3339(at))).toBe(at);
      }),
    );
  });

  test.each([
    ["the first", FIRST, true],
    ["the last", LAST, true],
    ["one before the first", FIRST - 1, false],
    ["one after the last", LAST + 1, false],
    ["half a millisecond", 0.5, false],
    ["no number", Number.NaN, false],
    ["no end", Number.POSITIVE_INFINITY, false],
  ])("of %s", (_, value, expected) => {
    expect(parseUnixMs(value)).toBe(expected ? value : undefined);
  });

  test("moves by whole milliseconds and stops at the ends", () => {
    const at = (parseRfc3339("2026-01-01T00:00:00Z") ?? 0) as UnixMs;
    expect(addMs(at, 1.9)).toBe(at + 1);
    expect(addMs(at, -1.9)).toBe(at - 1);
    expect(addMs(at, Number.MAX_SAFE_INTEGER)).toBe(LAST);
    expect(addMs(at, Number.MIN_SAFE_INTEGER)).toBe(FIRST);
  });
});

describe("parseRfc3339", () => {
  test.each([
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"],
    ["2026-01-02t03:04:05z", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05.500Z"],
    ["2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123Z"],
    ["2026-01-02T03:04:05+02:30", "2026-01-02T00:34:05Z"],
    ["2026-01-02T03:04:05-02:30", "2026-01-02T05:34:05Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["2000-02-29T00:00:00-00:00", "2000-02-29T00:00:00Z"],
  ])("reads %s", (text, expected) => {
    expect(renderRfc3339(parseRfc3339(text) as UnixMs)).toBe(expected);
  });

  test.each([
    ["a day that does not exist", "2026-02-29T00:00:00Z"],
    ["the 29th of February 1900", "1900-02-29T00:00:00Z"],
    ["day 0", "2026-01-00T00:00:00Z"],
    ["month 13", "2026-13-01T00:00:00Z"],
    ["month 0", "2026-00-01T00:00:00Z"],
    ["hour 24", "2026-01-01T24:00:00Z"],
    ["minute 60", "2026-01-01T00:60:00Z"],
    ["a leap second", "2016-12-31T23:59:60Z"],
    ["year 0", "0000-01-01T00:00:00Z"],
    ["no zone", "2026-01-01T00:00:00"],
    ["an offset of 24 hours", "2026-01-01T00:00:00+24:00"],
    ["an offset of 60 minutes", "2026-01-01T00:00:00+00:60"],
    ["an offset without its colon", "2026-01-01T00:00:00+0200"],
    ["no T", "2026-01-01 00:00:00Z"],
    ["no seconds", "2026-01-01T00:00Z"],
    ["an empty fraction", "2026-01-01T00:00:00.Z"],
    ["ten digits of fraction", "2026-01-01T00:00:00.1234567891Z"],
    ["a comma", "2026-01-01T00:00:00,5Z"],
    ["a year of five digits", "12026-01-01T00:00:00Z"],
    ["digits of another script", "２０２６-01-01T00:00:00Z"],
    ["a space before", " 2026-01-01T00:00:00Z"],
    ["a line break after", "2026-01-01T00:00:00Z\n"],
    ["an offset that leaves year 1", "0001-01-01T00:00:00+01:00"],
    ["an offset that leaves year 9999", "9999-12-31T23:59:59-01:00"],
  ])("refuses %s", (_, text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });
});

test.each([
  [2023, 28],
  [2024, 29],
  [1900, 28],
  [2000, 29],
])("February %d has %d days", (year, days) => {
  expect(daysInMonth(year, 2)).toBe(days);
});
