/* oxlint-disable no-await-in-loop -- what is tested here is the order of calls */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestRefOf, sha256, toDigestRef, type DigestRef, type Sha256 } from "../core/digest.ts";
import type { SigningEvent } from "../core/entry/signing-event.ts";
import type { UnixMs } from "../core/time.ts";
import type { EventQuery, EventStore, StoredEntry } from "./event-store.ts";
import { batchOf, builder, hashOf, LOG, storedCheckpoint, storedEntry, T0 } from "./stored-entry.contract.ts";

const range = (from: number, to: number): readonly StoredEntry[] =>
  Array.from({ length: to - from }, (_, at) => storedEntry(from + at));

type Opened = { readonly store: EventStore; readonly reopen?: () => EventStore };

/** What every EventStore must do. `open` is called anew for each test; `reopen` gives the same data after a restart, where there is one. */
export function eventStoreContract(name: string, open: () => Opened): void {
  describe(`EventStore: ${name}`, () => {
    describe("commit", () => {
      commitTests(open);
    });
    describe("checkpoints and misbehaviour", () => {
      checkpointTests(open);
    });
    describe("query", () => {
      queryTests(open);
    });
    describe("paging", () => {
      pagingTests(open);
    });
  });
}

function commitTests(open: () => Opened): void {
  test("knows nothing of a log never seen", async () => {
    const { store } = open();
    expect(await store.position(LOG)).toBeUndefined();
    expect(await store.positions()).toEqual([]);
    expect(await store.event(LOG, 0)).toBeUndefined();
    expect(await store.count()).toBe(0);
    expect(await store.query({ limit: 10 })).toEqual({ events: [] });
  });

  test("moves rows and position together, and gives back what it was given", async () => {
    const { store } = open();
    const batch = batchOf(0, range(0, 3));
    await store.commit(batch);
    expect(await store.position(LOG)).toEqual(batch.position);
    expect(await store.positions()).toEqual([batch.position]);
    expect(await store.event(LOG, 2)).toEqual(storedEntry(2));
    expect(await store.count()).toBe(3);
    expect(await store.count(LOG)).toBe(3);
    expect(await store.count("another")).toBe(0);
  });

  test.each<[string, Partial<SigningEvent>]>([
    ["without certificate or identity", { chain: "none", identities: [] }],
    ["that could not be parsed", { parsed: false, kind: "alien", apiVersion: "9.9.9", flags: ["body-not-json"] }],
    ["with open intervals", { signed: {}, logged: { lo: T0 as UnixMs } }],
    ["of Rekor v1", { globalIndex: 121_904_262, integratedTime: 1_790_000_000, timeBasis: "integrated" }],
    ["with a subject learned elsewhere", { digests: [subject("a", "b")] }],
    [
      "with a name that holds NUL, quotes and beyond",
      { identities: [{ ...builder("a"), san: "a\0b'\"%_\u{10FFFF}" }] },
    ],
    ["with a time before 1970", { eventTime: -1 as UnixMs }],
  ])("keeps an event %s as it is", async (_, change) => {
    const { store } = open();
    const entry = storedEntry(0, change);
    if (change.chain === "none") delete (entry.event as { certificate?: unknown }).certificate;
    await store.commit(batchOf(0, [entry]));
    expect(await store.event(LOG, 0)).toEqual(entry);
  });

  test.each([
    ["an older position", 2],
    ["a newer position", 4],
  ])("refuses a batch made on %s, and changes nothing", async (_, expectedUpto) => {
    const { store } = open();
    await store.commit(batchOf(0, range(0, 3)));
    const before = await store.position(LOG);
    const refused = store.commit(batchOf(expectedUpto, range(expectedUpto, 9)));
    await expect(refused).rejects.toMatchObject({ name: "Fault", id: "store.conflict" });
    expect(await store.position(LOG)).toEqual(before);
    expect(await store.count()).toBe(3);
  });

  test("refuses a head that moves back", async () => {
    const { store } = open();
    await store.commit(batchOf(0, range(0, 3)));
    const refused = store.commit(batchOf(3, [], { indexedUpto: 3, head: storedCheckpoint(2) }));
    await expect(refused).rejects.toMatchObject({ id: "store.conflict" });
  });

  test("takes nothing of a batch of which one row is wrong", async () => {
    const { store } = open();
    await store.commit(batchOf(0, range(0, 2)));
    const unstorable = storedEntry(3, { leafHash: new Uint8Array(31) as Sha256 });
    const broken = batchOf(2, [storedEntry(2, { log: "new" }), unstorable]);
    await store.commit(broken).catch(() => undefined);
    const stored = await store.count();
    // A store that does not check lengths may take it, but then whole.
    expect([2, 4]).toContain(stored);
    expect((await store.position(LOG))?.indexedUpto).toBe(stored);
    const next = storedEntry(9, { log: "new" });
    await store.commit(batchOf(stored, [next]));
    expect(await store.event("new", 9)).toEqual(next);
  });

  test("gives leaf hashes in order, as far as there is no gap", async () => {
    const { store } = open();
    await store.commit(batchOf(3, [...range(3, 6), storedEntry(8)], { startIndex: 3 }));
    const leaves = range(3, 6).map(({ event }) => event.leafHash);
    expect(await store.leafHashes(LOG, 3, 9)).toEqual(leaves);
    expect(await store.leafHashes(LOG, 4, 5)).toEqual(leaves.slice(1, 2));
    expect(await store.leafHashes(LOG, 0, 9)).toEqual([]);
    expect(await store.leafHashes("another", 3, 9)).toEqual([]);
  });

  test("counts the entries that are unparsed or untrusted", async () => {
    const { store } = open();
    const odd = [storedEntry(0, { parsed: false, chain: "none" }), storedEntry(1, { chain: "untrusted" })];
    await store.commit(batchOf(0, odd));
    await store.commit(batchOf(2, [storedEntry(2), storedEntry(3, { chain: "untrusted" })]));
    expect(await store.position(LOG)).toMatchObject({ tally: { unparsed: 1, untrusted: 2 } });
  });

  test("starts where the follower began", async () => {
    const { store } = open();
    await store.commit(batchOf(100, range(100, 103), { startIndex: 100 }));
    expect(await store.position(LOG)).toMatchObject({ startIndex: 100, indexedUpto: 103 });
  });

  test("keeps what it confirmed across a restart", async ({ skip }) => {
    const { store, reopen = () => skip("nothing to restart") } = open();
    const batch = batchOf(0, range(0, 3));
    await store.commit(batch);
    const again = reopen();
    expect(await again.position(LOG)).toEqual(batch.position);
    expect(await again.event(LOG, 1)).toEqual(storedEntry(1));
    await again.commit(batchOf(3, range(3, 5)));
    expect(await again.count()).toBe(5);
  });

  test("lets exactly one of two racing writers win", async () => {
    const { store } = open();
    const outcomes = await Promise.allSettled([
      store.commit(batchOf(0, range(0, 2))),
      store.commit(batchOf(0, range(0, 3))),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await store.position(LOG))?.indexedUpto).toBe(await store.count());
  });
}

