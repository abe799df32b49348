import type { DatabaseSync } from "node:sqlite";
import { concatBytes } from "../../core/bytes/bytes.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { parseSha256, sha256, type Sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import {
  LOG_STATES,
  type EventBatch,
  type EventStore,
  type FollowPosition,
  type Misbehaviour,
  type StoredCheckpoint,
} from "../../ports/event-store.ts";
import type { Database } from "./database.ts";
import { eventReader } from "./event-query.ts";
import { blob, corrupt, number, sha256Column, text, time, toEvent, type Row } from "./event-row.ts";
import { eventWriter, type EventWriter } from "./event-write.ts";
import { asFault } from "./fault.ts";

/** One answer of `leafHashes` at the most. */
const LEAF_HASHES_MAX = 65_536;

/** An EventStore on an open database. All that a batch changes is one transaction, synced before it is confirmed. */
export function sqliteEventStore({ db, path }: Database): EventStore {
  const reader = eventReader(db);
  const writer = eventWriter(db);
  const positions = positionTable(db);
  const misbehaviours = misbehaviourTable(db, writer);
  const run = async <T>(operation: () => T): Promise<T> => asFault(path, operation);
  const write = async (operation: () => void): Promise<void> =>
    asFault(path, () => inTransaction(db, writer, operation));

  const locate = db.prepare(`
    SELECT e.*, l.name FROM log l CROSS JOIN event_at a ON a.log_pk = l.log_pk AND a.log_index = ?2
    CROSS JOIN signing_event e ON e.event_pk = a.event_pk WHERE l.name = ?1`);
  const leaves = db.prepare(`
    SELECT log_index, leaf_hash FROM event_at
    WHERE log_pk = (SELECT log_pk FROM log WHERE name = ?) AND log_index >= ? AND log_index < ? ORDER BY log_index`);
  const body = db.prepare("SELECT body FROM event_body WHERE event_pk = ?");
  const counts = db.prepare("SELECT count(*) AS n FROM signing_event");
  const countsOf = db.prepare(`
    SELECT count(*) AS n FROM event_at WHERE log_pk = (SELECT log_pk FROM log WHERE name = ?)`);
  const checkpoints = db.prepare(`
    SELECT c.*, l.name FROM checkpoint c JOIN log l USING (log_pk)
    WHERE l.name = ? ORDER BY checkpoint_pk DESC LIMIT ?`);

  return {
    positions: () => run(positions.all),
    position: (log) => run(() => positions.of(log)),
    commit: (batch) => write(() => commit(batch, positions, writer)),
    saveCheckpoint: (checkpoint) => write(() => void writer.saveCheckpoint(checkpoint)),
    checkpoints: (log, limit) => run(() => checkpoints.all(log, limit).map((row) => toCheckpoint(row))),
    recordMisbehaviour: (found) => write(() => misbehaviours.record(found)),
    misbehaviours: () => run(misbehaviours.all),
    event: (log, logIndex) =>
      run(() => {
        const row = locate.get(log, logIndex);
        const stored = row && body.get(number(row, "event_pk"));
        return row && stored && { event: toEvent(row), body: blob(stored, "body") };
      }),
    leafHashes: (log, from, to) =>
      run(() => {
        const rows = leaves.all(log, from, Math.min(to, from + LEAF_HASHES_MAX));
        const gap = rows.findIndex((row, i) => row["log_index"] !== from + i);
        return (gap < 0 ? rows : rows.slice(0, gap)).map((row) => sha256Column(row, "leaf_hash"));
      }),
    eventsWith: (digests) => run(() => reader.eventsWith(digests)),
    query: (query) => run(() => reader.query(query)),
    addDigests: (log, logIndex, digests) =>
      write(() => {
        const row = locate.get(log, logIndex);
        if (row) writer.addDigests(number(row, "event_pk"), digests);
      }),
    count: (log) => run(() => number((log === undefined ? counts.get() : countsOf.get(log)) ?? {}, "n")),
  };
}

/** All or nothing. What the writer remembers of rows that were undone is forgotten with them. */
function inTransaction(db: DatabaseSync, writer: EventWriter, operation: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    operation();
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    writer.forget();
    throw error;
  }
}

type Positions = {
  readonly all: () => readonly FollowPosition[];
  readonly of: (log: string) => FollowPosition | undefined;
  readonly put: (position: FollowPosition, logPk: number, headPk: number | null) => void;
};

function commit({ expectedUpto, position, events }: EventBatch, positions: Positions, writer: EventWriter): void {
  const { log, head } = position;
  const stored = positions.of(log);
  const upto = stored?.indexedUpto ?? position.startIndex;
  if (upto !== expectedUpto) throw new Fault("store.conflict", `${log}: ${upto} stored, ${expectedUpto} believed`);
  if (stored?.head && (head?.size ?? -1) < stored.head.size) {
    throw new Fault("store.conflict", `${log}: the head would move back from ${stored.head.size}`);
  }
  const tally = insertAll(events, writer, stored?.tally ?? { unparsed: 0, untrusted: 0 });
  positions.put({ ...position, tally }, writer.logPk(log), head ? writer.saveCheckpoint(head) : null);
}

