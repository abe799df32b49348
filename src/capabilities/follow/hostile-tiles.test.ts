import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { concatBytes } from "../../core/bytes/bytes.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { parseEntryBundle, parseTile, renderEntryBundle, renderTile } from "../../core/merkle/tiles.ts";
import { leafHash } from "../../core/merkle/tree.ts";
import { openFollowWorld, someTexts, type FollowWorld, type ServedLog } from "../../../test/follow/follow-world.ts";

/** The hostile table of transparency-log chapter §11, as far as a follower of tiles meets it: real servers, mangled answers. */
let world: FollowWorld;
let served: ServedLog;
beforeEach(async () => {
  world = openFollowWorld();
  served = await world.serveRekor2();
});
afterEach(() => world.close());

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
type Change = (bytes: Uint8Array) => Uint8Array | undefined;
/** Changes one file, and leaves the others. */
const mangle = (pattern: RegExp, change: Change): void => {
  served.faults.mangle = (path, bytes) => (pattern.test(path) ? change(bytes) : bytes);
};
const flipped =
  (at: number): Change =>
  (bytes) =>
    bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
const entriesOf = (bytes: Uint8Array, width: number): Uint8Array[] => [...(parseEntryBundle(bytes, width) ?? [])];

/** Two logs under one key that agree on their first entries and on nothing after. */
async function split(common: number): Promise<readonly [ServedLog, ServedLog]> {
  const key = generateKeyPairSync("ed25519").privateKey;
  const [one, other] = [await world.serveRekor2({ key }), await world.serveRekor2({ key })];
  await one.append(...someTexts(common));
  await other.append(...someTexts(common));
  return [one, { ...other, log: { ...other.log, keys: one.log.keys } }];
}

