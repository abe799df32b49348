import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../core/bytes/hex.ts";
import { leafHash } from "../../core/merkle/tree.ts";
import { memoryTileStore } from "../../adapters/virtual/tile-store.ts";
import { followOnce } from "./follow.ts";
import {
  logKey,
  never,
  openFollowWorld,
  someTexts,
  START,
  type FollowWorld,
  type ServedLog,
} from "../../../test/follow/follow-world.ts";

/** The hostile table of transparency-log chapter §11, as far as a follower of Rekor v1 meets it. */
let world: FollowWorld;
let served: ServedLog;
beforeEach(async () => {
  world = openFollowWorld();
  served = await world.serveRekor1();
});
afterEach(() => world.close());

type Json = { [name: string]: unknown };
type Retrieved = {
  [entryId: string]: { logIndex: number; body: string; integratedTime: number; verification: Json };
}[];
const RETRIEVE = /entries\/retrieve/;
/** Changes answers as JSON; the others are left as they are. */
function mangleJson(pattern: RegExp, change: (json: never) => unknown): void {
  served.faults.mangle = (path, bytes) =>
    pattern.test(path)
      ? new TextEncoder().encode(JSON.stringify(change(JSON.parse(new TextDecoder().decode(bytes)) as never)))
      : bytes;
}
const entryOf = (map: Retrieved[number] | undefined) => Object.values(map ?? {})[0] as Retrieved[number][string];
const proofOf = (map: Retrieved[number] | undefined) => entryOf(map).verification["inclusionProof"] as Json;

/** Two logs under one key that agree on their first entries and on nothing after. */
async function split(common: number): Promise<readonly [ServedLog, ServedLog]> {
  const key = logKey();
  const [one, other] = [await world.serveRekor1({ key }), await world.serveRekor1({ key })];
  await one.append(...someTexts(common));
  await other.append(...someTexts(common));
  return [one, { ...other, log: { ...other.log, keys: one.log.keys } }];
}