type Tally = NonNullable<FollowPosition["tally"]>;

function insertAll(events: EventBatch["events"], writer: EventWriter, before: Tally): Tally {
  let { unparsed, untrusted } = before;
  for (const entry of events) {
    writer.insert(entry);
    if (!entry.event.parsed) unparsed++;
    if (entry.event.chain === "untrusted") untrusted++;
  }
  return { unparsed, untrusted };
}

function positionTable(db: DatabaseSync): Positions {
  const columns = `
    SELECT p.*, l.name, c.size, c.root, c.note, c.first_seen, c.source
    FROM follow_position p JOIN log l USING (log_pk) LEFT JOIN checkpoint c ON c.checkpoint_pk = p.head_pk`;
  const all = db.prepare(`${columns} ORDER BY l.log_pk`);
  const of = db.prepare(`${columns} WHERE l.name = ?`);
  const put = db.prepare(`
    INSERT OR REPLACE INTO follow_position
      (log_pk, state, reason, start_index, indexed_upto, frontier, head_pk, updated_at, unparsed, untrusted)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  return {
    all: () => all.all().map((row) => toPosition(row)),
    of: (log) => {
      const row = of.get(log);
      return row && toPosition(row);
    },
    put: (position, logPk, headPk) => {
      const { state, reason, startIndex, indexedUpto, frontier, updatedAt, tally } = position;
      const counts = [tally?.unparsed ?? 0, tally?.untrusted ?? 0];
      put.run(logPk, state, reason, startIndex, indexedUpto, concatBytes(frontier), headPk, updatedAt, ...counts);
    },
  };
}

function toPosition(row: Row): FollowPosition {
  const state = LOG_STATES.find((name) => name === row["state"]) ?? corrupt("state");
  return {
    log: text(row, "name"),
    state,
    reason: text(row, "reason"),
    startIndex: number(row, "start_index"),
    indexedUpto: number(row, "indexed_upto"),
    frontier: toHashes(blob(row, "frontier")),
    ...(row["head_pk"] === null ? {} : { head: toCheckpoint(row) }),
    updatedAt: time(row, "updated_at"),
    tally: { unparsed: number(row, "unparsed"), untrusted: number(row, "untrusted") },
  };
}

function toHashes(joined: Uint8Array): readonly Sha256[] {
  return Array.from(
    { length: joined.length / 32 },
    (_, at) => parseSha256(joined.slice(32 * at, 32 * at + 32)) ?? corrupt("frontier"),
  );
}

function toCheckpoint(row: Row): StoredCheckpoint {
  return {
    log: text(row, "name"),
    size: number(row, "size"),
    root: sha256Column(row, "root"),
    note: blob(row, "note"),
    firstSeen: time(row, "first_seen"),
    source: text(row, "source"),
  };
}

function misbehaviourTable(
  db: DatabaseSync,
  writer: EventWriter,
): { readonly record: (found: Misbehaviour) => void; readonly all: () => readonly Misbehaviour[] } {
  const insert = db.prepare(`
    INSERT INTO misbehaviour (log_pk, code, detail, at, evidence_sha256) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING`);
  const insertFile = db.prepare("INSERT INTO misbehaviour_file (misbehaviour_pk, name, content) VALUES (?, ?, ?)");
  const all = db.prepare(`
    SELECT m.*, l.name FROM misbehaviour m JOIN log l USING (log_pk) ORDER BY misbehaviour_pk DESC`);
  const files = db.prepare("SELECT name, content FROM misbehaviour_file WHERE misbehaviour_pk = ? ORDER BY name");
  return {
    record: ({ log, code, detail, at, evidence }) => {
      const entries = Object.entries(evidence).toSorted(([a], [b]) => (a < b ? -1 : 1));
      const hashed = sha256(concatBytes(entries.flatMap(([name, content]) => [toUtf8(`${name}\n`), sha256(content)])));
      const { changes, lastInsertRowid } = insert.run(writer.logPk(log), code, detail, at, hashed);
      if (changes === 0) return;
      for (const [name, content] of entries) insertFile.run(lastInsertRowid, name, content);
    },
    all: () =>
      all.all().map((row) => ({
        log: text(row, "name"),
        code: text(row, "code"),
        detail: text(row, "detail"),
        at: time(row, "at"),
        evidence: Object.fromEntries(
          files.all(number(row, "misbehaviour_pk")).map((file) => [text(file, "name"), blob(file, "content")]),
        ),
      })),
  };
}
