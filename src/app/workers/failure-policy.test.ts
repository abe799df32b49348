import { expect, test } from "vitest";
import type { FailurePolicyDesk, FailurePolicyState } from "../../capabilities/admit/failure-policy.ts";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import { renderExposition } from "../telemetry/exposition.ts";
import { failOpenMetrics, failurePolicyWorker } from "./failure-policy.ts";

const NOW = 1_790_000_000_000 as UnixMs;
const SHUT: FailurePolicyState = { webhooks: [{ name: "images", failurePolicy: "Fail" }], isOpen: false };
const request = {
  id: "fp-1",
  requester: "ann",
  approver: "bob",
  reason: "r",
  ticket: "t",
  asked: NOW,
  durationMs: 60_000,
};
const openUntil = (until: number): FailurePolicyState => ({
  webhooks: [{ name: "images", failurePolicy: "Ignore" }],
  isOpen: true,
  request: { ...request, until: until as UnixMs },
});

function never(): never {
  throw new Error("nobody asks here");
}

test("alarms while it is open, and closes when the time is over, but not what somebody opened by hand", async () => {
  const { request: _, ...byHand } = openUntil(0);
  const rounds: (FailurePolicyState | Fault)[] = [
    SHUT,
    openUntil(NOW + 1),
    openUntil(NOW + 1),
    openUntil(NOW),
    byHand,
    new Fault("cluster.forbidden", "prod"),
  ];
  const said: unknown[] = [];
  const scraped: string[] = [];
  let closings = 0;
  const stop = new AbortController();
  const desk: FailurePolicyDesk = {
    look: async () => {
      const next = rounds.shift();
      if (!next || next instanceof Fault) throw next ?? new Error("no round left");
      return next;
    },
    ask: never,
    approve: never,
    close: async () => {
      closings += 1;
      return { kind: "done", state: SHUT };
    },
  };
  const metrics = failOpenMetrics();
  const worker = failurePolicyWorker({
    cluster: "prod",
    clock: {
      now: () => NOW,
      sleep: async () => {
        scraped.push(/cluster="prod"} (\S+)/.exec(renderExposition(metrics.families()))?.[1] ?? "");
        if (rounds.length === 0) stop.abort();
      },
    },
    log: (level, event, fields) => void said.push([level, event, fields?.["about"]]),
    desk,
    metrics,
  });
  await worker.run(stop.signal);
  expect(said).toEqual([
    ["error", "webhook.failing-open", expect.stringContaining("by ann and bob")],
    ["info", "webhook.failing-closed", expect.stringContaining("ann and bob")],
    ["error", "webhook.failing-open", "nobody has asked for it here"],
    ["warn", "webhook.failing-open", "not known: cluster.forbidden"],
  ]);
  expect(scraped).toEqual(["0", "1", "1", "0", "1", "NaN"]);
  expect(closings).toBe(1);
});
