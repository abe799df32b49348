import { toHex } from "../../../core/bytes/hex.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { sha256 } from "../../../core/digest.ts";
import { renderEventRef, type SigningEvent } from "../../../core/entry/signing-event.ts";
import type { Identity } from "../../../core/identity/identity.ts";
import { renderRfc3339, type UnixMs } from "../../../core/time.ts";
import type { EventCursor } from "../../../ports/event-store.ts";
import type { Coverage, IdentityItem, Page } from "../contract.ts";
import { logCoverage, type TimeRange } from "../coverage.ts";
import { instantParameter, optionalTexts, rangeOf, texts } from "../parameters.ts";
import type { Queries } from "../queries.ts";
import { type Answer, type ApiRequest, problem, type Route } from "../route.ts";
import { IdentityItemSchema, pageOf } from "../schemas.ts";
import { toIdentityJson } from "../to-json.ts";

/** How many events are counted at most for one answer (`limits.queryRows`); beyond, the answer says what it left out. */
const COUNTED_MAX = 10_000;
const PAGE = 500;

export const IDENTITY_ROUTES: readonly Route[] = [
  {
    path: "/api/v1/identities",
    operation: "listIdentities",
    summary: "The identities that signed in a range of time, most active first.",
    params: texts({}),
    query: optionalTexts({ since: instantParameter, until: instantParameter }),
    response: pageOf(IdentityItemSchema),
    problems: ["invalid-parameter", "range-too-wide"],
    answer: listIdentities,
  },
];

async function listIdentities({ query, queries }: ApiRequest): Promise<Answer> {
  const now = queries.now();
  const range = rangeOf(query, now, false);
  if ("problem" in range) return problem(range);
  const { events, cutAt } = await countedEvents(queries, range);
  const covered = logCoverage(await queries.events.positions(), range);
  const value: Page<IdentityItem> = {
    items: await toIdentityItems(events, queries),
    next: null,
    asOf: renderRfc3339(now),
    coverage: cutAt === undefined ? covered : cutCoverage(covered, range, cutAt),
  };
  const { asOf: _, ...etagOf } = value;
  return { kind: "json", value, etagOf };
}

async function countedEvents(
  queries: Queries,
  range: TimeRange,
): Promise<{ readonly events: readonly SigningEvent[]; readonly cutAt?: UnixMs }> {
  const events: SigningEvent[] = [];
  let cursor: EventCursor | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page begins where the last one ended
    const page = await queries.events.query({ ...range, limit: PAGE, ...(cursor && { cursor }) });
    events.push(...page.events);
    cursor = page.next;
  } while (cursor && events.length < COUNTED_MAX);
  return cursor ? { events, cutAt: cursor.eventTime } : { events };
}

function cutCoverage(covered: Coverage, range: TimeRange, cutAt: UnixMs): Coverage {
  const reason = `only the newest ${COUNTED_MAX} events were counted; narrow the range`;
  const gap = {
    source: "store",
    name: "store",
    from: renderRfc3339(range.since),
    to: renderRfc3339(cutAt),
    reason,
  } as const;
  return { ...covered, complete: false, gaps: [...covered.gaps, gap] };
}

type Tally = {
  readonly identity: Identity;
  readonly events: number;
  readonly unexpected: number;
  readonly newest: UnixMs;
  readonly oldest: UnixMs;
};

/** `events` newest first, as the store lists them. */
async function toIdentityItems(events: readonly SigningEvent[], queries: Queries): Promise<readonly IdentityItem[]> {
  const expectations = await queries.expectationsOf(events);
  const tallies = new Map<string, Tally>();
  for (const event of events) {
    const [identity] = event.identities;
    if (!identity) continue;
    const key = JSON.stringify([identity.issuer, identity.san, identity.sanType]);
    const before = tallies.get(key);
    tallies.set(key, {
      identity,
      events: (before?.events ?? 0) + 1,
      unexpected: (before?.unexpected ?? 0) + (expectations.get(renderEventRef(event))?.state === "no" ? 1 : 0),
      newest: before?.newest ?? event.eventTime,
      oldest: event.eventTime,
    });
  }
  const items = [...tallies.entries()].map(toIdentityItem);
  return items.toSorted((a, b) => b.events - a.events || (a.text < b.text ? -1 : 1));
}

function toIdentityItem([key, tally]: readonly [string, Tally]): IdentityItem {
  return {
    ...toIdentityJson(tally.identity),
    id: toHex(sha256(toUtf8(key))).slice(0, 32),
    events: tally.events,
    firstSeen: renderRfc3339(tally.oldest),
    lastSeen: renderRfc3339(tally.newest),
    unexpected: tally.unexpected,
  };
}
