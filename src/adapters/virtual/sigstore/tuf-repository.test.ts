import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Updater } from "tuf-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { addMs, parseUnixMs, type UnixMs } from "../../../core/time.ts";
import type { Listening } from "../serve.ts";
import { seededKeys } from "./keys.ts";
import { newTufRepository, startTufServer, type TufRepository } from "./tuf-repository.ts";

const DAY_MS = 86_400_000;
const TARGET = toUtf8('{"first":1}');

describe("newTufRepository", () => {
  test("serves a target to a client that has the first root", async () => {
    await start();
    expect(await target()).toEqual(TARGET);
  });

  test("serves what is published later to a client that has seen the earlier", async () => {
    await start();
    await target();
    repository.publish({ "trusted_root.json": toUtf8('{"second":2}') });
    expect(await target()).toEqual(toUtf8('{"second":2}'));
  });

  test("leads a client from root to root", async () => {
    await start();
    await target();
    await repository.rotateRoot("second");
    await repository.rotateRoot("third");
    expect(await target()).toEqual(TARGET);
    expect(JSON.parse(readFileSync(join(folder, "root.json"), "utf8")).signed.version).toBe(3);
  });

  test("begins at the version it is told, so that a restart never looks older", async () => {
    await start();
    await target();
    await server.close();
    await start({ version: 7 });
    expect(await target()).toEqual(TARGET);
    expect(JSON.parse(readFileSync(join(folder, "timestamp.json"), "utf8")).signed.version).toBe(7);
  });

  test("signs the timestamp anew when half of its life is over", async () => {
    await start({ timestampLifetimeMs: 20 * DAY_MS });
    await target();
    now = addMs(now, 9 * DAY_MS);
    expect(timestampVersion()).toBe(1);
    now = addMs(now, 2 * DAY_MS);
    expect(timestampVersion()).toBe(2);
    repository.publish({ "trusted_root.json": TARGET });
    expect(timestampVersion()).toBe(3);
    expect(await target()).toEqual(TARGET);
  });

  test("is refused by a client that was given another root", async () => {
    await start();
    writeFileSync(join(folder, "root.json"), (await repositoryOf("another")).root);
    await expect(target()).rejects.toThrow("timestamp");
  });

  test("answers 404 elsewhere, and to other methods", async () => {
    await start();
    expect((await fetch(`${server.url}/2.root.json`)).status).toBe(404);
    expect((await fetch(`${server.url}/timestamp.json`, { method: "POST", body: "x" })).status).toBe(404);
  });
});

let folder = "";
let now: UnixMs;
let repository: TufRepository;
let server: Listening;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tuf-"));
  // The client compares with the machine's clock.
  now = (parseUnixMs(Date.now()) ?? 0) as UnixMs;
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function start(options: Partial<Parameters<typeof newTufRepository>[0]> = {}): Promise<void> {
  repository = await repositoryOf("tuf", options);
  server = await startTufServer(repository);
  writeFileSync(join(folder, "root.json"), repository.root);
}

async function repositoryOf(seed: string, options: Partial<Parameters<typeof newTufRepository>[0]> = {}) {
  const targets = { "trusted_root.json": TARGET };
  return newTufRepository({ keys: seededKeys(seed), now: () => now, targets, ...options });
}

async function target(): Promise<Uint8Array> {
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: server.url,
    targetDir: folder,
    targetBaseUrl: `${server.url}/targets`,
  });
  const info = await updater.getTargetInfo("trusted_root.json");
  if (!info) throw new Error("no such target");
  return new Uint8Array(readFileSync(await updater.downloadTarget(info)));
}

function timestampVersion(): unknown {
  return JSON.parse(new TextDecoder().decode(repository.file("timestamp.json"))).signed.version;
}
