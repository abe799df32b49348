import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bug } from "../../core/bug.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { generateKeyPairSync } from "node:crypto";
import {
  logKey,
  openFollowWorld,
  someTexts,
  type FollowWorld,
  type ServedLog,
} from "../../../test/follow/follow-world.ts";
import { observeCheckpoints, type Observation } from "./observe-checkpoints.ts";

let world: FollowWorld;
beforeEach(() => {
  world = openFollowWorld();
});
afterEach(() => world.close());

const noteOf = ({ engine }: ServedLog): Uint8Array => toUtf8(engine.head().note);

describe.each(["rekor2", "rekor1"] as const)("observeCheckpoints of a %s", (kind) => {
  let one: ServedLog;
  let other: ServedLog;
  let observe: (note: Uint8Array) => Promise<Observation>;
  let observeAll: (notes: readonly Uint8Array[]) => Promise<readonly Observation[]>;
  beforeEach(async () => {
    const key = kind === "rekor1" ? logKey() : generateKeyPairSync("ed25519").privateKey;
    const serve = () => (kind === "rekor1" ? world.serveRekor1({ key }) : world.serveRekor2({ key }));
    [one, other] = [await serve(), await serve()];
    await one.append(...someTexts(7));
    await other.append(...someTexts(7));
    observe = async (note) => (await observeAll([note]))[0] ?? bug("one answer for one note");
    observeAll = (notes) => observeCheckpoints(world.ports, [one.log])(notes, "bundle");
  });

  test("finds the head, and any tree before it, consistent", async () => {
    const early = noteOf(one);
    await one.append(...someTexts(3, "more "));
    await world.step(one);
    expect(await observe(early)).toMatchObject({ outcome: "consistent", log: one.log.name });
    expect(await observe(noteOf(one))).toMatchObject({ outcome: "consistent" });
  });

  test("answers for many at once, in their order, out of one pass over what is stored", async () => {
    const notes = [noteOf(one)];
    for (let i = 0; i < 4; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one tree after the other
      await one.append(...someTexts(3, `more ${i} `));
      notes.unshift(noteOf(one));
    }
    await world.step(one);
    let read = 0;
    const { store } = world.ports;
    const counting: typeof store = {
      ...store,
      leafHashes: async (...range) => {
        const hashes = await store.leafHashes(...range);
        read += hashes.length;
        return hashes;
      },
    };
    const observed = await observeCheckpoints({ ...world.ports, store: counting }, [one.log])(
      [toUtf8("no note"), ...notes],
      "bundle",
    );
    expect(observed.map(({ outcome }) => outcome)).toEqual(["unknown", ...notes.map(() => "consistent")]);
    expect(read).toBe(16);
  });

  test("H6 one of another branch among good ones is found", async () => {
    const early = noteOf(one);
    await one.append(...someTexts(3, "one "));
    await world.step(one);
    await other.append(...someTexts(1, "other "));
    const observed = await observeAll([noteOf(other), early]);
    expect(observed.map(({ outcome }) => outcome)).toEqual(["contradiction", "consistent"]);
  });

  test("H6 stops a follower that moves at the same time", async () => {
    await one.append(...someTexts(3, "one "));
    await world.step(one);
    await other.append(...someTexts(1, "other "));
    const { store } = world.ports;
    let asked = 0;
    const racing: typeof store = {
      ...store,
      position: async (log) => {
        const before = await store.position(log);
        asked++;
        // Read to be disputed, and gone on from before it is.
        if (asked === 2) {
          await one.append("payments-prod next");
          await world.step(one);
        }
        return before;
      },
    };
    const [observed] = await observeCheckpoints({ ...world.ports, store: racing }, [one.log])(
      [noteOf(other)],
      "bundle",
    );
    expect(observed).toMatchObject({ outcome: "contradiction" });
    expect(await store.position(one.log.name)).toMatchObject({ state: "disputed", indexedUpto: 11 });
  });

  test.each([
    ["of the head's size", 3],
    ["below the head", 1],
  ])("H6 catches another branch %s, keeps what shows it, and stops the follower", async (_, count) => {
    await one.append(...someTexts(3, "one "));
    await world.step(one);
    await other.append(...someTexts(count, "other "));
    expect(await observe(noteOf(other))).toMatchObject({ outcome: "contradiction" });
    const [found] = await world.ports.store.misbehaviours();
    expect(found).toMatchObject({ log: one.log.name, code: "equivocation" });
    expect(Object.values(found?.evidence ?? {})).toContainEqual(noteOf(other));
    await one.append("payments-prod next");
    expect(await world.step(one)).toMatchObject({ outcome: "contradiction", state: "disputed", indexedUpto: 10 });
  });

  test("H6 catches another branch that was ahead, when the log gets there", async () => {
    await world.step(one);
    await other.append(...someTexts(3, "other "));
    expect(await observe(noteOf(other))).toMatchObject({ outcome: "ahead" });
    await one.append(...someTexts(9, "one "));
    expect(await world.step(one)).toMatchObject({ outcome: "contradiction", state: "disputed" });
  });

  test("knows nothing of a log that is not followed, nor of what is no checkpoint", async () => {
    await world.step(one);
    const stranger = await (kind === "rekor1" ? world.serveRekor1() : world.serveRekor2());
    expect(await observe(noteOf(stranger))).toMatchObject({ outcome: "unknown" });
    expect(await observe(toUtf8("no note"))).toMatchObject({ outcome: "unknown" });
    expect(await world.ports.store.checkpoints(one.log.name, 9)).toHaveLength(1);
  });
});
