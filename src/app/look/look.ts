import type { ClusterIdentity } from "../../core/correlate/world.ts";
import type { Estate } from "../../core/detect/estate.ts";
import type { Story, StoryPeriod, StoryQuery } from "../../core/detect/story.ts";
import type { SigningEvent } from "../../core/entry/signing-event.ts";
import type { EventItem } from "../http/contract.ts";
import type { Queries } from "../http/queries.ts";
import { toEventItem, type EventContext } from "../http/to-json.ts";

/** What the commands that look at an installation ask: of a store beside its writer, or of a demo in this process. */
export type Look = {
  readonly queries: Pick<
    Queries,
    "events" | "correlationsOf" | "expectationsOf" | "artifactsOf" | "incidents" | "workloads"
  >;
  readonly estate: () => Promise<Estate>;
  readonly tell: (query: StoryQuery, period?: StoryPeriod) => Promise<Story>;
  readonly clusters: readonly ClusterIdentity[];
  readonly close: () => Promise<void>;
};

/** Events with what is known of them, in their order. */
export async function describeEvents(
  { queries }: Pick<Look, "queries">,
  events: readonly SigningEvent[],
): Promise<readonly EventItem[]> {
  const context = await describeAround({ queries }, events);
  return events.map((event) => toEventItem(event, context));
}

/** What is known around events beyond their entries. */
export async function describeAround(
  { queries }: Pick<Look, "queries">,
  events: readonly SigningEvent[],
): Promise<EventContext> {
  const [correlations, expectations, artifacts, incidents] = await Promise.all([
    queries.correlationsOf(events),
    queries.expectationsOf(events),
    queries.artifactsOf(events),
    queries.incidents(),
  ]);
  return { correlations, expectations, artifacts, incidents };
}