function checkpointTests(open: () => Opened): void {
  test("keeps each note once, newest first, of its log only", async () => {
    const { store } = open();
    for (const size of [3, 7, 3, 5]) await store.saveCheckpoint(storedCheckpoint(size));
    await store.saveCheckpoint(storedCheckpoint(9, { log: "another" }));
    expect((await store.checkpoints(LOG, 10)).map(({ size }) => size)).toEqual([5, 7, 3]);
    expect(await store.checkpoints(LOG, 1)).toEqual([storedCheckpoint(5)]);
  });

  test("keeps both of two notes that contradict each other", async () => {
    const { store } = open();
    const note = new TextEncoder().encode("rekor-private\n3\nother\n");
    await store.saveCheckpoint(storedCheckpoint(3));
    await store.saveCheckpoint(storedCheckpoint(3, { note, root: sha256(note), source: "bundle" }));
    expect(await store.checkpoints(LOG, 10)).toHaveLength(2);
  });

  test("keeps the head of a batch among the checkpoints", async () => {
    const { store } = open();
    await store.commit(batchOf(0, range(0, 3)));
    expect(await store.checkpoints(LOG, 10)).toEqual([storedCheckpoint(3)]);
  });

  test("keeps misbehaviour with its evidence, twice is once", async () => {
    const { store } = open();
    const found = {
      log: LOG,
      code: "equivocation",
      detail: "two roots of size 3",
      at: T0 as UnixMs,
      evidence: { "logs/a": Uint8Array.of(1, 2), "logs/b": Uint8Array.of(3) },
    };
    await store.recordMisbehaviour(found);
    await store.recordMisbehaviour({ ...found, at: (T0 + 9) as UnixMs });
    await store.recordMisbehaviour({ ...found, code: "inconsistent" });
    expect(await store.misbehaviours()).toEqual([{ ...found, code: "inconsistent" }, found]);
  });
}

