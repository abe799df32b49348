import type { Estate } from "../../core/detect/estate.ts";
import type { SigningEvent } from "../../core/entry/signing-event.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { EventItem, IncidentItem, WorkloadItem } from "../http/contract.ts";
import { toEventItem, toWorkloadItem } from "../http/to-json.ts";
import { demoQueries } from "./serve-demo.ts";
import type { OpenDemo } from "./run-demo.ts";

/** What `demo --once --output json` prints: everything the console shows, in one document. */
export type DemoReport = {
  readonly asOf: string;
  readonly events: readonly (EventItem & { readonly reasons: readonly string[] })[];
  readonly inventory: readonly WorkloadItem[];
  readonly incidents: readonly IncidentItem[];
};

export async function reportOf(demo: OpenDemo, estate: Estate): Promise<DemoReport> {
  const queries = demoQueries({ ...demo, judge: async () => estate });
  const events = [...estate.events.values()].toSorted(byTime);
  const [correlations, expectations, artifacts, { containers }, incidents] = await Promise.all([
    queries.correlationsOf(events),
    queries.expectationsOf(events),
    queries.artifactsOf(events),
    queries.workloads(),
    queries.incidents(),
  ]);
  const running = containers.filter(({ finishedAt, containerKind }) => !finishedAt && containerKind !== "build");
  return {
    asOf: renderRfc3339(demo.clock.now()),
    events: events.map((event) => ({
      ...toEventItem(event, { correlations, expectations, artifacts, incidents }),
      reasons: estate.acts.get(`${event.log}/${event.logIndex}`)?.correlation.reasons ?? [],
    })),
    inventory: running.map(toWorkloadItem),
    incidents,
  };
}

function byTime(a: SigningEvent, b: SigningEvent): number {
  return a.eventTime - b.eventTime || (a.log < b.log ? -1 : a.log > b.log ? 1 : a.logIndex - b.logIndex);
}
