import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { DigestRef } from "../../core/digest.ts";
import type { SigningEvent } from "../../core/entry/signing-event.ts";
import type { Identity } from "../../core/identity/identity.ts";
import type { EventPage, EventQuery } from "../../ports/event-store.ts";
import { number, toEvent } from "./event-row.ts";
import { bucketOf, prefixOf } from "./event-write.ts";

/** Where a listing stands: rows strictly older than this pair come next. */
type Key = { readonly eventTime: number; readonly eventPk: number };

/** Up to `limit` keys below `below`, newest first, in which no wanted row is left out. Other rows may be among them. */
type Source = (below: Key, limit: number) => readonly Key[];

/** Identities that are listed one by one and merged; a filter that names more is answered in order of time. */
const IDENTITIES_MERGED_MAX = 500;
const PAGE_EVENTS_MAX = 500;
/** How many events `eventsWith` answers at the most. */
export const EVENTS_WITH_MAX = 1_000;

export type EventReader = {
  readonly query: (query: EventQuery) => EventPage;
  readonly eventsWith: (digests: readonly DigestRef[]) => readonly SigningEvent[];
};

/** The reading statements. Every plan is an index search; none scans `signing_event`. */
export function eventReader(db: DatabaseSync): EventReader {
  const byKey = db.prepare("SELECT e.*, l.name FROM signing_event e JOIN log l USING (log_pk) WHERE event_pk = ?");
  const newest = db.prepare("SELECT coalesce(max(event_pk), 0) AS pk FROM signing_event");
  const locate = db.prepare(`
    SELECT event_pk AS pk FROM event_at a JOIN log l USING (log_pk) WHERE l.name = ? AND log_index = ?`);
  const sourceOf = sources(db);
  const withDigest = digestSource(db);

  const read = ({ eventPk }: Key): readonly SigningEvent[] => {
    const row = byKey.get(eventPk);
    return row ? [toEvent(row)] : [];
  };

  return {
    query: (query) => {
      const { cursor } = query;
      const limit = Math.max(1, Math.min(PAGE_EVENTS_MAX, Math.trunc(query.limit) || 1));
      const asOf = cursor?.asOf ?? number(newest.get() ?? {}, "pk");
      const located = cursor && locate.get(cursor.log, cursor.logIndex);
      // A cursor whose row is gone goes on below its time.
      const after: Key | undefined = cursor && {
        eventTime: cursor.eventTime,
        eventPk: located ? number(located, "pk") : 0,
      };
      const found = collect(sourceOf(query, asOf), startOf(query, after), limit + 1, (key) =>
        read(key).filter((event) => matches(event, query)),
      );
      const events = found.slice(0, limit);
      const last = events.at(-1);
      if (found.length <= limit || !last) return { events };
      return { events, next: { eventTime: last.eventTime, log: last.log, logIndex: last.logIndex, asOf } };
    },
    eventsWith: (digests) => {
      const wanted = new Set(digests);
      const asOf = number(newest.get() ?? {}, "pk");
      const keys = newestFirst(digests.flatMap((digest) => withDigest(digest, asOf)({ ...END }, EVENTS_WITH_MAX)));
      return keys
        .slice(0, EVENTS_WITH_MAX)
        .flatMap((key) => read(key))
        .filter((event) => event.digests.some(({ digest }) => wanted.has(digest)));
    },
  };
}

/** Above every key. */
const END: Key = { eventTime: Number.MAX_SAFE_INTEGER, eventPk: Number.MAX_SAFE_INTEGER };

function startOf({ until }: EventQuery, after: Key | undefined): Key {
  const start = until === undefined ? END : { eventTime: until, eventPk: 0 };
  return after && isOlder(after, start) ? after : start;
}