describe("a tiled log that serves other bytes than it signed", () => {
  beforeEach(async () => {
    await served.append(...someTexts(300));
  });

  test.each<[string, RegExp, Change, string]>([
    ["H1 a flipped byte in an entry", /entries\/000$/, flipped(900), "bundle-hash-mismatch"],
    [
      "H1 a flipped byte in the last entry of a partial bundle",
      /\.p\/44$/,
      (b) => flipped(b.length - 1)(b),
      "-mismatch",
    ],
    ["H2 a flipped hash in a full tile", /tile\/0\/000$/, flipped(77), "tile-hash-mismatch"],
    ["H2 a flipped hash at the edge", /tile\/0\/001/, flipped(0), "tile-hash-mismatch"],
    ["H2 a flipped hash above", /tile\/1\/000/, flipped(31), "tile-hash-mismatch"],
    ["H3 one entry less", /entries\/000$/, (b) => renderEntryBundle(entriesOf(b, 256).slice(1)), "bundle-malformed"],
    [
      "H3 one entry more",
      /entries\/000$/,
      (b) => renderEntryBundle([...entriesOf(b, 256), b.slice(0, 9)]),
      "bundle-malformed",
    ],
    [
      "H3 two entries exchanged",
      /entries\/000$/,
      (b) => renderEntryBundle(entriesOf(b, 256).toReversed()),
      "bundle-hash-mismatch",
    ],
    ["H3 a trailing byte", /entries\/000$/, (b) => concatBytes([b, Uint8Array.of(0)]), "bundle-malformed"],
    ["H3 a cut bundle", /entries\/000$/, (b) => b.subarray(0, -1), "bundle-malformed"],
    ["H3 nothing", /entries\/000$/, () => new Uint8Array(), "bundle-malformed"],
    ["a tile one byte short", /tile\/0\/000$/, (b) => b.subarray(1), "tile-malformed"],
    ["H21 a tile that is too large", /tile\/0\/000$/, () => new Uint8Array(8_193), "log.too-large"],
    ["H21 a checkpoint that is too large", /checkpoint/, () => new Uint8Array(65_537), "log.too-large"],
    ["H25 a narrower partial tile than was asked for", /tile\/0\/001/, (b) => b.subarray(32), "tile-malformed"],
    ["H25 neither partial nor full", /tile\/0\/001/, () => undefined, "tile-missing"],
    ["H25 no bundle", /entries\/000$/, () => undefined, "tile-missing"],
  ])("%s", async (_, pattern, change, code) => {
    mangle(pattern, change);
    const report = await world.step(served);
    expect(report).toMatchObject({ outcome: "unproven", state: "unproven", indexedUpto: 0 });
    expect(report.code).toContain(code);
    expect(await world.ports.store.count()).toBe(0);
    expect(await world.ports.store.misbehaviours()).toEqual([]);

    served.faults.mangle = undefined;
    expect(await world.step(served)).toMatchObject({ outcome: "current", state: "following", indexedUpto: 300 });
  });

  test("H2 both an entry and its leaf hash changed", async () => {
    const other = toUtf8("{}");
    served.faults.mangle = (path, bytes) => {
      if (path.endsWith("entries/000")) return renderEntryBundle([other, ...entriesOf(bytes, 256).slice(1)]);
      if (path !== "tile/0/000") return bytes;
      return renderTile([leafHash(other), ...(parseTile(bytes, 256) ?? []).slice(1)]);
    };
    expect(await world.step(served)).toMatchObject({ code: "tile-hash-mismatch", indexedUpto: 0 });
  });

  test("keeps what was proven before the bad tile, and not one entry more", async () => {
    await served.append(...someTexts(3_000, "more "));
    mangle(/entries\/009$/, flipped(3_000));
    expect(await world.step(served)).toMatchObject({
      code: "bundle-hash-mismatch",
      headSize: 3_300,
      indexedUpto: 2_048,
    });
    expect(await world.ports.store.count()).toBe(2_048);
  });

  test("H25 a partial tile is cut out of the full one when the log has grown past it", async () => {
    const old = served.engine.head().note;
    await served.append(...someTexts(300, "more "));
    mangle(/checkpoint|\.p\/44$/, (bytes) =>
      bytes.length < 1_000 && textOf(bytes).includes("\n\n") ? toUtf8(old) : undefined,
    );
    expect(await world.step(served)).toMatchObject({ outcome: "current", headSize: 300, indexedUpto: 300 });
  });

  test("looks again past the caches before it calls anything wrong", async () => {
    let asked = 0;
    mangle(/entries\/000$/, (bytes) => (asked++ === 0 ? flipped(9)(bytes) : bytes));
    expect(await world.step(served)).toMatchObject({ outcome: "current", indexedUpto: 300 });
    expect(asked).toBe(2);
  });
});

const changed =
  (from: string | RegExp, to: string): Change =>
  (bytes) =>
    toUtf8(textOf(bytes).replace(from, to));

describe("a tiled log whose checkpoint is not one", () => {
  test.each<[string, Change, string]>([
    ["H13 with a byte of the signature flipped", (b) => flipped(b.length - 20)(b), "checkpoint-invalid"],
    ["H13 without a line of the log", changed(/\u2014 localhost/, "\u2014 elsewhere"), "unknown-log"],
    ["H13 with a second line that is not good", (b) => toUtf8(textOf(b) + badLine(textOf(b))), "checkpoint-invalid"],
    ["H14 of a size with a leading zero", changed(/\n10\n/, "\n010\n"), "checkpoint-invalid"],
    ["H14 of a signed size", changed(/\n10\n/, "\n+10\n"), "checkpoint-invalid"],
    ["H14 of a size beyond all", changed(/\n10\n/, "\n9223372036854775808\n"), "checkpoint-invalid"],
    ["H14 with a short root", changed(/\n[A-Za-z0-9+/]{43}=\n/, "\nAAAA\n"), "checkpoint-invalid"],
    ["H14 with CRLF", changed(/\n/g, "\r\n"), "checkpoint-invalid"],
    ["H14 with NUL", changed("localhost", "local\0host"), "checkpoint-invalid"],
    ["H12 of another origin under the same signature", changed("localhost", "elsewhere"), "checkpoint-invalid"],
    [
      "H21 with a million signature lines",
      (b) => toUtf8(textOf(b) + "\u2014 a AAAAAAAA\n".repeat(4_000)),
      "checkpoint-invalid",
    ],
    ["that is empty", () => new Uint8Array(), "checkpoint-invalid"],
  ])("%s", async (_, change, code) => {
    await served.append(...someTexts(5));
    await world.step(served);
    await served.append(...someTexts(5, "later "));
    mangle(/checkpoint/, change);
    expect(await world.step(served)).toMatchObject({ outcome: "unproven", code, headSize: 5, indexedUpto: 5 });
  });

  test("H12 and H23: the checkpoint of another log, whose key is not this log's", async () => {
    const other = await world.serveRekor2();
    await other.append(...someTexts(9));
    const { note } = other.engine.head();
    mangle(/checkpoint/, () => toUtf8(note));
    expect(await world.step(served)).toMatchObject({ code: "unknown-log", state: "unproven" });
  });

  test("H12: the checkpoint of another log under the same key", async () => {
    const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const one = await world.serveRekor2({ key });
    const other = await world.serveRekor2({ key, origin: "elsewhere" });
    one.faults.mangle = async (path, bytes) => (path === "checkpoint" ? other.engine.read(path) : bytes);
    expect((await world.step(one)).code).toBe("unknown-log");
  });
});

