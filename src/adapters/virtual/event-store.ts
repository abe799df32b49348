import { toHex } from "../../core/bytes/hex.ts";
import { sha256, type Sha256 } from "../../core/digest.ts";
import type { EventDigest, SigningEvent } from "../../core/entry/signing-event.ts";
import { Fault } from "../../core/fault.ts";
import type {
  EventCursor,
  EventQuery,
  EventStore,
  FollowPosition,
  Misbehaviour,
  StoredCheckpoint,
  StoredEntry,
} from "../../ports/event-store.ts";

/** A row and its ingest sequence, from 1. */
type Row = StoredEntry & { readonly seq: number };

/** An EventStore in memory, for tests and for what is thrown away. Every listing is a scan. */
export function virtualEventStore(): EventStore {
  const rows: Row[] = [];
  const positions = new Map<string, FollowPosition>();
  const checkpoints = new Map<string, StoredCheckpoint>();
  const misbehaviours = new Map<string, Misbehaviour>();

  const find = (log: string, logIndex: number): number =>
    rows.findIndex(({ event }) => event.log === log && event.logIndex === logIndex);
  const keep = (checkpoint: StoredCheckpoint): void => {
    const key = `${checkpoint.log}\n${toHex(sha256(checkpoint.note))}`;
    if (!checkpoints.has(key)) checkpoints.set(key, checkpoint);
  };

  return {
    positions: async () => [...positions.values()],
    position: async (log) => positions.get(log),
    commit: async ({ expectedUpto, position, events }) => {
      const stored = positions.get(position.log);
      const upto = stored?.indexedUpto ?? position.startIndex;
      if (upto !== expectedUpto) throw new Fault("store.conflict", `${position.log}: ${upto}, not ${expectedUpto}`);
      if (stored?.head && (position.head?.size ?? -1) < stored.head.size) {
        throw new Fault("store.conflict", `${position.log}: the head would move back`);
      }
      const added = [...events];
      rows.push(...added.map((entry, at) => ({ ...entry, seq: rows.length + at + 1 })));
      if (position.head) keep(position.head);
      const { unparsed, untrusted } = stored?.tally ?? { unparsed: 0, untrusted: 0 };
      const tally = {
        unparsed: unparsed + added.filter(({ event }) => !event.parsed).length,
        untrusted: untrusted + added.filter(({ event }) => event.chain === "untrusted").length,
      };
      positions.set(position.log, { ...position, tally });
    },
    saveCheckpoint: async (checkpoint) => keep(checkpoint),
    checkpoints: async (log, limit) =>
      [...checkpoints.values()]
        .filter((kept) => kept.log === log)
        .toReversed()
        .slice(0, limit),
    recordMisbehaviour: async (found) => {
      const files = Object.entries(found.evidence).map(([name, content]) => `${name} ${toHex(sha256(content))}`);
      const key = JSON.stringify([found.log, found.code, files.toSorted((a, b) => (a < b ? -1 : 1))]);
      if (!misbehaviours.has(key)) misbehaviours.set(key, found);
    },
    misbehaviours: async () => [...misbehaviours.values()].toReversed(),
    leafHashes: async (log, from, to) => {
      const leaves: Sha256[] = [];
      for (let index = from; index < Math.min(to, from + 65_536); index++) {
        const row = rows[find(log, index)];
        if (!row) break;
        leaves.push(row.event.leafHash);
      }
      return leaves;
    },
    event: async (log, logIndex) => {
      const row = rows[find(log, logIndex)];
      return row && { event: row.event, body: row.body };
    },
    eventsWith: async (digests) =>
      newestFirst(rows.filter(({ event }) => event.digests.some(({ digest }) => digests.includes(digest))))
        .slice(0, 1_000)
        .map(({ event }) => event),
    query: async (query) => page(rows, query),
    addDigests: async (log, logIndex, digests) => {
      const at = find(log, logIndex);
      const row = rows[at];
      if (row) rows[at] = { ...row, event: withDigests(row.event, digests) };
    },
    count: async (log) => rows.filter(({ event }) => log === undefined || event.log === log).length,
  };
}

function page(
  rows: readonly Row[],
  query: EventQuery,
): { readonly events: readonly SigningEvent[]; readonly next?: EventCursor } {
  const { cursor } = query;
  const limit = Math.max(1, Math.min(500, Math.trunc(query.limit) || 1));
  const asOf = cursor?.asOf ?? rows.length;
  const cursorSeq = cursor
    ? (rows.find(({ event }) => event.log === cursor.log && event.logIndex === cursor.logIndex)?.seq ?? 0)
    : 0;
  const found = newestFirst(
    rows.filter(
      ({ event, seq }) =>
        seq <= asOf &&
        matches(event, query) &&
        (!cursor || event.eventTime < cursor.eventTime || (event.eventTime === cursor.eventTime && seq < cursorSeq)),
    ),
  );
  const events = found.slice(0, limit).map(({ event }) => event);
  const last = events.at(-1);
  if (found.length <= limit || !last) return { events };
  return { events, next: { eventTime: last.eventTime, log: last.log, logIndex: last.logIndex, asOf } };
}

function matches(event: SigningEvent, query: EventQuery): boolean {
  const { since, until, log, issuer, san, sanPrefix, digest, chain } = query;
  const asksIdentity = issuer !== undefined || san !== undefined || sanPrefix !== undefined;
  const tests = [
    chain === "any" || event.chain === "verified",
    since === undefined || event.eventTime >= since,
    until === undefined || event.eventTime < until,
    log === undefined || event.log === log,
    digest === undefined || event.digests.some((known) => known.digest === digest),
    !asksIdentity ||
      event.identities.some(
        (identity) =>
          (issuer ?? identity.issuer) === identity.issuer &&
          (san ?? identity.san) === identity.san &&
          identity.san.startsWith(sanPrefix ?? ""),
      ),
  ];
  return tests.every(Boolean);
}

function withDigests(event: SigningEvent, added: readonly EventDigest[]): SigningEvent {
  const digests = [...event.digests];
  for (const one of added) {
    const known = digests.some(({ role, digest }) => role === one.role && digest === one.digest);
    if (!known) digests.push(one);
  }
  return { ...event, digests };
}

function newestFirst(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => b.event.eventTime - a.event.eventTime || b.seq - a.seq);
}