/** Reads on from a source until `wanted` rows that match are found or there are no more. */
function collect(
  source: Source,
  start: Key,
  wanted: number,
  read: (key: Key) => readonly SigningEvent[],
): readonly SigningEvent[] {
  const found: SigningEvent[] = [];
  let below = start;
  for (;;) {
    const keys = source(below, wanted);
    for (const key of keys) {
      found.push(...read(key));
      if (found.length === wanted) return found;
    }
    const last = keys.at(-1);
    if (keys.length < wanted || !last) return found;
    below = last;
  }
}

function matches(event: SigningEvent, query: EventQuery): boolean {
  const { digest, log } = query;
  return (
    (query.chain === "any" || event.chain === "verified") &&
    (log === undefined || event.log === log) &&
    (query.since === undefined || event.eventTime >= query.since) &&
    (query.until === undefined || event.eventTime < query.until) &&
    (digest === undefined || event.digests.some((known) => known.digest === digest)) &&
    (!asksIdentity(query) || event.identities.some((identity) => isNamed(identity, query)))
  );
}

function asksIdentity({ issuer, san, sanPrefix }: EventQuery): boolean {
  return issuer !== undefined || san !== undefined || sanPrefix !== undefined;
}

/** All that is asked of an identity must hold of one and the same. */
function isNamed(identity: Identity, { issuer, san, sanPrefix }: EventQuery): boolean {
  return (
    (issuer === undefined || identity.issuer === issuer) &&
    (san === undefined || identity.san === san) &&
    (sanPrefix === undefined || identity.san.startsWith(sanPrefix))
  );
}

/** Chooses the narrowest index for a query: digest, then identities, then time per log. */
function sources(db: DatabaseSync): (query: EventQuery, asOf: number) => Source {
  const withDigest = digestSource(db);
  const identityPks = identityFinder(db);
  const logPks = db.prepare("SELECT log_pk AS pk FROM log WHERE ?1 IS NULL OR name = ?1");
  const byIdentity = listing(db, "event_identity", "identity_pk");
  const byTime = listing(db, "signing_event", "log_pk");

  return (query, asOf) => {
    const since = query.since ?? Number.MIN_SAFE_INTEGER;
    if (query.digest !== undefined) return withDigest(query.digest, asOf);
    const pks = identityPks(query);
    const [list, groups] =
      pks && pks.length <= IDENTITIES_MERGED_MAX
        ? [byIdentity, pks]
        : [byTime, logPks.all(query.log ?? null).map((row) => number(row, "pk"))];
    const chains = query.chain === "any" ? [1, 0] : [1];
    const listed = groups.flatMap((group) => chains.map((verified) => ({ group, verified, since, asOf })));
    return (below, limit) => mergeNewest(listed, limit, (one, count) => list(one, below, count));
  };
}

/**
 * The newest keys over all groups. Of many groups only a few keys each are asked for at first: what is newer than the
 * oldest key of a group that may have more is complete.
 */
function mergeNewest(
  groups: readonly Listed[],
  limit: number,
  list: (group: Listed, count: number) => readonly Key[],
): readonly Key[] {
  for (let count = Math.min(limit, 4 + Math.ceil((2 * limit) / Math.max(1, groups.length))); ; count *= 4) {
    const lists = groups.map((group) => list(group, count));
    const cut = newestFirst(lists.flatMap((keys) => (keys.length === count ? keys.slice(-1) : [])))[0];
    const complete = newestFirst(lists.flat()).filter((key) => !cut || !isOlder(key, cut));
    if (!cut || complete.length >= limit || count >= limit) return complete.slice(0, limit);
  }
}

type Listed = {
  readonly group: number;
  readonly verified: number;
  readonly since: number;
  readonly asOf: number;
};

/**
 * Keys of one group, newest first. Rows of the cursor's own time are asked for apart: a comparison of pairs would use the
 * index for the time alone, and read all rows of that time again for each page.
 */
