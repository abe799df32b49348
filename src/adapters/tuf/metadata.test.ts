import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";
import { seededKeys } from "../virtual/sigstore/keys.ts";
import { newTufRepository } from "../virtual/sigstore/tuf-repository.ts";
import { verifySet, walkRoots, type ReadFile } from "./metadata.ts";

const FOLDER = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "verification/trust/public-good");

const UNSIGNED = "was signed by 0/";

describe.skipIf(!existsSync(FOLDER))("walkRoots over the roots of the public-good instance", () => {
  test("reaches version 15 from 12, although 12 has expired", async () => {
    const { root, bytes } = await walkRoots(read(12), reading({}));
    expect(root.signed.version).toBe(15);
    expect(bytes).toEqual(read(15));
  });

  test("stays where the next one is missing", async () => {
    expect((await walkRoots(read(12), reading({ 14: undefined }))).root.signed.version).toBe(13);
  });

  test("stays at the last one", async () => {
    expect((await walkRoots(read(15), reading({}))).root.signed.version).toBe(15);
  });

  test.each<[string, Readonly<Record<number, Uint8Array>>, string]>([
    ["a later root in place of the next", { 13: read(14) }, "root 13 says 14"],
    ["an earlier root in place of the next", { 14: read(12) }, "root 14 says 12"],
    ["the same root again", { 13: read(12) }, "root 13 says 12"],
    ["a changed expiry", { 13: changed(13, '"expires": "20', '"expires": "30') }, UNSIGNED],
    ["another threshold", { 13: changed(13, '"threshold": 3', '"threshold": 1') }, UNSIGNED],
    ["signatures by two of three", { 13: withoutSignatures(13, 3) }, "was signed by 2/3"],
    ["one signature three times", { 13: withOneSignature(13) }, "signature"],
    ["no JSON", { 13: new Uint8Array(1) }, "JSON"],
  ])("refuses %s", async (_, files, words) => {
    await expect(walkRoots(read(12), reading(files))).rejects.toThrow(words);
  });

  test("refuses to start from a root that did not sign itself", async () => {
    const root = changed(15, '"threshold": 3', '"threshold": 1');
    await expect(walkRoots(root, reading({}))).rejects.toThrow(UNSIGNED);
  });
});

function read(version: number): Uint8Array {
  return existsSync(FOLDER) ? new Uint8Array(readFileSync(join(FOLDER, `${version}.root.json`))) : new Uint8Array(0);
}

function reading(instead: Readonly<Record<number, Uint8Array | undefined>>): ReadFile {
  return async (name) => {
    const version = Number(name.split(".")[0]);
    return version in instead ? instead[version] : version <= 15 ? read(version) : undefined;
  };
}

function changed(version: number, from: string, to: string): Uint8Array {
  const text = new TextDecoder().decode(read(version));
  if (text !== "" && !text.includes(from)) throw new Error(`no ${from}`);
  return new TextEncoder().encode(text.replaceAll(from, to));
}

type Signed = { readonly signatures: readonly unknown[] };

function withoutSignatures(version: number, count: number): Uint8Array {
  return rewrite(version, (root) => ({ ...root, signatures: root.signatures.slice(count) }));
}

function withOneSignature(version: number): Uint8Array {
  return rewrite(version, (root) => ({ ...root, signatures: [1, 2, 3].map(() => root.signatures[0]) }));
}

function rewrite(version: number, change: (root: Signed) => Signed): Uint8Array {
  const text = new TextDecoder().decode(read(version));
  if (text === "") return new Uint8Array(0);
  return new TextEncoder().encode(JSON.stringify(change(JSON.parse(text) as Signed)));
}

describe("verifySet", () => {
  test("takes a set whose parts belong together, and says when the first of them expires", async () => {
    const { pinned, files } = await newSet("tuf", 1);
    const set = await verifySet(pinned, async (name) => files[name], ["a", "absent"]);
    expect(set).toMatchObject({ rootVersion: 1, timestampVersion: 1, expires: NOW + 90 * 86_400_000 });
    expect([...set.targets]).toEqual([["a", toUtf8("1")]]);
  });

  test.each(["timestamp.json", "snapshot.json", "targets.json", "targets/a"])(
    "refuses a set without %s",
    async (name) => {
      const { pinned, files } = await newSet("tuf", 1);
      const take = async (asked: string) => (asked === name ? undefined : files[asked]);
      await expect(verifySet(pinned, take, ["a"])).rejects.toThrow(`no ${name}`);
    },
  );

  test.each<[string, string, number]>([
    ["timestamp.json", "tuf", 2],
    ["snapshot.json", "tuf", 2],
    ["targets.json", "tuf", 2],
    ["targets/a", "tuf", 2],
    ["timestamp.json", "another", 1],
    ["snapshot.json", "another", 1],
    ["targets.json", "another", 1],
  ])("refuses a set with the %s of %s, version %i", async (name, seed, version) => {
    const { pinned, files } = await newSet("tuf", 1);
    const other = await newSet(seed, version);
    const take = async (asked: string) => (asked === name ? other.files[asked] : files[asked]);
    await expect(verifySet(pinned, take, ["a"])).rejects.toThrow(/sign|hash|length|version/i);
  });
});

const NOW = (parseUnixMs(1_790_000_000_000) ?? 0) as UnixMs;

async function newSet(seed: string, version: number) {
  const targets = { a: toUtf8(String(version)) };
  const repository = await newTufRepository({ keys: seededKeys(seed), now: () => NOW, targets, version });
  const files: Record<string, Uint8Array | undefined> = {
    "timestamp.json": repository.file("timestamp.json"),
    "snapshot.json": repository.file(`${version}.snapshot.json`),
    "targets.json": repository.file(`${version}.targets.json`),
    "targets/a": targets.a,
  };
  return { pinned: repository.root, files };
}
