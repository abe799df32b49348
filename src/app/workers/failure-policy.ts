import { closeWhenOver, type FailurePolicyDesk } from "../../capabilities/admit/failure-policy.ts";
import { Fault } from "../../core/fault.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { MetricFamily } from "../telemetry/exposition.ts";
import type { Log } from "../telemetry/log.ts";
import type { Worker } from "./supervise.ts";

/** What the API server of each cluster does when the webhook does not answer. */
export type FailOpenMetrics = {
  /** `undefined`: it could not be read. */
  readonly seen: (cluster: string, isOpen: boolean | undefined) => void;
  readonly families: () => readonly MetricFamily[];
};

export function failOpenMetrics(): FailOpenMetrics {
  const clusters = new Map<string, boolean | undefined>();
  return {
    seen: (cluster, isOpen) => void clusters.set(cluster, isOpen),
    families: () => {
      const samples = [...clusters].map(([cluster, isOpen]) => ({
        labels: { cluster },
        value: isOpen === undefined ? Number.NaN : Number(isOpen),
      }));
      const help =
        "1 while an API server admits what the webhook does not answer for; NaN where its registration cannot be read.";
      return [{ name: "webhook_failing_open", type: "gauge", help, samples }];
    },
  };
}

export type FailurePolicyDeps = {
  readonly cluster: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly desk: FailurePolicyDesk;
  readonly metrics: FailOpenMetrics;
};

/** An alert within a minute, and an end that is kept as exactly. */
const ROUND_MS = 30_000;

/** Watches the failure policy of a cluster, and closes what two persons opened when its time is over. */
export function failurePolicyWorker({ cluster, clock, log, desk, metrics }: FailurePolicyDeps): Worker {
  let said = "";
  const say = (
    level: "error" | "warn" | "info",
    event: "webhook.failing-open" | "webhook.failing-closed",
    about: string,
  ): void => {
    if (said === event + about) return;
    said = event + about;
    log(level, event, { cluster, about });
  };
  const look = async (signal: AbortSignal): Promise<void> => {
    const { state, closed } = await closeWhenOver(desk, clock.now(), signal);
    metrics.seen(cluster, state.isOpen);
    const { until, requester = "", approver = "" } = state.request ?? {};
    if (closed) say("info", "webhook.failing-closed", `${requester} and ${approver}: the time was over`);
    else if (state.isOpen) {
      const by =
        until === undefined
          ? "nobody has asked for it here"
          : `until ${renderRfc3339(until)}, by ${requester} and ${approver}`;
      say("error", "webhook.failing-open", by);
    } else said = "";
  };
  return {
    name: `failure policy ${cluster}`,
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- one round after the other
          await look(signal);
        } catch (error) {
          if (!(error instanceof Fault)) throw error;
          metrics.seen(cluster, undefined);
          say("warn", "webhook.failing-open", `not known: ${error.id}`);
        }
        // oxlint-disable-next-line no-await-in-loop -- as above
        await clock.sleep(ROUND_MS, signal);
      }
    },
  };
}
