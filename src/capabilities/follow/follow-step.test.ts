/* oxlint-disable no-await-in-loop -- what is tested here is one step after the other */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { toHex } from "../../core/bytes/hex.ts";
import {
  openFollowWorld,
  rekor2Body,
  someTexts,
  START,
  type FollowWorld,
  type ServedLog,
} from "../../../test/follow/follow-world.ts";

let world: FollowWorld;
beforeEach(() => {
  world = openFollowWorld();
});
afterEach(() => world.close());

const indexes = async (log: ServedLog): Promise<readonly number[]> => {
  const { events } = await world.ports.store.query({ log: log.log.name, chain: "any", limit: 500 });
  return events.map(({ logIndex }) => logIndex).toSorted((a, b) => a - b);
};

describe.each(["rekor2", "rekor1"] as const)("followStep along a %s", (kind) => {
  const serve = (): Promise<ServedLog> => (kind === "rekor2" ? world.serveRekor2() : world.serveRekor1());

  test("stores every entry once, as the log grows", async () => {
    const served = await serve();
    expect(await world.step(served)).toMatchObject({ outcome: "current", headSize: 0, indexedUpto: 0 });
    let total = 0;
    for (const count of [1, 2, 9, 0, 50]) {
      await served.append(...someTexts(count, `${total} `));
      total += count;
      expect(await world.step(served)).toMatchObject({
        outcome: "current",
        state: "following",
        headSize: total,
        indexedUpto: total,
        added: count,
      });
    }
    expect(await indexes(served)).toEqual([...Array(total).keys()]);
    const position = await world.ports.store.position(served.log.name);
    expect(position?.head?.root).toEqual(served.engine.head().root);
  });

  test("says who signed, when, and by which digests it is found", async () => {
    const served = await serve();
    await world.step(served);
    world.pass(10_000);
    await served.append("payments-prod image");
    await world.step(served);
    const stored = await world.ports.store.event(served.log.name, 0);
    expect(stored?.event).toMatchObject({
      kind: "hashedrekord",
      parsed: true,
      chain: "verified",
      identities: [
        {
          issuer: "https://oidc.prod-eu.example",
          san: "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder",
          sanType: "uri",
        },
      ],
      timeBasis: "not-before",
      eventTime: START - 5_000,
      logged: { lo: START, hi: START + 10_000 },
      flags: [],
    });
    expect(stored?.event.digests.map(({ role }) => role)).toEqual(["data", "signature", "certificate", "leaf"]);
    expect(stored?.event.integratedTime).toBe(kind === "rekor1" ? (START + 10_000) / 1000 : undefined);
  });

  test("begins behind the last entry when it is told to, and is proven from there", async () => {
    const served = await serve();
    await served.append(...someTexts(21));
    const late = { ...served, log: { ...served.log, start: "now" as const } };
    expect(await world.step(late)).toMatchObject({ outcome: "current", headSize: 21, added: 0 });
    await served.append(...someTexts(5, "later "));
    expect(await world.step(late)).toMatchObject({ outcome: "current", headSize: 26, added: 5 });
    expect(await world.ports.store.position(served.log.name)).toMatchObject({ startIndex: 21, indexedUpto: 26 });
  });

  test("goes on after faults of the log, and misses nothing", async () => {
    const served = await serve();
    await served.append(...someTexts(30));
    served.faults.mangle = () => undefined;
    expect(await world.step(served)).toMatchObject({ outcome: "unproven", state: "unproven", indexedUpto: 0 });
    served.faults.mangle = undefined;
    expect(await world.step(served)).toMatchObject({ outcome: "current", state: "following", added: 30 });
  });

  test("keeps what it cannot read, and says so", async () => {
    const served = await serve();
    await served.appendBodies(
      toUtf8(`{"apiVersion":"0.0.1","kind":"alien","spec":{}}`),
      toUtf8("no JSON"),
      toUtf8(` {"kind":"hashedrekord","apiVersion":"0.0.2","spec":{}}`),
    );
    expect(await world.step(served)).toMatchObject({ outcome: "current", added: 3 });
    const { events } = await world.ports.store.query({ chain: "any", limit: 9 });
    expect(new Set(events.map(({ kind: entryKind, parsed }) => `${entryKind} ${String(parsed)}`))).toEqual(
      new Set([" false", "alien false", "hashedrekord false"]),
    );
    expect(await world.ports.store.position(served.log.name)).toMatchObject({ tally: { unparsed: 3, untrusted: 0 } });
  });
});

describe("followStep", () => {
  test("does not take an identity from a certificate of nobody's", async () => {
    const served = await world.serveRekor2();
    await served.appendBodies(rekor2Body("forged", world.pool.impostor("payments-prod")));
    await world.step(served);
    const san = "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder";
    expect((await world.ports.store.query({ san, limit: 9 })).events).toEqual([]);
    const [impostor] = (await world.ports.store.query({ san, chain: "any", limit: 9 })).events;
    expect(impostor).toMatchObject({ chain: "untrusted", timeBasis: "first-seen", eventTime: START });
    expect(await world.ports.store.position("rekor2")).toMatchObject({ tally: { unparsed: 0, untrusted: 1 } });
  });

  test("reads trees that reach over several tiles and levels", async () => {
    const served = await world.serveRekor2();
    for (const size of [255, 256, 257, 600, 2_400]) {
      const before = served.engine.head().size;
      await served.append(...someTexts(size - before, `${before} `));
      expect(await world.step(served)).toMatchObject({ outcome: "current", headSize: size, indexedUpto: size });
    }
    expect(await world.ports.store.count()).toBe(2_400);
    expect(toHex((await world.ports.store.event("rekor2", 2_399))?.event.leafHash ?? new Uint8Array())).toBe(
      toHex((await served.engine.entry(2_399 as never))?.leaf ?? new Uint8Array()),
    );
  });

  test("calls a log frozen when its operator has ended it and all is read", async () => {
    const served = await world.serveRekor2();
    await served.append(...someTexts(3));
    await served.engine.freeze("Log frozen \u2014 Thu Jan  1 00:00:00 UTC 2026");
    expect(await world.step(served)).toMatchObject({ outcome: "current", state: "frozen", indexedUpto: 3 });
    expect(await world.step(served)).toMatchObject({ outcome: "current", state: "frozen" });
  });
});
