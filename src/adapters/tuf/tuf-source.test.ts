import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { addMs, parseUnixMs, type UnixMs } from "../../core/time.ts";
import { trustRootSourceContract } from "../../ports/trust-root-source.contract.ts";
import type { TrustMaterial, TrustRootSource } from "../../ports/trust-root-source.ts";
import { undiciHttpClient, type ClosableHttpClient } from "../http/client.ts";
import type { Listening, Outage, Reply } from "../virtual/serve.ts";
import { seededKeys } from "../virtual/sigstore/keys.ts";
import { renderSigningConfig, renderTrustedRoot } from "../virtual/sigstore/trust-documents.ts";
import { newTufRepository, startTufServer, type TufRepository } from "../virtual/sigstore/tuf-repository.ts";
import { tufSource, type TufSource, type TufSourceOptions } from "./tuf-source.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const never = new AbortController().signal;
const CONFIG = toUtf8(
  renderSigningConfig({
    operator: "test",
    start: (parseUnixMs(1_790_000_000_000) ?? 0) as UnixMs,
    fulcioUrl: "http://127.0.0.1:1",
    oidcUrl: "http://127.0.0.1:2",
    logs: [],
    tsaUrl: "http://127.0.0.1:3",
  }),
);
const EMPTY = { tlogs: [], ctlogs: [], certificateAuthorities: [], timestampAuthorities: [] };
const FIRST = toUtf8(renderTrustedRoot(EMPTY));
const SECOND = toUtf8(`${renderTrustedRoot(EMPTY)}\n`);
const FIRST_TARGETS = { "trusted_root.json": FIRST, "signing_config.v0.2.json": CONFIG };
const SECOND_TARGETS = { "trusted_root.json": SECOND, "signing_config.v0.2.json": CONFIG };

trustRootSourceContract("a TUF repository", {
  open: async () => (await start()).source,
  untrue: async () => {
    const { repository } = await start();
    return sourceOf(await serveRepository(await newRepository("another")), { root: repository.root });
  },
});

