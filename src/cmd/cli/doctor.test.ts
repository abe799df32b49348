import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { openDatabase } from "../../adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../adapters/sqlite/event-store.ts";
import type { UnixMs } from "../../core/time.ts";
import { batchOf, storedEntry } from "../../ports/stored-entry.contract.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(argv: readonly string[], change: Parameters<typeof recordingIo>[0] = {}): Promise<Heard> {
  const { io, heard } = recordingIo(change);
  await runCli(argv, io, COMMANDS);
  return heard;
}

function configured(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function storeAt(name: string, updatedAt: UnixMs): Promise<string> {
  const path = join(folder, name);
  const database = openDatabase(path);
  await sqliteEventStore(database).commit(batchOf(0, [storedEntry(0), storedEntry(1)], { updatedAt }));
  database.close();
  return path;
}

describe("doctor", () => {
  test("says what does not answer, with the fix, and exits 3", async () => {
    const store = `store: { url: "sqlite:${join(folder, "none.db")}" }\n`;
    const config = configured("a.yaml", `${store}registries: [{ host: "127.0.0.1:1", plainHttp: true }]\n`);
    const { out, exit } = await run(["doctor", "--config", config]);
    expect(exit).toBe(3);
    expect(out).toMatch(/! warn +store store .* does not exist yet\n +fix: countersign serve creates it/);
    expect(out).toMatch(/\? undecided +registries 127\.0\.0\.1:1 +http\.unreachable/);
  });

  test("looks at one group only when told so", async () => {
    const config = configured("b.yaml", `registries: [{ host: "127.0.0.1:1", plainHttp: true }]\n`);
    const { out, exit } = await run(["doctor", "--config", config, "--only", "logs", "-o", "json"]);
    expect({ probes: JSON.parse(out), exit }).toEqual({ probes: { probes: [] }, exit: 0 });
  });

  test("refuses a time that is none", async () => {
    expect((await run(["doctor", "--timeout", "soon"])).exit).toBe(2);
  });
});

describe("status", () => {
  test("shows how far each log is followed", async () => {
    const now = 1_790_000_000_000 as UnixMs;
    const { out, exit } = await run(["status", "--store", await storeAt("a.db", now)], { now: () => now });
    expect(exit).toBe(0);
    expect(out).toMatch(/✓ ok +store events +2 verified\n✓ ok +logs rekor-private +2 entries indexed of 2/);
  });

  test("a follower that stopped is undecided", async () => {
    const store = await storeAt("b.db", 1_700_000_000_000 as UnixMs);
    const { out, exit } = await run(["status", "--store", store, "-o", "json"]);
    expect(exit).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ items: [{ state: "ok" }, { state: "undecided" }] });
  });

  test("a store that is not there is a usage error", async () => {
    expect((await run(["status", "--store", join(folder, "nothing.db")])).exit).toBe(2);
  });
});
