import { describe, expect, test } from "vitest";
import { addMs, parseRfc3339, type UnixMs } from "../../core/time.ts";
import type { WatchGap } from "../../ports/cluster-store.ts";
import { clusterCoverage } from "./coverage.ts";

const T = parseRfc3339("2026-11-25T12:00:00Z") as UnixMs;
const HOUR_MS = 3_600_000;
const range = { since: addMs(T, -HOUR_MS), until: addMs(T, HOUR_MS) };
const gap = (from: number, to?: number): WatchGap => ({
  cluster: "prod-eu",
  resource: "pods",
  since: addMs(T, from),
  ...(to !== undefined && { until: addMs(T, to) }),
  reason: "cluster.unreachable",
});

describe("what could not be seen of clusters", () => {
  test.each([
    ["a gap that is open", gap(0), false],
    ["one that lasted a moment of the range", gap(0, 1), false],
    ["one that began before the range and ended in it", gap(-2 * HOUR_MS, 0), false],
    ["one that was healed: what it missed was replayed", gap(0, 0), true],
    ["one that ended where the range begins", gap(-2 * HOUR_MS, -HOUR_MS), true],
    ["one that begins where the range ends", gap(HOUR_MS), true],
  ])("%s", (_, one, complete) => {
    expect(clusterCoverage([one], range)).toMatchObject({ complete, gaps: complete ? [] : [{ source: "cluster" }] });
  });
});
