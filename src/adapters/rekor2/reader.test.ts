import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Fault } from "../../core/fault.ts";
import { renderEntryBundle } from "../../core/merkle/tiles.ts";
import type { TiledLogReader } from "../../ports/transparency-log.ts";
import { undiciHttpClient, type ClosableHttpClient } from "../http/client.ts";
import { serve, type Listening, type Reply } from "../virtual/serve.ts";
import { rekor2Reader } from "./reader.ts";

const NOTE = `log.example\n1\n${"A".repeat(43)}=\n\n\u2014 log.example AAAAAAAAAAAA\n`;
const TILE = Uint8Array.from({ length: 256 * 32 }, (_, i) => i);
const BUNDLE = renderEntryBundle(Array.from({ length: 256 }, (_, i) => new Uint8Array(i)));
const signal = AbortSignal.timeout(30_000);

let http: ClosableHttpClient;
let server: Listening;
let files: Record<string, Reply["body"] | Reply>;
let asked: string[];
beforeEach(async () => {
  http = undiciHttpClient();
  files = {};
  asked = [];
  server = await serve(({ path, headers }) => {
    asked.push(headers["cache-control"] ? `${path} ${headers["cache-control"]}` : path);
    const file = files[path];
    if (file === undefined) return { status: 404 };
    return typeof file === "string" || file instanceof Uint8Array ? { status: 200, body: file } : file;
  }, 0);
});
afterEach(async () => {
  await server.close();
  await http.close();
});
const reader = (change: { readUrl?: string; url?: string } = {}): TiledLogReader =>
  rekor2Reader(http, { url: server.url, ...change });
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => (error instanceof Fault ? error.id : error));

describe("rekor2Reader", () => {
  test.each([
    ["under /api/v2", "/api/v2/checkpoint", ["/api/v2/checkpoint"]],
    ["at the root of the base", "/checkpoint", ["/api/v2/checkpoint", "/checkpoint"]],
  ])("finds a log served %s, and remembers where", async (_, path, first) => {
    files[path] = NOTE;
    const log = reader({ url: `${server.url}/` });
    expect(textOf(await log.checkpoint(signal))).toBe(NOTE);
    expect(textOf(await log.checkpoint(signal))).toBe(NOTE);
    expect(asked).toEqual([...first, path]);
  });

  test("passes over a start page that answers every path", async () => {
    files["/api/v2/checkpoint"] = "<!doctype html>";
    files["/checkpoint"] = NOTE;
    expect(textOf(await reader().checkpoint(signal))).toBe(NOTE);
  });

  test("reads where it is told, and nowhere else", async () => {
    files["/tiles/checkpoint"] = "not a note, for others to judge";
    expect(textOf(await reader({ readUrl: `${server.url}/tiles/` }).checkpoint(signal))).toMatch(/^not a note/);
    expect(await faultOf(reader({ readUrl: `${server.url}/other` }).checkpoint(signal))).toBe("log.missing");
    expect(asked).toEqual(["/tiles/checkpoint", "/other/checkpoint"]);
  });

  test("asks for tiles and bundles by their path", async () => {
    files["/checkpoint"] = NOTE;
    files["/tile/1/x001/x234/067"] = TILE;
    files["/tile/entries/000.p/3"] = BUNDLE;
    const log = reader();
    expect(await log.tile(1, 1_234_067, 256, signal)).toEqual(TILE);
    expect(await log.bundle(0, 3, signal)).toEqual(BUNDLE);
  });

  test("cuts a partial tile that is gone out of the full one", async () => {
    files["/checkpoint"] = NOTE;
    files["/tile/0/002"] = TILE;
    files["/tile/entries/002"] = BUNDLE;
    const log = reader();
    expect(await log.tile(0, 2, 7, signal)).toEqual(TILE.subarray(0, 7 * 32));
    expect(await log.bundle(2, 2, signal)).toEqual(Uint8Array.of(0, 0, 0, 1, 0));
  });

  test.each<[string, Record<string, Reply["body"] | Reply>, string]>([
    ["neither partial nor full", {}, "log.missing"],
    [
      "a full tile that is none",
      { "/tile/0/000": TILE.subarray(1), "/tile/entries/000": BUNDLE.subarray(1) },
      "log.malformed",
    ],
    ["a refusal", { "/tile/0/000.p/5": { status: 403 }, "/tile/entries/000.p/5": { status: 401 } }, "log.refused"],
    ["push-back", { "/tile/0/000.p/5": { status: 429 }, "/tile/entries/000.p/5": { status: 503 } }, "log.unreachable"],
    [
      "more than the largest",
      { "/tile/0/000.p/5": new Uint8Array(8_193), "/tile/entries/000.p/5": new Uint8Array(256 * 65_537 + 1) },
      "log.too-large",
    ],
  ])("tells %s apart", async (_, served, id) => {
    files = { "/checkpoint": NOTE, ...served };
    const log = reader();
    expect(await faultOf(log.tile(0, 0, 5, signal))).toBe(id);
    expect(await faultOf(log.bundle(0, 5, signal))).toBe(id);
  });

  test("asks caches to look again when the uncached log is read", async () => {
    files["/checkpoint"] = NOTE;
    await reader().uncached?.checkpoint(signal);
    expect(asked).toEqual(["/api/v2/checkpoint no-cache", "/checkpoint no-cache"]);
  });

  test("says that nobody answers", async () => {
    await server.close();
    expect(await faultOf(reader().checkpoint(signal))).toBe("log.unreachable");
  });
});
