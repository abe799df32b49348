import { describe, expect, test } from "vitest";
import type { UnixMs } from "../../core/time.ts";
import { batchOf } from "../../ports/stored-entry.contract.ts";
import { renderExposition, SERIES_MAX } from "./exposition.ts";
import { toMetrics, type MetricsInput } from "./metrics.ts";

const NOW = 1_790_000_060_000 as UnixMs;
const input: MetricsInput = {
  now: NOW,
  version: "0.1.0",
  positions: [batchOf(0, []).position],
  misbehaviours: [],
  containers: [
    { cluster: "prod-eu", grade: "A", signing: "signed" },
    { cluster: "prod-eu", grade: "A", signing: "signed" },
    { cluster: "prod-eu", grade: "none", signing: "unsigned" },
    { cluster: "prod-eu", grade: "none", signing: "unsigned", finishedAt: NOW },
  ],
  incidents: [
    { severity: "critical", state: "open" },
    { severity: "critical", state: "closed" },
  ],
};

describe("toMetrics", () => {
  test.each([
    'countersign_log_lag_seconds{log="rekor-private"} 60',
    'countersign_log_consistency_failures_total{log="rekor-private"} 0',
    'countersign_workloads{cluster="prod-eu",grade="A",signed="signed"} 2',
    'countersign_workloads{cluster="prod-eu",grade="none",signed="unsigned"} 1',
    'countersign_incidents_open{severity="critical"} 1',
    "countersign_heartbeat_timestamp_seconds 1790000060",
    'countersign_build_info{version="0.1.0"} 1',
  ])("has %s", (line) => {
    expect(renderExposition(toMetrics(input)).split("\n")).toContain(line);
  });

  test("counts what a log did wrong", () => {
    const misbehaviours = [{ log: "rekor-private", code: "equivocation", detail: "", at: NOW, evidence: {} }];
    expect(renderExposition(toMetrics({ ...input, misbehaviours }))).toContain(
      'countersign_log_consistency_failures_total{log="rekor-private"} 1',
    );
  });

  test("an estate of any size stays within the series that a scrape may have", () => {
    const containers = Array.from(
      { length: 20_000 },
      (_, i) => ({ cluster: `c${i}`, grade: "A", signing: "signed" }) as const,
    );
    const lines = renderExposition(toMetrics({ ...input, containers })).split("\n");
    expect(lines.filter((line) => line.startsWith("countersign_")).length).toBe(SERIES_MAX);
    expect(lines.at(-2)).toBe("# EOF");
  });
});

test("label values are escaped", () => {
  const family = { name: "x", type: "gauge", help: "h", samples: [{ labels: { a: 'q"\\\n' }, value: 1 }] } as const;
  expect(renderExposition([family])).toContain(String.raw`countersign_x{a="q\"\\\n"} 1`);
});