function subject(content: string, bundle: string): SigningEvent["digests"][number] {
  const [digest, via] = [content, bundle].map((text) => digestRefOf(new TextEncoder().encode(text)));
  return { role: "subject", digest: digest as DigestRef, via: via as DigestRef };
}

/** Five events in two logs: three of payments, one untrusted that imitates it, one of another team with two names. */
async function estate(store: EventStore): Promise<void> {
  await store.commit(batchOf(0, [storedEntry(0), storedEntry(1), storedEntry(2, { chain: "untrusted" })]));
  const other = { log: "second", identities: [builder("observability"), builder("payments-test")] };
  const events = [storedEntry(0, other), storedEntry(1, { log: "second", eventTime: (T0 + 500) as UnixMs })];
  await store.commit(batchOf(0, events, { log: "second", head: storedCheckpoint(2, { log: "second" }) }));
}

const refs = (events: readonly SigningEvent[]): readonly string[] =>
  events.map(({ log, logIndex }) => `${log === LOG ? "a" : "b"}${logIndex}`);

function queryTests(open: () => Opened): void {
  const PAYMENTS = builder("payments-prod");
  test.each<[string, EventQuery, readonly string[]]>([
    ["everything verified", { limit: 9 }, ["a1", "b1", "b0", "a0"]],
    ["everything", { limit: 9, chain: "any" }, ["a2", "a1", "b1", "b0", "a0"]],
    ["one log", { limit: 9, log: LOG }, ["a1", "a0"]],
    ["a log never seen", { limit: 9, log: "third" }, []],
    ["an identity", { limit: 9, issuer: PAYMENTS.issuer, san: PAYMENTS.san }, ["a1", "b1", "a0"]],
    ["an identity, untrusted too", { limit: 9, san: PAYMENTS.san, chain: "any" }, ["a2", "a1", "b1", "a0"]],
    ["an identity of another issuer", { limit: 9, issuer: "https://oidc.example/", san: PAYMENTS.san }, []],
    ["an identity in one log", { limit: 9, san: PAYMENTS.san, log: "second" }, ["b1"]],
    ["an issuer", { limit: 9, issuer: PAYMENTS.issuer }, ["a1", "b1", "b0", "a0"]],
    ["a prefix", { limit: 9, sanPrefix: "https://kubernetes.io/namespaces/payments-" }, ["a1", "b1", "b0", "a0"]],
    ["a prefix of one name of two", { limit: 9, sanPrefix: "https://kubernetes.io/namespaces/obs" }, ["b0"]],
    ["an empty prefix", { limit: 9, sanPrefix: "" }, ["a1", "b1", "b0", "a0"]],
    ["a pattern, which is not one", { limit: 9, sanPrefix: "https://%" }, []],
    ["from a time on", { limit: 9, since: (T0 + 500) as UnixMs }, ["a1", "b1"]],
    ["up to a time, which is left out", { limit: 9, until: (T0 + 1000) as UnixMs }, ["b1", "b0", "a0"]],
    ["a digest", { limit: 9, digest: digestOf(1) }, ["a1", "b1"]],
    ["a digest in a time", { limit: 9, digest: digestOf(1), until: (T0 + 900) as UnixMs }, ["b1"]],
    ["a digest that is another", { limit: 9, digest: digestOf(77) }, []],
  ])("lists %s", async (_, query, expected) => {
    const { store } = open();
    await estate(store);
    expect(refs((await store.query(query)).events)).toEqual(expected);
  });

  test("finds events by any of several digests, untrusted ones too, each once", async () => {
    const { store } = open();
    await estate(store);
    const leaf = toDigestRef(hashOf(0, ...storedEntry(2).body));
    expect(refs(await store.eventsWith([digestOf(2), leaf, digestOf(0)]))).toEqual(["a2", "b0", "a0"]);
    expect(await store.eventsWith([])).toEqual([]);
  });

  test("adds digests learned elsewhere, twice is once", async () => {
    const { store } = open();
    await estate(store);
    const added = subject("image", "bundle");
    for (let i = 0; i < 2; i++) await store.addDigests(LOG, 1, [added, added]);
    await store.addDigests(LOG, 99, [added]);
    expect((await store.event(LOG, 1))?.event.digests).toEqual([...storedEntry(1).event.digests, added]);
    expect(refs((await store.query({ limit: 9, digest: added.digest })).events)).toEqual(["a1"]);
  });
}

