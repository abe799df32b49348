import type { DatabaseSync, StatementSync } from "node:sqlite";
import { bug } from "../../core/bug.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { EventDigest, LogName } from "../../core/entry/signing-event.ts";
import { sha256 } from "../../core/digest.ts";
import type { Identity } from "../../core/identity/identity.ts";
import type { StoredCheckpoint, StoredEntry } from "../../ports/event-store.ts";
import { number, renderDetail, toEvent } from "./event-row.ts";

/** Events whose digests stand together in `event_digest`: some 1.5 MiB of index, which is what a batch writes anew. */
const BUCKET_EVENTS = 16_384;
/** The most rows of one statement; an entry may have more digests. */
const DIGESTS_AT_ONCE = 8;
/** Names remembered between batches; beyond it all are forgotten, which costs look-ups and nothing else. */
const NAMES_MAX = 50_000;

/** The writing statements, and what they remember. After a transaction was undone, `forget` must be called. */
export type EventWriter = {
  readonly forget: () => void;
  readonly logPk: (log: LogName) => number;
  readonly insert: (entry: StoredEntry) => void;
  readonly saveCheckpoint: (checkpoint: StoredCheckpoint) => number;
  readonly addDigests: (eventPk: number, digests: readonly EventDigest[]) => void;
};