describe("tufSource", () => {
  test("gives what the repository signed, and asks again only when that is old", async () => {
    const { source, calls, later } = await start();
    expect(await source.read(never)).toEqual(fresh(FIRST));
    const asked = calls();
    later(5 * HOUR_MS);
    expect(await source.read(never)).toEqual(fresh(FIRST));
    expect(calls()).toBe(asked);
    later(2 * HOUR_MS);
    await source.read(never);
    expect(calls()).toBeGreaterThan(asked);
  });

  test("asks at once when told to refresh", async () => {
    const { source, repository } = await start();
    await source.read(never);
    repository.publish(SECOND_TARGETS);
    expect(await source.read(never)).toEqual(fresh(FIRST));
    expect(await source.refresh(never)).toEqual(fresh(SECOND));
    expect(await source.read(never)).toEqual(fresh(SECOND));
  });

  test("does not fetch a target anew that has not changed", async () => {
    const { source, repository, paths } = await start();
    await source.read(never);
    repository.publish({ ...FIRST_TARGETS, other: toUtf8("x") });
    await source.refresh(never);
    expect(paths().filter((path) => path.endsWith("trusted_root.json"))).toHaveLength(1);
  });

  test("follows new roots, and starts from the pinned one again at the next read", async () => {
    const { source, repository, server } = await start();
    await source.read(never);
    await repository.rotateRoot("second");
    await repository.rotateRoot("third");
    repository.publish(SECOND_TARGETS);
    expect(await source.refresh(never)).toEqual(fresh(SECOND));
    await server.close();
    expect((await sourceOf(server, { root: repository.root }).read(never)).state).toBe("fresh");
  });

  test("recovers from a version that went up by mistake, once the keys are exchanged", async () => {
    const high = await start({ version: 1000 });
    await high.source.read(never);
    const low = await newRepository("tuf", { version: 1 });
    const moved = await serveRepository(low);
    expect(await sourceOf(moved, { root: low.root }).read(never)).toMatchObject({ state: "fresh" });
    await expect(sourceOf(moved, { root: low.root }).refresh(never)).rejects.toMatchObject({ id: "trust.rollback" });
    await low.rotateRoot("recovered");
    expect(await sourceOf(moved, { root: low.root }).refresh(never)).toEqual(fresh(FIRST));
  });

  describe("while the repository cannot be used", () => {
    test("keeps the last set, and says that it is stale", async () => {
      const { source, server, later } = await start();
      await source.read(never);
      await server.close();
      later(7 * HOUR_MS);
      const material = await source.read(never);
      expect(material).toMatchObject({ trustedRoot: FIRST, state: "stale" });
      expect(material.reason).toContain("trust.unreachable");
      await expect(source.refresh(never)).rejects.toMatchObject({ id: "trust.unreachable" });
    });

    test("keeps the last set when it has expired, and says so", async () => {
      const { source, server, later } = await start();
      await source.read(never);
      await server.close();
      later(91 * DAY_MS);
      const material = await source.read(never);
      expect(material).toMatchObject({ trustedRoot: FIRST, state: "expired" });
      expect(material.reason).toMatch(/^expired at \d{4}-.*; trust\.unreachable/);
    });

    test("asks before it uses a young set that has expired", async () => {
      const { source, later, calls } = await start({ timestampLifetimeMs: HOUR_MS });
      await source.read(never);
      const asked = calls();
      later(HOUR_MS);
      await source.read(never);
      expect(calls()).toBeGreaterThan(asked);
    });

    test("does not ask again for a minute after it was not answered", async () => {
      let isDown = false;
      const { source, later, calls } = await start({}, () => (isDown ? { status: 503 } : undefined));
      await source.read(never);
      later(7 * HOUR_MS);
      isDown = true;
      await source.read(never);
      const asked = calls();
      later(59_999);
      expect((await source.read(never)).state).toBe("stale");
      expect(calls()).toBe(asked);
      isDown = false;
      later(1);
      expect((await source.read(never)).state).toBe("fresh");
      expect(calls()).toBeGreaterThan(asked);
    });

    test("fails when there never was a set", async () => {
      const { source, server } = await start();
      await server.close();
      await expect(source.read(never)).rejects.toMatchObject({ id: "trust.unreachable" });
    });

    test("falls back to the shipped copy when there never was a set", async () => {
      const { server, repository } = await start();
      await server.close();
      const shipped: TrustMaterial = { trustedRoot: SECOND, state: "stale", reason: "shipped" };
      const fallback: TrustRootSource = { read: async () => shipped };
      const material = await sourceOf(server, { root: repository.root, fallback }).read(never);
      expect(material).toMatchObject({ trustedRoot: SECOND, state: "stale" });
      expect(material.reason).toMatch(/^shipped; trust\.unreachable/);
    });

    test("does not fall back where the answer was wrong", async () => {
      const another = await serveRepository(await newRepository("another"));
      const fallback: TrustRootSource = {
        read: async () => ({ trustedRoot: SECOND, state: "stale", reason: "shipped" }),
      };
      const { root } = await newRepository("tuf");
      await expect(sourceOf(another, { root, fallback }).read(never)).rejects.toMatchObject({ id: "trust.invalid" });
    });

    test("stops when told to, whatever it has", async () => {
      const { source, later } = await start();
      await source.read(never);
      later(7 * HOUR_MS);
      const stop = new AbortController();
      stop.abort(new Error("enough"));
      await expect(source.read(stop.signal)).rejects.toThrow("enough");
    });
  });

  describe("refuses", () => {
    test("a first root that is not the pinned one, before any request", async () => {
      const { repository, server, calls } = await start();
      const source = sourceOf(server, { root: repository.root, rootSha256: sha256(toUtf8("other")) });
      await expect(source.read(never)).rejects.toMatchObject({ id: "trust.pin-mismatch" });
      await expect(source.refresh(never)).rejects.toMatchObject({ id: "trust.pin-mismatch" });
      expect(calls()).toBe(0);
      expect(
        await sourceOf(server, { root: repository.root, rootSha256: sha256(repository.root) }).read(never),
      ).toEqual(fresh(FIRST));
    });

    test("older versions than it has seen", async () => {
      const { source, repository, server, later } = await start({ version: 5 });
      await source.read(never);
      await server.close();
      const old = await serveRepository(await newRepository("tuf", { version: 4 }));
      const rolledBack = sourceOf(old, { root: repository.root });
      await expect(rolledBack.refresh(never)).rejects.toMatchObject({ id: "trust.rollback" });
      later(7 * HOUR_MS);
      const material = await rolledBack.read(never);
      expect(material.state).toBe("stale");
      expect(material.reason).toContain("trust.rollback");
    });

    test("a timestamp that has expired", async () => {
      const { source } = await start({ timestampLifetimeMs: -DAY_MS });
      await expect(source.read(never)).rejects.toMatchObject({ id: "trust.expired" });
    });

    test("a last root that has expired", async () => {
      const { source } = await start({ lifetimeMs: -DAY_MS });
      await expect(source.read(never)).rejects.toMatchObject({ id: "trust.expired" });
    });

    test.each<[string, string, (reply: Reply) => Reply]>([
      ["a target of other bytes", "targets/", (reply) => ({ ...reply, body: SECOND })],
      ["a target that is longer than declared", "targets/", (reply) => ({ ...reply, body: new Uint8Array(9_000_000) })],
      [
        "a snapshot of other bytes",
        "1.snapshot.json",
        ({ body = "", ...reply }) => ({ ...reply, body: `${textOf(body)} ` }),
      ],
      [
        "targets metadata of other bytes",
        "1.targets.json",
        ({ body = "", ...reply }) => ({ ...reply, body: `${textOf(body)} ` }),
      ],
      ["a timestamp without end", "timestamp.json", (reply) => ({ ...reply, body: "[".repeat(20_000) })],
      ["a timestamp that is no JSON", "timestamp.json", (reply) => ({ ...reply, body: "no" })],
      ["a timestamp of another role", "timestamp.json", (reply) => ({ ...reply, body: textOf(snapshotBytes) })],
    ])("%s", async (_, path, change) => {
      const { source, repository, spoil } = await start();
      snapshotBytes = repository.file("1.snapshot.json") ?? new Uint8Array(0);
      spoil(path, change);
      await expect(source.read(never)).rejects.toMatchObject({ id: "trust.invalid" });
      expect(readdirSync(join(cacheFolder, "sets"))).toEqual([]);
    });

    test("a repository without a trusted root, or with one that is none", async () => {
      const none = await start({ targets: { other: FIRST } });
      await expect(none.source.read(never)).rejects.toMatchObject({ id: "trust.invalid" });
      const bad = await start({ targets: { "trusted_root.json": toUtf8("{}") } });
      await expect(bad.source.read(never)).rejects.toMatchObject({ id: "trust.invalid" });
    });

    test("whatever else comes, with a fault and never a crash", async () => {
      const { source, spoil } = await start();
      await fc.assert(
        fc.asyncProperty(fc.constantFrom("timestamp.json", "2.root.json"), hostile(), async (path, body) => {
          spoil(path, () => ({ status: 200, body }));
          await expect(source.refresh(never)).rejects.toMatchObject({ id: "trust.invalid" });
        }),
        { numRuns: 60 },
      );
    });
  });

  describe("keeps its sets so that", () => {
    test("a damaged one is fetched anew", async () => {
      const { source, calls } = await start();
      await source.read(never);
      const asked = calls();
      writeFileSync(join(currentFolder(), "targets", "trusted_root.json"), SECOND);
      expect(await source.read(never)).toEqual(fresh(FIRST));
      expect(calls()).toBeGreaterThan(asked);
    });

    test("one with a root of its own is not believed", async () => {
      const { source, server, later } = await start();
      await source.read(never);
      const other = await newRepository("another");
      const folder = currentFolder();
      for (const name of ["timestamp.json", "1.snapshot.json", "1.targets.json"]) {
        writeFileSync(join(folder, name.replace("1.", "")), other.file(name) ?? "");
      }
      writeFileSync(join(folder, "root.json"), other.root);
      await server.close();
      later(7 * HOUR_MS);
      await expect(source.read(never)).rejects.toMatchObject({ id: "trust.unreachable" });
    });

    test.each(["", "{", '{"set":"../x","refreshedAt":1}', '{"set":"set-aaaaaa","refreshedAt":1}', '{"set":1}'])(
      "a pointer of %j is none",
      async (text) => {
        const { source } = await start();
        await source.read(never);
        writeFileSync(join(cacheFolder, "current.json"), text);
        expect(await source.read(never)).toEqual(fresh(FIRST));
      },
    );

    test("a folder that cannot be written is a fault of the store", async () => {
      const { server, repository } = await start();
      writeFileSync(join(cacheFolder, "file"), "");
      const source = sourceOf(server, { root: repository.root, cacheFolder: join(cacheFolder, "file") });
      await expect(source.read(never)).rejects.toMatchObject({ id: "store.read-only" });
    });
  });
});