function digestOf(logIndex: number): DigestRef {
  return digestRefOf(storedEntry(logIndex).body);
}

/** Walks a listing to its end. */
async function walk(store: EventStore, query: EventQuery, between?: () => Promise<void>): Promise<readonly string[]> {
  const seen: string[] = [];
  let page = await store.query(query);
  for (;;) {
    seen.push(...refs(page.events));
    if (!page.next) return seen;
    await between?.();
    page = await store.query({ ...query, cursor: page.next });
  }
}

function pagingTests(open: () => Opened): void {
  test("pages through all, each once, whatever the page, the times and the filter", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ at: fc.integer({ min: 0, max: 5 }), trusted: fc.boolean(), team: fc.nat(2) }), {
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom<Partial<EventQuery>>(
          {},
          { chain: "any" },
          { sanPrefix: "https://" },
          { san: builder("t1").san },
        ),
        async (rows, limit, filter) => {
          const { store } = open();
          const entries = rows.map(({ at, trusted, team }, logIndex) =>
            storedEntry(logIndex, {
              eventTime: (T0 + at) as UnixMs,
              chain: trusted ? "verified" : "untrusted",
              identities: [builder(`t${team}`)],
            }),
          );
          await store.commit(batchOf(0, entries));
          const whole = refs((await store.query({ ...filter, limit: 500 })).events);
          expect(await walk(store, { ...filter, limit })).toEqual(whole);
          expect(new Set(whole).size).toBe(whole.length);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("does not see what arrives while paging, wherever it sorts", async () => {
    const { store } = open();
    await store.commit(batchOf(0, range(0, 6)));
    let upto = 6;
    const seen = await walk(store, { limit: 2 }, async () => {
      const late = [storedEntry(upto, { eventTime: T0 as UnixMs }), storedEntry(upto + 1)];
      await store.commit(batchOf(upto, late));
      upto += 2;
    });
    expect(seen).toEqual(["a5", "a4", "a3", "a2", "a1", "a0"]);
    expect((await store.query({ limit: 500 })).events).toHaveLength(upto);
  });

  test("goes on below the time of a cursor whose row it does not know", async () => {
    const { store } = open();
    await store.commit(batchOf(0, range(0, 4)));
    const cursor = { eventTime: (T0 + 2000) as UnixMs, log: "gone", logIndex: 7, asOf: 4 };
    expect(refs((await store.query({ limit: 9, cursor })).events)).toEqual(["a1", "a0"]);
  });

  test.each([0, -1, 501, 1e9, Number.NaN])("bounds a page of %s", async (limit) => {
    const { store } = open();
    await store.commit(batchOf(0, range(0, 3)));
    const { events } = await store.query({ limit });
    expect(events.length).toBeGreaterThanOrEqual(1);
    expect(events.length).toBeLessThanOrEqual(500);
  });
}
