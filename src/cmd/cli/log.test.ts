import { readFileSync, writeFileSync } from "node:fs";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openFollowWorld, someTexts, type FollowWorld, type ServedLog } from "../../../test/follow/follow-world.ts";
import { newInstallation, type Installation } from "../../../test/setup/installation.ts";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

/** Every command here is the real one, on a store in a folder and a log on a socket. */
let world: FollowWorld;
let served: ServedLog;
let place: Installation;
beforeEach(async () => {
  world = openFollowWorld();
  served = await world.serveRekor2();
  await served.append(...someTexts(5));
  await served.appendBodies(world.pool.signed("payments-prod", "an artifact", "rekor2"));
  place = newInstallation(world, served);
});
afterEach(() => world.close());

async function say(...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  await runCli(argv, io, COMMANDS);
  return heard;
}
const configured = (...argv: readonly string[]): Promise<Heard> => say(...argv, "--config", place.config);
const followed = (): Promise<Heard> => configured("log", "follow", "--once");

describe("log", () => {
  test("follow --once reads to where the log is, and says so", async () => {
    const heard = await followed();
    expect(heard).toMatchObject({ exit: 0, err: "" });
    expect(heard.out).toMatch(/rekor2 +current +following +6 +6 +6/);
    const again = JSON.parse((await configured("log", "follow", "--once", "-o", "json")).out);
    expect(again.items).toMatchObject([{ log: "rekor2", outcome: "current", added: 0, indexedUpto: 6 }]);
  });

  test("follow --once exits 3 when the log cannot be proven, and keeps what was", async () => {
    await followed();
    await served.append(...someTexts(3, "more "));
    served.faults.mangle = (path, bytes) => (path.startsWith("tile/entries") ? undefined : bytes);
    const heard = await followed();
    expect(heard.exit).toBe(3);
    expect(heard.out).toMatch(/unproven +unproven +9 +6 +0 +tile-missing/);
    expect((await configured("log", "status", "rekor2")).exit).toBe(3);
  });

  test("follow --once exits 5 when the log contradicts itself, and evidence of it can be exported", async () => {
    await followed();
    const key = generateKeyPairSync("ed25519").privateKey;
    const [one, other] = [await world.serveRekor2({ key }), await world.serveRekor2({ key })];
    place = newInstallation(world, one);
    await one.append(...someTexts(5, "one "));
    await followed();
    await other.append(...someTexts(5, "other "));
    one.faults.mangle = (path) => other.engine.read(path);
    const heard = await followed();
    expect(heard.exit).toBe(5);
    expect(heard.out).toMatch(/contradiction +disputed +5 +5 +0 +equivocation: two roots of size 5/);
    const status = await configured("log", "status", "rekor2");
    expect(status.exit).toBe(5);
    expect(status.out).toMatch(/^rekor2 is disputed: equivocation/);

    const out = join(place.folder, "contradiction.tar");
    expect(await configured("evidence", "export", "rekor2", "--out", out)).toMatchObject({ exit: 0 });
    const verified = await say("evidence", "verify", out, "--trusted-root", place.root);
    expect(verified.exit).toBe(5);
    expect(verified.out).toMatch(/^The file shows that a log contradicted itself/);
  });

  test("list and status show how far a log is read, and what is not covered", async () => {
    await followed();
    const list = await configured("log", "list");
    expect(list.out).toMatch(/rekor2 +following +6 +6 +0/);
    expect(JSON.parse((await configured("log", "list", "-o", "json")).out).items).toMatchObject([
      { log: "rekor2", indexedUpto: 6 },
    ]);
    const status = await configured("log", "status", "rekor2");
    expect(status).toMatchObject({ exit: 0, err: "" });
    expect(status.out).toMatch(/not covered:\n {2}entries logged after the heads shown/);
  });

  test("prove shows that an entry is in its log", async () => {
    await followed();
    const heard = await configured("log", "prove", "rekor2/3");
    expect(heard.exit).toBe(0);
    expect(heard.out).toMatch(/^PASS {2}rekor2\/3: included under the checkpoint of 6 entries/);
  });

  test.each([
    [["log", "status", "rekor9"], /^input[.]unknown: [^]+log rekor9/],
    [["log", "prove", "rekor2/99"], /^input[.]unknown: [^]+event rekor2\/99/],
    [["log", "prove", "nonsense"], /log\/index/],
    [["log", "follow", "--once", "--log", "rekor9"], /no log rekor9 is followed; configured: rekor2/],
    [["evidence", "export", "rekor2", "--out", "x.tar"], /^input[.]unknown: [^]+no contradiction/],
  ])("%j is told what is wrong, and exits 2", async (argv, sentence) => {
    await followed();
    const heard = await configured(...argv);
    expect(heard.err).toMatch(sentence);
    expect(heard.exit).toBe(2);
  });

  test("follow with nothing to follow is no success", async () => {
    const config = join(place.folder, "empty.yaml");
    writeFileSync(config, `store: { url: "sqlite:${join(place.folder, "empty.db")}" }\n`);
    const heard = await say("log", "follow", "--once", "--config", config);
    expect(heard).toMatchObject({ exit: 2, out: "" });
    expect(heard.err).toContain("no log is configured");
  });

  test("follow needs --once: serve follows all the time", async () => {
    expect((await configured("log", "follow")).exit).toBe(2);
  });
});

