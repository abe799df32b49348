import { renderRfc3339, type UnixMs } from "../../core/time.ts";
import type { WatchGap } from "../../ports/cluster-store.ts";
import type { FollowPosition, Misbehaviour } from "../../ports/event-store.ts";
import { judgePosition } from "./judge-position.ts";
import type { Probed } from "./probe.ts";

/** What a store knows of how well it sees. */
export type StatusInput = {
  readonly positions: readonly FollowPosition[];
  readonly misbehaviours: readonly Misbehaviour[];
  readonly count: number;
  readonly gaps: readonly WatchGap[];
};

/** One line for each thing that a person asks at a glance: the store, each log, each watch that stands still. */
export function toStatusLines(input: StatusInput, now: UnixMs): readonly Probed[] {
  const { positions, misbehaviours, count, gaps } = input;
  return [
    { group: "store", name: "events", state: "ok", detail: `${count} verified` },
    ...positions.map((position) => ({ group: "logs" as const, name: position.log, ...judgePosition(position, now) })),
    ...(positions.length === 0 ? [NOT_FOLLOWED] : []),
    ...misbehaviours.map(toMisbehaviourLine),
    ...gaps.filter(({ until }) => until === undefined).map(toGapLine),
  ];
}

const NOT_FOLLOWED: Probed = {
  group: "logs",
  name: "logs",
  state: "undecided",
  detail: "no log has been followed into this store",
  fix: "Configure logs and start countersign serve.",
};

function toMisbehaviourLine({ log, code, detail, at }: Misbehaviour): Probed {
  const fix = "Keep the evidence and ask the operator of the log.";
  return {
    group: "logs",
    name: log,
    state: "finding",
    detail: `${renderRfc3339(at)} ${code}: ${detail}`,
    fix,
    exit: 5,
  };
}

function toGapLine({ cluster, resource, since, reason }: WatchGap): Probed {
  const detail = `${resource} not watched since ${renderRfc3339(since)}: ${reason}`;
  return { group: "clusters", name: cluster, state: "undecided", detail };
}
