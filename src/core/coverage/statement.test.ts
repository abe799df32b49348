import { describe, expect, test } from "vitest";
import { sha256 } from "../digest.ts";
import type { UnixMs } from "../time.ts";
import { NEVER_COVERED, renderCoverage, stateCoverage, type LogReach } from "./statement.ts";

const NOW = 1_790_000_000_000 as UnixMs;
const root = sha256(new Uint8Array());
const reach = (change: Partial<LogReach> = {}): LogReach => ({
  log: "rekor",
  state: "following",
  reason: "",
  startIndex: 0,
  indexedUpto: 9,
  head: { size: 9, root, firstSeen: NOW, note: new Uint8Array() },
  updatedAt: NOW,
  tally: { unparsed: 0, untrusted: 3 },
  ...change,
});

describe("stateCoverage", () => {
  test("says what nobody sees, even when all is read", () => {
    expect(stateCoverage([reach()], NOW).notCovered).toEqual(NEVER_COVERED);
  });

  const { head: _, ...headless } = reach();
  test.each<[string, readonly LogReach[], string]>([
    ["no log", [], "any log: none is followed"],
    ["a late start", [reach({ startIndex: 4 })], "rekor: entries below 4, where following began"],
    ["a lag", [reach({ indexedUpto: 5 })], "rekor: entries 5 to 9, which are not read yet"],
    ["no head", [headless], "rekor: anything, since no checkpoint has been proven"],
    ["a dispute", [reach({ state: "disputed", reason: "equivocation" })], "rekor: disputed, equivocation"],
    [
      "entries unread",
      [reach({ tally: { unparsed: 2, untrusted: 0 } })],
      "rekor: the content of 2 entries that could not be parsed",
    ],
  ])("names %s", (__, logs, sentence) => {
    expect(stateCoverage(logs, NOW).notCovered[0]).toBe(sentence);
  });

  test("is written with what was seen of each log", () => {
    const rendered = renderCoverage(stateCoverage([reach({ startIndex: 2 })], NOW));
    expect(rendered).toMatchObject({
      asOf: "2026-09-21T14:13:20Z",
      logs: [
        { log: "rekor", mode: "all", from: { size: 2 }, to: { size: 9 }, entriesSeen: 7, unparsed: 0, untrusted: 3 },
      ],
    });
  });
});
