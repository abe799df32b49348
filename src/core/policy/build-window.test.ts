import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRfc3339, type UnixMs } from "../time.ts";
import { isWithinWindows, localTime, parseClock, renderWindow, WEEKDAYS, type BuildWindow } from "./build-window.ts";

const at = (text: string): UnixMs => parseRfc3339(text) as UnixMs;

describe("build windows", () => {
  const night: BuildWindow = { days: ["Fri"], fromMinute: 22 * 60, toMinute: 2 * 60, zone: "UTC" };

  test.each([
    [night, "2026-11-27T21:59:00Z", false],
    [night, "2026-11-27T22:00:00Z", true],
    [night, "2026-11-28T01:59:00Z", true],
    [night, "2026-11-28T02:00:00Z", false],
    [{ ...night, zone: "Europe/Zurich" }, "2026-11-27T21:00:00Z", true],
    [{ ...night, zone: "Europe/Zurich" }, "2026-07-03T20:00:00Z", true],
    [{ ...night, zone: "Europe/Zurich" }, "2026-07-03T19:59:00Z", false],
  ])("%j at %s: %s", (window, time, inside) => {
    expect(isWithinWindows([window], at(time))).toBe(inside);
  });

  test("UTC by arithmetic and by time-zone data agree", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
        expect(localTime(ms as UnixMs, "UTC")).toEqual(localTime(ms as UnixMs, "Etc/UTC"));
      }),
    );
  });

  test("renders runs of days", () => {
    expect(renderWindow({ ...night, days: ["Mon", "Tue", "Wed"], fromMinute: 420, toMinute: 1140 })).toBe(
      "Mon-Wed 07:00-19:00 UTC",
    );
    expect(renderWindow({ ...night, days: ["Sat", "Sun"] })).toBe("Sat,Sun 22:00-02:00 UTC");
    expect(WEEKDAYS.length).toBe(7);
    expect(["24:00", "24:01", "7:00", "07:60"].map(parseClock)).toEqual([1440, undefined, undefined, undefined]);
  });
});