function badLine(note: string): string {
  const line = note.split("\n\n")[1] ?? "";
  return line.replace(/.{8}\n$/, "AAAAAAA=\n");
}

describe("a tiled log that contradicts itself", () => {
  test("H4 the same size with another root", async () => {
    const [one, other] = await split(5);
    await one.append("payments-prod one");
    await other.append("payments-prod other");
    await world.step(one);
    const report = await world.step(other);
    expect(report).toMatchObject({ outcome: "contradiction", code: "equivocation", state: "disputed", indexedUpto: 6 });
    const [found] = await world.ports.store.misbehaviours();
    expect(Object.keys(found?.evidence ?? {})).toEqual(["logs/localhost/checkpoint", "logs/localhost/head"]);
  });

  test("H5 a longer tree with another history; what shows it is kept", async () => {
    const [one, other] = await split(300);
    await one.append("payments-prod one");
    await other.append("payments-prod other", ...someTexts(500, "other "));
    await world.step(one);
    const report = await world.step(other);
    expect(report).toMatchObject({ outcome: "contradiction", code: "inconsistent", headSize: 301, indexedUpto: 301 });
    const [found] = await world.ports.store.misbehaviours();
    expect(Object.keys(found?.evidence ?? {}).toSorted()).toEqual([
      "logs/localhost/checkpoint",
      "logs/localhost/entry.tlog-proof",
      "logs/localhost/head",
    ]);
    expect(await world.ports.store.count()).toBe(301);
  });

  test("is not read on, not even when it serves its honest face again", async () => {
    const [one, other] = await split(5);
    await one.append("payments-prod one");
    await other.append("payments-prod other");
    await world.step(one);
    await world.step(other);
    await one.append("payments-prod next");
    expect(await world.step(one)).toMatchObject({ outcome: "contradiction", state: "disputed", indexedUpto: 6 });
    expect(await world.ports.store.misbehaviours()).toHaveLength(1);
  });

  test("H7 an older checkpoint of the same history is stale, and no more", async () => {
    await served.append(...someTexts(300));
    const old = served.engine.head().note;
    await served.append(...someTexts(300, "more "));
    await world.step(served);
    mangle(/checkpoint/, () => toUtf8(old));
    expect(await world.step(served)).toMatchObject({ outcome: "current", state: "following", headSize: 600 });
  });

  test("H8 a rollback, and then a fork", async () => {
    const [one, other] = await split(300);
    await one.append(...someTexts(50, "one "));
    await world.step(one);
    expect(await world.step(other)).toMatchObject({ outcome: "current", state: "following", headSize: 350 });
    await other.append(...someTexts(20, "other "));
    expect(await world.step(other)).toMatchObject({ outcome: "contradiction", code: "equivocation", headSize: 350 });
    await one.append("payments-prod more");
    expect(await world.step(one)).toMatchObject({ state: "disputed" });
  });
});
