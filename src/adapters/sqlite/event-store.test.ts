import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "vitest";
import type { SigningEvent } from "../../core/entry/signing-event.ts";
import { eventStoreContract } from "../../ports/event-store.contract.ts";
import { batchOf, storedEntry } from "../../ports/stored-entry.contract.ts";
import type { UnixMs } from "../../core/time.ts";
import type { EventPage, EventQuery, EventStore } from "../../ports/event-store.ts";
import { virtualEventStore } from "../virtual/event-store.ts";
import { openDatabase, openDatabaseToRead, type Database } from "./database.ts";
import { prefixOf } from "./event-write.ts";
import { sqliteEventStore } from "./event-store.ts";

const open: Database[] = [];
const freshPath = (): string => join(mkdtempSync(join(tmpdir(), "countersign-")), "store.db");
const openAt = (path: string): Database => {
  const database = openDatabase(path);
  open.push(database);
  return database;
};
afterEach(() => {
  for (const database of open.splice(0)) if (database.db.isOpen) database.close();
});

eventStoreContract("sqlite", () => {
  const database = openAt(freshPath());
  return {
    store: sqliteEventStore(database),
    reopen: () => {
      database.close();
      return sqliteEventStore(openAt(database.path));
    },
  };
});

const named = (logIndex: number): SigningEvent["identities"] => [
  { issuer: "i", san: `name-${logIndex % 700}`, sanType: "uri" },
];

/** The indexes of a whole listing. */
async function walk(store: EventStore): Promise<readonly number[]> {
  const seen: number[] = [];
  for (let query: EventQuery | undefined = { sanPrefix: "name-", limit: 40 }; query;) {
    // oxlint-disable-next-line no-await-in-loop -- page after page
    const page: EventPage = await store.query(query);
    seen.push(...page.events.map(({ logIndex }) => logIndex));
    query = page.next && { ...query, cursor: page.next };
  }
  return seen;
}

describe("sqliteEventStore", () => {
  test("is read by another connection while it is written", async () => {
    const path = freshPath();
    const store = sqliteEventStore(openAt(path));
    const reader = openDatabaseToRead(path);
    open.push(reader);
    await store.commit(batchOf(0, [storedEntry(0)]));
    expect(await sqliteEventStore(reader).count()).toBe(1);
    const refused = sqliteEventStore(reader).commit(batchOf(1, [storedEntry(1)]));
    await expect(refused).rejects.toMatchObject({ id: "store.read-only" });
  });

  test("tells apart digests that share their first 48 bits", async () => {
    const store = sqliteEventStore(openAt(freshPath()));
    const [one, other] = ["0", "1"].map((end) => `sha256:${"ab".repeat(31)}a${end}`) as [never, never];
    expect(prefixOf(one)).toBe(prefixOf(other));
    await store.commit(
      batchOf(0, [
        storedEntry(0, { digests: [{ role: "data", digest: one }] }),
        storedEntry(1, { digests: [{ role: "data", digest: other }] }),
      ]),
    );
    expect((await store.eventsWith([other])).map(({ logIndex }) => logIndex)).toEqual([1]);
    expect((await store.query({ digest: one, limit: 1 })).events.map(({ logIndex }) => logIndex)).toEqual([0]);
  });

  test("finds digests and prefixes over more events than one bucket and more names than are merged", async () => {
    const database = openAt(freshPath());
    const store = sqliteEventStore(database);
    const entries = Array.from({ length: 2_000 }, (_, at) => storedEntry(at, { identities: named(at) }));
    await store.commit(batchOf(0, entries));
    // The next rows are given numbers as if eight buckets had been filled before them.
    database.db.exec("UPDATE signing_event SET event_pk = event_pk + 140000 WHERE log_index = 1999");
    database.db.exec("UPDATE event_digest SET event_pk = event_pk + 140000, bucket = 8 WHERE event_pk = 2000");
    const last = storedEntry(1_999).event.digests[0]?.digest ?? "";
    expect((await store.eventsWith([last as never])).map(({ logIndex }) => logIndex)).toEqual([1_999]);
    const page = await store.query({ sanPrefix: "name-", limit: 3 });
    expect(page.events.map(({ logIndex }) => logIndex)).toEqual([1_999, 1_998, 1_997]);
  });

  test("pages through many names as the store in memory does, though it asks each for a few rows at a time", async () => {
    const [store, other] = [sqliteEventStore(openAt(freshPath())), virtualEventStore()];
    const entries = Array.from({ length: 1_500 }, (_, at) =>
      storedEntry(at, { identities: named(at % 7 === 0 ? 3 : at * at), eventTime: ((at * 7_919) % 1_000) as UnixMs }),
    );
    await store.commit(batchOf(0, entries));
    await other.commit(batchOf(0, entries));
    const listed = await walk(store);
    expect(listed).toHaveLength(1_500);
    expect(listed).toEqual(await walk(other));
  });

  test("answers every query from an index", () => {
    const { db } = openAt(freshPath());
    const scanned: string[] = [];
    const watched = new Proxy(db, {
      get: (target, name) => {
        if (name !== "prepare") return Reflect.get(target, name) as unknown;
        return (sql: string) => {
          if (/^\s*(SELECT|WITH|UPDATE|DELETE)/i.test(sql)) {
            const plan = target.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
            scanned.push(...plan.map(({ detail }) => String(detail)).filter((step) => step.startsWith("SCAN")));
          }
          return target.prepare(sql);
        };
      },
    });
    sqliteEventStore({ db: watched, path: "", close: () => undefined });
    const events = scanned.filter((step) => /\b(e|d|signing_event|event_\w+)\b/.test(step));
    // Only the count of all rows reads all rows, and that of an index.
    expect(events.filter((step) => !/COVERING INDEX/.test(step))).toEqual([]);
  });

  test("says that a row is not one of ours, instead of showing it", async () => {
    const database = openAt(freshPath());
    const store = sqliteEventStore(database);
    await store.commit(batchOf(0, [storedEntry(0)]));
    database.db.exec(`UPDATE signing_event SET detail = '{"v":1}'`);
    await expect(store.event(storedEntry(0).event.log, 0)).rejects.toMatchObject({ id: "store.corrupt" });
  });
});

test("node:sqlite keeps text with NUL whole, which names from certificates may hold", () => {
  const db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE t (a TEXT) STRICT");
  db.prepare("INSERT INTO t VALUES (?)").run("a\0b");
  expect(db.prepare("SELECT a FROM t WHERE a = ?").get("a\0b")).toEqual({ a: "a\0b" });
  expect(db.prepare("SELECT a FROM t WHERE a = ?").get("a")).toBeUndefined();
  db.close();
});
