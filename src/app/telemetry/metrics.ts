import type { UnixMs } from "../../core/time.ts";
import type { RunningContainer } from "../../core/inventory/running-container.ts";
import type { FollowPosition, Misbehaviour } from "../../ports/event-store.ts";
import type { IncidentItem } from "../http/contract.ts";
import type { MetricFamily, Sample } from "./exposition.ts";

/** What the metrics are made of. */
export type MetricsInput = {
  readonly now: UnixMs;
  readonly version: string;
  readonly positions: readonly FollowPosition[];
  readonly misbehaviours: readonly Misbehaviour[];
  readonly containers: readonly Pick<RunningContainer, "cluster" | "grade" | "signing" | "finishedAt">[];
  readonly incidents: readonly Pick<IncidentItem, "severity" | "state">[];
};

/** The table of product chapter §4.5, as far as what it counts exists. */
export function toMetrics(input: MetricsInput): readonly MetricFamily[] {
  return [
    ...logMetrics(input),
    {
      name: "workloads",
      type: "gauge",
      help: "Running containers by cluster, by the grade of their best correlation, and by what is known of their signature.",
      samples: tally(
        input.containers.filter(({ finishedAt }) => finishedAt === undefined),
        ({ cluster, grade, signing }) => ({ cluster, grade, signed: signing }),
      ),
    },
    {
      name: "incidents_open",
      type: "gauge",
      help: "Incidents that nobody has closed.",
      samples: tally(
        input.incidents.filter(({ state }) => state === "open"),
        ({ severity }) => ({ severity }),
      ),
    },
    gauge("heartbeat_timestamp_seconds", "When this was written: its absence is an alert.", [
      { value: input.now / 1000 },
    ]),
    gauge("build_info", "The version that runs.", [{ labels: { version: input.version }, value: 1 }]),
  ];
}

function logMetrics({ now, positions, misbehaviours }: MetricsInput): readonly MetricFamily[] {
  const each = (value: (position: FollowPosition) => number): readonly Sample[] =>
    positions.map((position) => ({ labels: { log: position.log }, value: value(position) }));
  return [
    gauge(
      "log_tree_size",
      "Entries below the newest proven checkpoint.",
      each(({ head }) => head?.size ?? 0),
    ),
    gauge(
      "log_followed_size",
      "Entries that are in the store.",
      each(({ indexedUpto }) => indexedUpto),
    ),
    gauge(
      "log_lag_seconds",
      "Since the log was last looked at and proven.",
      each(({ updatedAt }) => Math.max(0, (now - updatedAt) / 1000)),
    ),
    gauge(
      "log_checkpoint_age_seconds",
      "Since the newest proven checkpoint was first seen.",
      each(({ head }) => (head ? Math.max(0, (now - head.firstSeen) / 1000) : Number.NaN)),
    ),
    {
      name: "log_consistency_failures",
      type: "counter",
      help: "Statements of a log that cannot both be true. Any increase is an alert.",
      samples: each(({ log }) => misbehaviours.filter((found) => found.log === log).length),
    },
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { name, type: "gauge", help, samples };
}

/** How many items have the same labels. */
function tally<T>(items: readonly T[], labelsOf: (item: T) => Readonly<Record<string, string>>): readonly Sample[] {
  const groups = Map.groupBy(items, (item) => JSON.stringify(labelsOf(item)));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ labels: labelsOf(first), value: group.length }];
  });
}
