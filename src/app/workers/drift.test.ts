import { expect, test } from "vitest";
import type { OwnedDrift, OwnedFinding } from "../../core/policy/drift/owner.ts";
import type { UnixMs } from "../../core/time.ts";
import { renderExposition } from "../telemetry/exposition.ts";
import { driftMetrics } from "../telemetry/drift-metrics.ts";
import { driftWorker } from "./drift.ts";

const finding = (kind: OwnedFinding["kind"], identity: string): OwnedFinding => ({
  kind,
  identity,
  owner: "payments",
  families: [],
  since: 0 as UnixMs,
  detail: "",
  mend: { note: "" },
});
const drift = (findings: readonly OwnedFinding[], gaps = 0): OwnedDrift => ({
  findings,
  gaps: Array.from({ length: gaps }, () => ({ identity: "x", authority: "a", detail: "" })),
});

test("says each finding when it begins and when it ends, and counts both directions", async () => {
  const rounds = [
    undefined,
    drift([finding("unused", "a")]),
    drift([finding("unused", "a"), finding("missing", "b"), finding("dangling", "c")], 2),
    drift([finding("missing", "b")]),
  ];
  const said: unknown[] = [];
  const scraped: string[] = [];
  const stop = new AbortController();
  const metrics = driftMetrics();
  const worker = driftWorker({
    clock: {
      now: () => 1000 as UnixMs,
      sleep: async () => {
        scraped.push(renderExposition(metrics.families()));
        if (rounds.length === 0) stop.abort();
      },
    },
    log: (level, event, fields) => void said.push([level, event, fields?.["identity"], fields?.["owner"]]),
    metrics,
    find: async () => rounds.shift(),
  });
  await worker.run(stop.signal);
  expect(said).toEqual([
    ["warn", "policy.drifted", "a", "payments"],
    ["warn", "policy.drifted", "b", "payments"],
    ["warn", "policy.drifted", "c", "payments"],
    ["info", "policy.agreed", "a", "payments"],
    ["info", "policy.agreed", "c", "payments"],
  ]);
  // Before it has looked, it says nothing, and not that there is none.
  expect(scraped[1]).toBe("# EOF\n");
  expect(scraped[3]).toMatch(/direction="unused"} 2\n.*direction="unlisted"} 1\n.*direction="undecided"} 2\n/);
});