describe("a Rekor v1 that answers wrongly", () => {
  beforeEach(async () => {
    await served.append(...someTexts(25));
  });

  test.each<[string, (maps: Retrieved) => unknown, string]>([
    ["H18 an entry less", (maps) => maps.slice(1), "incomplete-answer"],
    ["H18 an entry twice", (maps) => [...maps.slice(1), maps.at(-1)], "incomplete-answer"],
    ["H18 an entry of another index", (maps) => ((entryOf(maps[0]).logIndex += 100), maps), "incomplete-answer"],
    ["H18 nothing", () => [], "incomplete-answer"],
    [
      "H17 the map key of another entry",
      (maps) => maps.map((map) => ({ [`${Object.keys(map)[0]?.slice(0, 16)}${"0".repeat(64)}`]: entryOf(map) })),
      "wrong-entry",
    ],
    [
      "H1 another body under an id that fits it",
      (maps) => {
        const other = new TextEncoder().encode("{}");
        const id = `${Object.keys(maps[2] ?? {})[0]?.slice(0, 16)}${toHex(leafHash(other))}`;
        return maps.map((map, i) => (i === 2 ? { [id]: { ...entryOf(map), body: btoa("{}") } } : map));
      },
      "wrong-entry",
    ],
    [
      "H17 a map key without the tree",
      (maps) => maps.map((map) => ({ ["0".repeat(64)]: entryOf(map) })),
      "wrong-entry",
    ],
    ["H17 a wrong map key", (maps) => maps.map((map) => ({ ["0".repeat(80)]: entryOf(map) })), "wrong-entry"],
    [
      "H17 the tree id of another shard",
      (maps) =>
        maps.map((map) =>
          Object.fromEntries(Object.entries(map).map(([id, e]) => [`${"0".repeat(15)}7${id.slice(16)}`, e])),
        ),
      "wrong-entry",
    ],
    ["H1 another body", (maps) => ((entryOf(maps[2]).body = btoa("{}")), maps), "wrong-entry"],
    ["H17 a shifted place in the tree", (maps) => ((proofOf(maps[1])["logIndex"] = 5), maps), "index-offset-mismatch"],
    ["H15 no proof", (maps) => (delete entryOf(maps.at(-1)).verification["inclusionProof"], maps), "proof-invalid"],
    [
      "H15 a surplus hash",
      (maps) => ((proofOf(maps.at(-1))["hashes"] as string[]).push("00".repeat(32)), maps),
      "proof-invalid",
    ],
    ["H15 a hash less", (maps) => ((proofOf(maps.at(-1))["hashes"] as string[]).pop(), maps), "proof-invalid"],
    [
      "H15 another hash",
      (maps) => (((proofOf(maps.at(-1))["hashes"] as string[])[0] = "00".repeat(32)), maps),
      "proof-invalid",
    ],
    ["H15 a negative index", (maps) => ((proofOf(maps.at(-1))["logIndex"] = -1), maps), "log.malformed"],
    [
      "H13 a proof under no checkpoint",
      (maps) => ((proofOf(maps.at(-1))["checkpoint"] = "x"), maps),
      "checkpoint-invalid",
    ],
    [
      "H21 a proof of a hundred hashes",
      (maps) => ((proofOf(maps.at(-1))["hashes"] = Array(100).fill("00".repeat(32))), maps),
      "log.malformed",
    ],
  ])("%s", async (_, change, code) => {
    mangleJson(RETRIEVE, change);
    expect(await world.step(served)).toMatchObject({ outcome: "unproven", code, indexedUpto: 0 });
    expect(await world.ports.store.count()).toBe(0);
    served.faults.mangle = undefined;
    expect(await world.step(served)).toMatchObject({ outcome: "current", state: "following", added: 25 });
  });

  test("takes entries in any order", async () => {
    mangleJson(RETRIEVE, (maps: Retrieved) => maps.toReversed());
    expect(await world.step(served)).toMatchObject({ outcome: "current", added: 25 });
  });

  test("H16 is held to the signed size, whatever the hints beside a proof say", async () => {
    mangleJson(RETRIEVE, (maps: Retrieved) => {
      for (const map of maps) Object.assign(proofOf(map), { treeSize: 9_999, rootHash: "11".repeat(32) });
      return maps;
    });
    expect(await world.step(served)).toMatchObject({ outcome: "current", added: 25 });
  });

  test("H19 believes no time without a good SET", async () => {
    mangleJson(RETRIEVE, (maps: Retrieved) => {
      for (const map of maps) entryOf(map).integratedTime = 1;
      return maps;
    });
    expect(await world.step(served)).toMatchObject({ outcome: "current", added: 25 });
    const event = (await world.ports.store.event("rekor1", 3))?.event;
    expect(event?.integratedTime).toBeUndefined();
    expect(event?.flags).toEqual(["set-invalid"]);
  });

  test("H19 flags a signed time that lies before the last tree without the entry", async () => {
    await world.step(served);
    world.pass(-3_600_000);
    await served.append("payments-prod backdated");
    world.pass(3_600_000);
    await world.step(served);
    const event = (await world.ports.store.event("rekor1", 25))?.event;
    expect(event).toMatchObject({
      integratedTime: START / 1000 - 3_600,
      flags: expect.arrayContaining(["integrated-time-backdated"]),
    });
    expect(event?.logged.lo).toBe(START);
  });

  test.each<[string, (state: Json) => unknown, string]>([
    ["H12 the checkpoint of another tree", (state) => ({ ...state, treeID: "42" }), "wrong-log"],
    ["H13 a checkpoint without signature", (state) => ({ ...state, signedTreeHead: "x" }), "checkpoint-invalid"],
    ["no tree id", (state) => ({ ...state, treeID: "" }), "log.malformed"],
    ["no JSON object", () => 7, "log.malformed"],
  ])("%s", async (_, change, code) => {
    mangleJson(/api\/v1\/log$/, change);
    expect(await world.step(served)).toMatchObject({ outcome: "unproven", code, indexedUpto: 0 });
  });
});

