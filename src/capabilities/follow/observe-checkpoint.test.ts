import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { generateKeyPairSync } from "node:crypto";
import {
  logKey,
  openFollowWorld,
  someTexts,
  type FollowWorld,
  type ServedLog,
} from "../../../test/follow/follow-world.ts";
import { observeCheckpoint, type Observation } from "./observe-checkpoint.ts";

let world: FollowWorld;
beforeEach(() => {
  world = openFollowWorld();
});
afterEach(() => world.close());

const noteOf = ({ engine }: ServedLog): Uint8Array => toUtf8(engine.head().note);

describe.each(["rekor2", "rekor1"] as const)("observeCheckpoint of a %s", (kind) => {
  let one: ServedLog;
  let other: ServedLog;
  let observe: (note: Uint8Array) => Promise<Observation>;
  beforeEach(async () => {
    const key = kind === "rekor1" ? logKey() : generateKeyPairSync("ed25519").privateKey;
    const serve = () => (kind === "rekor1" ? world.serveRekor1({ key }) : world.serveRekor2({ key }));
    [one, other] = [await serve(), await serve()];
    await one.append(...someTexts(7));
    await other.append(...someTexts(7));
    observe = (note) => observeCheckpoint(world.ports, [one.log])(note, "bundle");
  });

  test("finds the head, and any tree before it, consistent", async () => {
    const early = noteOf(one);
    await one.append(...someTexts(3, "more "));
    await world.step(one);
    expect(await observe(early)).toMatchObject({ outcome: "consistent", log: one.log.name });
    expect(await observe(noteOf(one))).toMatchObject({ outcome: "consistent" });
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