async function exported(): Promise<string> {
  await followed();
  const out = join(place.folder, "event.tar");
  expect(await configured("evidence", "export", "rekor2/5", "--out", out)).toMatchObject({ exit: 0, err: "" });
  return out;
}

describe("evidence", () => {
  test("export writes a file that verify finds to hold, with nothing else", async () => {
    const out = await exported();
    const heard = await say("evidence", "verify", out);
    expect(heard).toMatchObject({ exit: 0, err: "" });
    expect(heard.out).toMatch(/^The evidence holds\.\n {2}about {2}rekor2\/5/);
    expect(heard.out).toMatch(/trust: self-supplied/);
    expect(heard.out).toMatch(/pass +inclusion +entry 5 is in the tree of 6/);
    expect(heard.out).toMatch(/stated +correlation +unproven/);
    expect((await say("evidence", "verify", out, "--trusted-root", place.root)).out).toMatch(/trust: given/);
    const json = JSON.parse((await say("evidence", "verify", out, "-o", "json")).out);
    expect(json).toMatchObject({ outcome: "holds", events: [{ logIndex: 5 }] });
  });

  test("verify exits 5 for a file with one byte changed, and 2 for none", async () => {
    const out = await exported();
    const bytes = readFileSync(out);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(out, bytes);
    expect(await say("evidence", "verify", out)).toMatchObject({ exit: 5 });
    expect(await say("evidence", "verify", join(place.folder, "nothing.tar"))).toMatchObject({ exit: 2 });
    expect(await say("evidence", "verify", place.config)).toMatchObject({
      exit: 2,
      err: expect.stringContaining("evidence.malformed"),
    });
  });

  test("verify exits 1 where a check fails: the signature of this entry is none", async () => {
    await followed();
    const out = join(place.folder, "event.tar");
    await configured("evidence", "export", "rekor2/0", "--out", out);
    expect((await say("evidence", "verify", out)).exit).toBe(1);
  });

  test("export says where it cannot write, and for what it has no proof", async () => {
    await followed();
    const nowhere = await configured("evidence", "export", "rekor2/5", "--out", join(place.folder, "no", "x.tar"));
    expect(nowhere).toMatchObject({ exit: 2 });
    expect(nowhere.err).toMatch(/output\.unwritable/);
    const unknown = await configured("evidence", "export", "rekor2/99", "--out", join(place.folder, "x.tar"));
    expect(unknown).toMatchObject({ exit: 3 });
    expect(unknown.err).toMatch(/event: rekor2\/99 is not in the store/);
  });
});
