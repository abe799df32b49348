import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "../../src/adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../src/adapters/sqlite/event-store.ts";
import { judgeStored } from "../../src/capabilities/follow/follow-step.ts";
import { toBase64 } from "../../src/core/bytes/base64.ts";
import { openFollowWorld, someTexts, type FollowWorld } from "../follow/follow-world.ts";
import { killRepeatedly, runToEnd, seededRandom } from "./kill-harness.ts";

/** More of them at night: `KILLS=200 vitest run test/crash`. */
const KILLS = Number(process.env["KILLS"] ?? 6);
const SEED = Number(process.env["SEED"] ?? 20_261_123);

let world: FollowWorld;
beforeEach(() => {
  world = openFollowWorld();
});
afterEach(() => world.close());

test.each(["rekor2", "rekor1"] as const)(
  "a follower of a %s that is killed anywhere loses no entry and doubles none",
  async (kind) => {
    const served = await (kind === "rekor2" ? world.serveRekor2() : world.serveRekor1());
    await served.append(...someTexts(700));
    const path = join(mkdtempSync(join(tmpdir(), "countersign-")), "store.db");
    const { spki, logId, ...instance } = served.instance;
    const described = JSON.stringify({ ...instance, spki: toBase64(spki), logId: toBase64(logId) });
    const victim = {
      script: join(import.meta.dirname, "follow-victim.ts"),
      args: [path, kind, served.url, described],
    };
    const random = seededRandom(SEED);

    const killed = await killRepeatedly({
      victim,
      kills: KILLS,
      linesMax: 60,
      random,
      meanwhile: (round) => served.append(...someTexts(Math.floor(random() * 300), `${round} `)),
      check: async () => {
        const database = openDatabase(path);
        const store = sqliteEventStore(database);
        const position = await store.position(kind);
        expect(await store.count(kind)).toBe(position?.indexedUpto ?? 0);
        expect(await judgeStored(store, { ...served.log, name: kind })).toEqual({ ok: true, value: undefined });
        database.close();
      },
    });
    expect(killed).toBe(KILLS);

    const { size } = served.engine.head();
    expect(await runToEnd({ ...victim, args: [...victim.args, "once"] })).toBe(`current ${size}`);
    const database = openDatabase(path);
    const leaves = await sqliteEventStore(database).leafHashes(kind, 0, size);
    expect(leaves).toHaveLength(size);
    expect(leaves).toEqual(
      await Promise.all(leaves.map(async (_, i) => (await served.engine.entry(i as never))?.leaf)),
    );
    database.close();
  },
  120_000,
);