function listing(
  db: DatabaseSync,
  table: "event_identity" | "signing_event",
  group: "identity_pk" | "log_pk",
): (listed: Listed, below: Key, limit: number) => readonly Key[] {
  const select = (time: string): StatementSync =>
    db.prepare(`
      SELECT event_time, event_pk FROM ${table} WHERE ${group} = ? AND verified = ? AND ${time} AND event_pk <= ?
      ORDER BY event_time DESC, event_pk DESC LIMIT ?`);
  const sameTime = select("event_time = ? AND event_pk < ?");
  const earlier = select("event_time < ? AND event_time >= ?");
  return ({ group: pk, verified, since, asOf }, below, limit) => {
    const { eventTime, eventPk } = below;
    const first = eventTime >= since ? sameTime.all(pk, verified, eventTime, eventPk, asOf, limit) : [];
    const rest = first.length < limit ? earlier.all(pk, verified, eventTime, since, asOf, limit - first.length) : [];
    return [...first, ...rest].map(toKey);
  };
}

/** The rows of the identities that a query names; one more than the most that are merged when there are more. */
function identityFinder(db: DatabaseSync): (query: EventQuery) => readonly number[] | undefined {
  const select = (where: string, values: readonly SQLInputValue[]): readonly number[] =>
    db
      .prepare(`SELECT identity_pk AS pk FROM identity WHERE ${where} LIMIT ${IDENTITIES_MERGED_MAX + 1}`)
      .all(...values)
      .map((row) => number(row, "pk"));

  return (query) => {
    const { issuer, san, sanPrefix } = query;
    if (!asksIdentity(query)) return undefined;
    const conditions: string[] = [];
    const values: SQLInputValue[] = [];
    if (san !== undefined) {
      conditions.push("san = ?");
      values.push(san);
    }
    if (sanPrefix !== undefined) {
      const end = endOfPrefix(sanPrefix);
      conditions.push(end === undefined ? "san >= ?" : "san >= ? AND san < ?");
      values.push(sanPrefix, ...(end === undefined ? [] : [end]));
    }
    if (issuer !== undefined) {
      conditions.push("issuer = ?");
      values.push(issuer);
    }
    return select(conditions.join(" AND "), values);
  };
}

/** The least text above all that start with `prefix`, by code point, which is how SQLite compares UTF-8; `undefined`: none. */
function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10_ff_ff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // The surrogates are no characters: the one after U+D7FF is U+E000.
  return String.fromCodePoint(...points, last === 0xd7_ff ? 0xe0_00 : last + 1);
}

/** Events by a digest: one search per bucket, all of them sorted, since a digest has few events. */
function digestSource(db: DatabaseSync): (digest: DigestRef, asOf: number) => Source {
  const select = db.prepare(`
    WITH RECURSIVE bucket (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM bucket WHERE n < ?)
    SELECT e.event_time, e.event_pk
    FROM bucket CROSS JOIN event_digest d ON d.bucket = bucket.n AND d.prefix = ? AND d.event_pk <= ?
    CROSS JOIN signing_event e ON e.event_pk = d.event_pk
    WHERE (e.event_time, e.event_pk) < (?, ?)
    ORDER BY e.event_time DESC, e.event_pk DESC LIMIT ?`);
  return (digest, asOf) => (below, limit) =>
    select.all(bucketOf(asOf), prefixOf(digest), asOf, below.eventTime, below.eventPk, limit).map(toKey);
}

function toKey(row: Readonly<Record<string, unknown>>): Key {
  return { eventTime: number(row, "event_time"), eventPk: number(row, "event_pk") };
}

/** Sorts, and keeps once what two sources named. */
function newestFirst(keys: readonly Key[]): readonly Key[] {
  const sorted = keys.toSorted((a, b) => b.eventTime - a.eventTime || b.eventPk - a.eventPk);
  return sorted.filter((key, at) => sorted[at - 1]?.eventPk !== key.eventPk);
}

function isOlder(a: Key, b: Key): boolean {
  return a.eventTime < b.eventTime || (a.eventTime === b.eventTime && a.eventPk < b.eventPk);
}