export function eventWriter(db: DatabaseSync): EventWriter {
  const logPk = remembered(
    db.prepare("SELECT log_pk AS pk FROM log WHERE name = ?"),
    db.prepare("INSERT INTO log (name) VALUES (?)"),
  );
  const identityPk = remembered(
    db.prepare("SELECT identity_pk AS pk FROM identity WHERE san = ? AND issuer = ? AND san_type = ?"),
    db.prepare("INSERT INTO identity (san, issuer, san_type) VALUES (?, ?, ?)"),
  );
  const insertEvent = db.prepare(`
    INSERT INTO signing_event (event_pk, log_pk, log_index, verified, event_time, first_seen, integrated_time,
      global_index, leaf_hash, kind, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const insertPlace = db.prepare("INSERT INTO event_at (log_pk, log_index, event_pk, leaf_hash) VALUES (?, ?, ?, ?)");
  const insertBody = db.prepare("INSERT INTO event_body (event_pk, body) VALUES (?, ?)");
  const insertIdentity = db.prepare(`
    INSERT INTO event_identity (identity_pk, verified, event_time, event_pk) VALUES (?, ?, ?, ?)
    ON CONFLICT DO NOTHING`);
  const newest = db.prepare("SELECT coalesce(max(event_pk), 0) AS pk FROM signing_event");
  let lastPk: number | undefined;

  const indexDigests = digestIndexer(db);

  return {
    forget: () => {
      logPk.forget();
      identityPk.forget();
      lastPk = undefined;
    },
    logPk: (log) => logPk.of(log, log),
    insert: ({ event, body }) => {
      const eventPk = (lastPk ?? number(newest.get() ?? bug("no maximum"), "pk")) + 1;
      lastPk = eventPk;
      const verified = event.chain === "verified" ? 1 : 0;
      const log = logPk.of(event.log, event.log);
      insertPlace.run(log, event.logIndex, eventPk, event.leafHash);
      insertEvent.run(
        eventPk,
        log,
        event.logIndex,
        verified,
        event.eventTime,
        event.firstSeen,
        event.integratedTime ?? null,
        event.globalIndex ?? null,
        event.leafHash,
        event.kind,
        renderDetail(event),
      );
      insertBody.run(eventPk, body);
      for (const identity of event.identities) {
        const pk = identityPk.of(identityKey(identity), identity.san, identity.issuer, identity.sanType);
        insertIdentity.run(pk, verified, event.eventTime, eventPk);
      }
      indexDigests(event.digests, eventPk);
    },
    saveCheckpoint: checkpointSaver(db, (log) => logPk.of(log, log)),
    addDigests: digestAdder(db, indexDigests),
  };
}

function checkpointSaver(db: DatabaseSync, logPk: (log: LogName) => number): EventWriter["saveCheckpoint"] {
  const find = db.prepare("SELECT checkpoint_pk AS pk FROM checkpoint WHERE log_pk = ? AND note_sha256 = ?");
  const insert = db.prepare(`
    INSERT INTO checkpoint (log_pk, size, root, note, note_sha256, first_seen, source) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  return ({ log, size, root, note, firstSeen, source }) => {
    const pk = logPk(log);
    const noteHash = sha256(note);
    const known = find.get(pk, noteHash);
    if (known) return number(known, "pk");
    return Number(insert.run(pk, size, root, note, noteHash, firstSeen, source).lastInsertRowid);
  };
}

type IndexDigests = (digests: readonly EventDigest[], eventPk: number) => void;

/** One statement for all digests of an event, which are four or five: half the time of one statement each. */
function digestIndexer(db: DatabaseSync): IndexDigests {
  const statements = new Map<number, StatementSync>();
  const statementFor = (count: number): StatementSync => {
    const known = statements.get(count);
    if (known) return known;
    const rows = Array.from({ length: count }, () => "(?, ?, ?)").join(", ");
    const made = db.prepare(
      `INSERT INTO event_digest (bucket, prefix, event_pk) VALUES ${rows} ON CONFLICT DO NOTHING`,
    );
    statements.set(count, made);
    return made;
  };
  return (digests, eventPk) => {
    const bucket = bucketOf(eventPk);
    for (let from = 0; from < digests.length; from += DIGESTS_AT_ONCE) {
      const values: number[] = [];
      for (const { digest } of digests.slice(from, from + DIGESTS_AT_ONCE))
        values.push(bucket, prefixOf(digest), eventPk);
      statementFor(values.length / 3).run(...values);
    }
  };
}

function digestAdder(db: DatabaseSync, indexDigests: IndexDigests): EventWriter["addDigests"] {
  const select = db.prepare("SELECT e.*, l.name FROM signing_event e JOIN log l USING (log_pk) WHERE event_pk = ?");
  const update = db.prepare("UPDATE signing_event SET detail = ? WHERE event_pk = ?");
  return (eventPk, digests) => {
    const event = toEvent(select.get(eventPk) ?? bug(`event ${eventPk} is gone`));
    const added = digests.filter(
      ({ role, digest }, at) =>
        !event.digests.some((known) => known.role === role && known.digest === digest) &&
        digests.findIndex((other) => other.role === role && other.digest === digest) === at,
    );
    if (added.length === 0) return;
    update.run(renderDetail({ ...event, digests: [...event.digests, ...added] }), eventPk);
    indexDigests(added, eventPk);
  };
}

/** The row of a name, made when there is none. */
function remembered(
  select: StatementSync,
  insert: StatementSync,
): {
  readonly of: (key: string, ...values: readonly string[]) => number;
  readonly forget: () => void;
} {
  const known = new Map<string, number>();
  return {
    forget: () => known.clear(),
    of: (key, ...values) => {
      const before = known.get(key);
      if (before !== undefined) return before;
      const row = select.get(...values);
      const pk = row ? number(row, "pk") : Number(insert.run(...values).lastInsertRowid);
      if (known.size >= NAMES_MAX) known.clear();
      known.set(key, pk);
      return pk;
    },
  };
}

function identityKey({ issuer, san, sanType }: Identity): string {
  return JSON.stringify([issuer, san, sanType]);
}

/** The bucket of `event_digest` that an event's digests stand in. */
export function bucketOf(eventPk: number): number {
  return Math.floor(eventPk / BUCKET_EVENTS);
}

/** The first 48 bits of a digest: a number that JavaScript and SQLite both hold exactly. */
export function prefixOf(digest: DigestRef): number {
  return Number.parseInt(digest.slice("sha256:".length, "sha256:".length + 12), 16);
}