describe("a Rekor v1 that contradicts itself", () => {
  test("H4 the same size with another root", async () => {
    const [one, other] = await split(5);
    await one.append("payments-prod one");
    await other.append("payments-prod other");
    await world.step(one);
    expect(await world.step(other)).toMatchObject({
      outcome: "contradiction",
      code: "equivocation",
      state: "disputed",
    });
  });

  test("H5 a longer tree with another history, shown by a path under its own checkpoint", async () => {
    const [one, other] = await split(5);
    await one.append("payments-prod one");
    await other.append(...someTexts(9, "other "));
    await world.step(one);
    expect(await world.step(other)).toMatchObject({ outcome: "contradiction", code: "inconsistent", indexedUpto: 6 });
    const [found] = await world.ports.store.misbehaviours();
    expect(Object.keys(found?.evidence ?? {}).toSorted()).toEqual([
      "logs/localhost%20-%2041/checkpoint",
      "logs/localhost%20-%2041/entry.tlog-proof",
      "logs/localhost%20-%2041/head",
    ]);
  });

  test("a bad proof of consistency alone convicts nobody", async () => {
    await served.append(...someTexts(5));
    await world.step(served);
    await served.append(...someTexts(5, "more "));
    mangleJson(/log\/proof/, (proof: Json) => ({ ...proof, hashes: ["00".repeat(32)] }));
    expect(await world.step(served)).toMatchObject({ outcome: "current", indexedUpto: 10 });
    expect(await world.ports.store.misbehaviours()).toEqual([]);
  });

  test("neither a proof nor a path leaves it unproven, and the head where it was", async () => {
    await served.append(...someTexts(5));
    await world.step(served);
    await served.append(...someTexts(5, "more "));
    served.faults.mangle = (path, bytes) => (/proof|retrieve/.test(path) ? undefined : bytes);
    expect(await world.step(served)).toMatchObject({ outcome: "unproven", headSize: 5, indexedUpto: 5 });
  });

  test("H7 an older checkpoint of the same history is stale, and no more", async () => {
    const [one, lagging] = await split(5);
    await one.append(...someTexts(7, "more "));
    await world.step(one);
    expect(await world.step(lagging)).toMatchObject({ outcome: "current", state: "following", headSize: 12 });
  });

  test("H8 a rollback, and then a fork", async () => {
    const [one, other] = await split(5);
    await one.append(...someTexts(7, "more "));
    await world.step(one);
    await other.append("payments-prod other");
    expect(await world.step(other)).toMatchObject({ outcome: "contradiction", code: "equivocation", headSize: 12 });
  });
});

/** The same server after it has begun a new tree. */
async function reshard(): Promise<{ readonly before: ServedLog; readonly after: ServedLog }> {
  const [key, store] = [logKey(), memoryTileStore()];
  const before = await world.serveRekor1({ key, store });
  await before.append(...someTexts(12));
  await world.step(before);
  await before.append(...someTexts(3, "last "));
  const after = await world.serveRekor1({ key, treeId: "42", inactive: [{ treeId: "41", store }] });
  await after.append(...someTexts(4, "new "));
  return { before, after: { ...after, log: { ...after.log, keys: before.log.keys } } };
}

describe("a Rekor v1 of several trees", () => {
  test("reads the old tree to its end, calls it retired, and goes on with the new one", async () => {
    const { after } = await reshard();
    const once = followOnce(world.ports);
    expect(await once([after.log], never)).toMatchObject([
      { log: "rekor1", outcome: "current", state: "retired", indexedUpto: 15, added: 3 },
      { log: "rekor1.42", outcome: "current", state: "following", indexedUpto: 4, added: 4 },
    ]);
    const event = (await world.ports.store.event("rekor1.42", 0))?.event;
    expect(event?.globalIndex).toBe(15);
    expect(await once([after.log], never)).toMatchObject([{ state: "retired" }, { state: "following", added: 0 }]);
  });

  test.each<[string, (shards: Json[]) => Json[]]>([
    ["vanishes", () => []],
    ["is listed with another size", ([shard]) => [{ ...shard, treeSize: 14 }]],
  ])("H22 an old tree that %s is told", async (_, change) => {
    const { after } = await reshard();
    await followOnce(world.ports)([after.log], never);
    after.faults.mangle = (path, bytes) => {
      if (!path.endsWith("/api/v1/log")) return bytes;
      const state = JSON.parse(new TextDecoder().decode(bytes)) as { inactiveShards: Json[] };
      return new TextEncoder().encode(JSON.stringify({ ...state, inactiveShards: change(state.inactiveShards) }));
    };
    expect(await world.step(after)).toMatchObject({ outcome: "unproven", code: "shard-changed", indexedUpto: 15 });
  });
});