let snapshotBytes: Uint8Array = new Uint8Array(0);
let cacheFolder = "";
let http: ClosableHttpClient;
let now: UnixMs;
const started: Listening[] = [];
beforeAll(() => {
  http = undiciHttpClient();
});
afterAll(async () => http.close());
beforeEach(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), "trust-tuf-"));
  // The library compares expiry with the machine's clock.
  now = (parseUnixMs(Date.now()) ?? 0) as UnixMs;
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
  rmSync(cacheFolder, { recursive: true });
});

type RepositoryOptions = Partial<Parameters<typeof newTufRepository>[0]>;

async function newRepository(seed: string, options: RepositoryOptions = {}): Promise<TufRepository> {
  return newTufRepository({ keys: seededKeys(seed), now: () => now, targets: FIRST_TARGETS, ...options });
}

async function serveRepository(repository: TufRepository, outage?: Outage): Promise<Listening> {
  const server = await startTufServer(repository, outage ? { outage } : {});
  started.push(server);
  return server;
}

function sourceOf(server: Listening, options: Partial<TufSourceOptions> & Pick<TufSourceOptions, "root">): TufSource {
  return tufSource({ http, clock: { now: () => now }, url: server.url, cacheFolder, ...options });
}

async function start(options: RepositoryOptions = {}, outage?: Outage) {
  const repository = await newRepository("tuf", options);
  const asked: string[] = [];
  let spoiled: { readonly path: string; readonly change: (reply: Reply) => Reply } | undefined;
  const server = await serveRepository(repository, (call) => {
    const { path } = call;
    asked.push(path);
    const broken = outage?.(call);
    if (broken) return broken;
    if (!spoiled || !path.startsWith(`/${spoiled.path}`)) return undefined;
    return spoiled.change({ status: 200, body: repository.file(path.slice(1)) ?? "" });
  });
  return {
    repository,
    server,
    source: sourceOf(server, { root: repository.root }),
    calls: () => asked.length,
    paths: () => asked,
    later: (ms: number) => {
      now = addMs(now, ms);
    },
    spoil: (path: string, change: (reply: Reply) => Reply) => {
      spoiled = { path, change };
    },
  };
}

function fresh(trustedRoot: Uint8Array): TrustMaterial {
  return { trustedRoot, signingConfig: CONFIG, state: "fresh", reason: "" };
}

function currentFolder(): string {
  const { set } = JSON.parse(readFileSync(join(cacheFolder, "current.json"), "utf8")) as { set: string };
  return join(cacheFolder, "sets", set);
}

function textOf(body: Uint8Array | string): string {
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

/** Metadata with parts of any kind in place of the right ones, and what is no metadata at all. */
function hostile(): fc.Arbitrary<string> {
  const value = fc.jsonValue({ maxDepth: 3 });
  const signed = fc.record(
    {
      _type: fc.constantFrom("timestamp", "root", 1),
      version: value,
      expires: value,
      keys: value,
      roles: value,
      meta: value,
    },
    { requiredKeys: [] },
  );
  const metadata = fc.record({ signed: fc.oneof(signed, value), signatures: value }, { requiredKeys: [] });
  return fc.oneof(
    fc.string(),
    value.map((any) => JSON.stringify(any)),
    metadata.map((any) => JSON.stringify(any)),
  );
}
