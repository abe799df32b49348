import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { parseRfc3339, renderRfc3339, type UnixMs } from "../time.ts";
import { finish, openDer } from "./reader.ts";
import { TAG } from "./tag.ts";
import { readGeneralizedTime, readTime } from "./time.ts";
import { element, generalizedTime, time, utcTime } from "./writer.ts";

const utc = (text: string): Uint8Array => element(TAG.utcTime, toUtf8(text));
const generalized = (text: string): Uint8Array => element(TAG.generalizedTime, toUtf8(text));

/** The instant in RFC 3339, or the code of the refusal. */
function parse(bytes: Uint8Array, read: typeof readTime): string {
  const r = openDer(bytes);
  const at = finish(r, read(r));
  if (!at.ok) return at.code;
  return at.value === undefined ? "no time, and no refusal" : renderRfc3339(at.value);
}
const parseTime = (bytes: Uint8Array): string => parse(bytes, readTime);
const parseGeneralizedTime = (bytes: Uint8Array): string => parse(bytes, readGeneralizedTime);

const msOf = (text: string): number => parseRfc3339(text) ?? Number.NaN;

test("what is written is read", () => {
  const seconds = fc.integer({ min: msOf("1950-01-01T00:00:00Z") / 1000, max: msOf("9999-12-31T23:59:59Z") / 1000 });
  fc.assert(
    fc.property(seconds, fc.nat(999), (second, ms) => {
      const whole = (second * 1000) as UnixMs;
      const exact = (second * 1000 + ms) as UnixMs;
      expect(parseTime(time(whole))).toBe(renderRfc3339(whole));
      expect(parseGeneralizedTime(generalizedTime(exact))).toBe(renderRfc3339(exact));
    }),
  );
});

describe("Time", () => {
  test.each([
    ["500101000000Z", "1950-01-01T00:00:00Z"],
    ["491231235959Z", "2049-12-31T23:59:59Z"],
    ["240229120000Z", "2024-02-29T12:00:00Z"],
  ])("reads UTCTime %s", (text, expected) => {
    expect(parseTime(utc(text))).toBe(expected);
    expect(utcTime(msOf(expected) as UnixMs)).toEqual(utc(text));
  });

  test.each([
    "230229120000Z",
    "241301000000Z",
    "240100000000Z",
    "240101240000Z",
    "240101006000Z",
    "240101000060Z",
    "2401010000Z",
    "240101000000",
    "240101000000+0000",
    "24010100000aZ",
    "240101000000z",
    "",
  ])("refuses UTCTime %s", (text) => {
    expect(parseTime(utc(text))).toBe("der-time");
  });

  test("takes GeneralizedTime from 2050 on, and no earlier", () => {
    expect(parseTime(generalized("20500101000000Z"))).toBe("2050-01-01T00:00:00Z");
    expect(parseTime(generalized("20491231235959Z"))).toBe("der-time");
    expect(parseTime(generalized("20500101000000.5Z"))).toBe("der-time");
  });
});

describe("GeneralizedTime of a time stamp", () => {
  test.each([
    ["20250612120220Z", "2025-06-12T12:02:20Z"],
    ["20250612120220.5Z", "2025-06-12T12:02:20.500Z"],
    ["20250612120220.05Z", "2025-06-12T12:02:20.050Z"],
    ["20250612120220.123456789Z", "2025-06-12T12:02:20.123Z"],
  ])("reads %s", (text, expected) => {
    expect(parseGeneralizedTime(generalized(text))).toBe(expected);
  });

  test.each([
    "20250612120220.Z",
    "20250612120220.50Z",
    "20250612120220.0Z",
    "20250612120220,5Z",
    "20250612120220.1234567891Z",
    "20250612120220.5",
    "20250612120220.5+0100",
    "202506121202Z",
    "20250612120220.a1Z",
    "20250631120220Z",
    "00000612120220Z",
    "",
  ])("refuses %s", (text) => {
    expect(parseGeneralizedTime(generalized(text))).toBe("der-time");
  });
});
