import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import type { Listening, Outage } from "../../adapters/virtual/serve.ts";
import { seededKeys } from "../../adapters/virtual/sigstore/keys.ts";
import { renderTrustedRoot } from "../../adapters/virtual/sigstore/trust-documents.ts";
import {
  newTufRepository,
  startTufServer,
  type TufRepository,
} from "../../adapters/virtual/sigstore/tuf-repository.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import { readConfig } from "../config/read.ts";
import type { ReadGood } from "./keep-good.ts";
import type { RootInForce } from "../../capabilities/admit/policy-in-force.ts";
import { rootReader } from "./read-roots.ts";

const DAY_MS = 86_400_000;
const ROOT = renderTrustedRoot({ tlogs: [], ctlogs: [], certificateAuthorities: [], timestampAuthorities: [] });
/** A root with one certificate authority less, or more: another root. */
const POISON = ROOT.replace("trustedroot.v0.1", "trustedroot.v0.2").replace(/version=0\.1/, "version=0.2");
const http = undiciHttpClient();
const wallClock = (): UnixMs => systemClock.now();
let folder: string;
let now: UnixMs;
let faults: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-roots-"));
  now = systemClock.now();
  faults = [];
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(() => http.close());

async function readerOf(root: string): Promise<ReadGood<RootInForce>> {
  const file = join(folder, "config.yaml");
  await writeFile(file, `trust: {domains: [{name: private, root: ${root}}]}\n`);
  const config = await readConfig({ env: {}, file });
  const world = { http, clock: { now: () => now }, cacheFolder: folder };
  return rootReader(config, world, (name, { id }) => void faults.push(`${name} ${id}`));
}

/** The root as it is a while later. */
async function later(read: ReadGood<RootInForce>, ms: number): Promise<RootInForce | undefined> {
  now = addMs(now, ms);
  return (await read(["private"], now)).get("private");
}

describe("a root in a file", () => {
  test("stays as it was when the file becomes nonsense, and is told once", async () => {
    const path = join(folder, "trusted_root.json");
    await writeFile(path, ROOT);
    const read = await readerOf(`{file: {trustedRootFile: ${path}}}`);
    const good = await later(read, 0);
    await writeFile(path, "{}");
    expect((await later(read, 61_000))?.hash).toBe(good?.hash);
    expect((await later(read, 61_000))?.expired).toBe(false);
    expect(faults).toEqual(["private trust.invalid"]);
    await rm(path);
    expect((await later(read, 61_000))?.hash).toBe(good?.hash);
    expect(faults).toHaveLength(2);
  });

  test("is nobody's when it was never good", async () => {
    const path = join(folder, "trusted_root.json");
    await writeFile(path, "{}");
    expect(await later(await readerOf(`{file: {trustedRootFile: ${path}}}`), 0)).toBeUndefined();
  });
});

describe("a root in a TUF repository", () => {
  let repository: TufRepository;
  let server: Listening;
  let outage: Outage = works;
  beforeAll(async () => {
    const targets = { "trusted_root.json": toUtf8(ROOT) };
    repository = await newTufRepository({
      keys: seededKeys("roots"),
      now: wallClock,
      targets,
      timestampLifetimeMs: 7 * DAY_MS,
    });
    server = await startTufServer(repository, { outage: (call) => outage(call) });
  });
  afterAll(() => server.close());
  afterEach(() => {
    outage = works;
  });
  const open = async (): Promise<ReadGood<RootInForce>> => {
    await writeFile(join(folder, "root.json"), repository.root);
    return readerOf(`{tuf: {url: "${server.url}", initialRootFile: ${join(folder, "root.json")}}}`);
  };

  test("serves while the repository is down, and until it ends; then it is another root, under which nothing is good", async () => {
    const read = await open();
    const fresh = await later(read, 0);
    expect(fresh).toMatchObject({ expired: false });
    outage = () => "reset";
    expect(await later(read, DAY_MS)).toMatchObject({ expired: false, hash: fresh?.hash });
    expect(await later(read, 7 * DAY_MS)).toMatchObject({ expired: true, hash: fresh?.hash });
    outage = works;
  });

  test("is not had from a repository that was never there", async () => {
    outage = () => "reset";
    expect(await later(await open(), 0)).toBeUndefined();
    expect(faults).toEqual(["private trust.unreachable"]);
  });

  test("is read anew from a cache that somebody has written into", async () => {
    const fresh = await later(await open(), 0);
    const poisoned = await poison(join(folder, "tuf"));
    expect(poisoned).toBeGreaterThan(0);
    const path = join(folder, "poison.json");
    await writeFile(path, POISON);
    const other = await later(await readerOf(`{file: {trustedRootFile: ${path}}}`), 0);
    expect(other?.hash).not.toBe(fresh?.hash);
    expect((await later(await open(), 0))?.hash).toBe(fresh?.hash);
    // Nobody is there to ask: what the cache holds must still not be believed.
    await poison(join(folder, "tuf"));
    outage = () => "reset";
    expect([undefined, fresh?.hash]).toContain((await later(await open(), 0))?.hash);
  });
});

/** Writes another root over every copy in a cache; how many there were. */
async function poison(cache: string): Promise<number> {
  const names = await readdir(cache, { recursive: true });
  const copies = await Promise.all(
    names.map(async (name) => {
      const path = join(cache, name);
      if ((await readFile(path, "utf8").catch(() => "")) !== ROOT) return 0;
      await writeFile(path, POISON);
      return 1;
    }),
  );
  return copies.reduce<number>((sum, one) => sum + one, 0);
}

function works(): undefined {
  return undefined;
}
