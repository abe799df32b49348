import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes } from "../bytes/bytes.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { UnixMs } from "../time.ts";
import { judgeManifest, MANIFEST, MANIFEST_SHA256, sealFiles, type ManifestHead } from "./manifest.ts";
import { isTarPath, readTar, renderTar, type Tar, type TarFile } from "./tar.ts";

const head: ManifestHead = {
  scope: "rekor/7",
  asOf: 1_790_000_000_000 as UnixMs,
  product: { name: "countersign", version: "0.1.0" },
  notCovered: ["what was never logged"],
};
const anyPath = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_%-][A-Za-z0-9._%-]{0,60}$/), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"))
  .filter(isTarPath);
const anyFiles = fc.uniqueArray(fc.record({ path: anyPath, bytes: fc.uint8Array({ maxLength: 1_100 }) }), {
  minLength: 1,
  maxLength: 6,
  selector: ({ path }) => path,
});
const byPath = (files: readonly TarFile[]): readonly TarFile[] => files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
const plain = (tar: Tar): unknown => ({ ...tar, files: tar.files.map(({ path, bytes }) => [path, [...bytes]]) });

describe("renderTar and readTar", () => {
  test("read what was written, whatever the order, the lengths and the depth", () => {
    fc.assert(
      fc.property(anyFiles, fc.integer({ min: 0, max: 2 ** 33 - 1 }), (files, mtimeSeconds) => {
        const bytes = renderTar({ files, mtimeSeconds });
        expect(renderTar({ files: files.toReversed(), mtimeSeconds })).toEqual(bytes);
        const read = readTar(bytes);
        expect(read.ok && plain(read.value)).toEqual(plain({ files: byPath(files), mtimeSeconds }));
      }),
    );
  });

  test("refuse an archive with any one bit changed outside the files", () => {
    const files = [
      { path: "a", bytes: toUtf8("content") },
      { path: "b/c", bytes: new Uint8Array(600) },
    ];
    const bytes = renderTar({ files, mtimeSeconds: 7 });
    const content = [...toUtf8("content")].length;
    for (let at = 0; at < bytes.length; at++) {
      const inFile = (at >= 512 && at < 512 + content) || (at >= 1536 && at < 1536 + 600);
      if (inFile) continue;
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      const read = readTar(flipped);
      expect(read.ok && plain(read.value), `byte ${at}`).not.toEqual(plain({ files, mtimeSeconds: 7 }));
    }
  });

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array()],
    ["two zero blocks alone", new Uint8Array(1024)],
    ["a cut file", renderTar({ files: [{ path: "a", bytes: new Uint8Array(600) }], mtimeSeconds: 0 }).subarray(0, 900)],
    [
      "padding behind the end",
      concatBytes([
        renderTar({ files: [{ path: "a", bytes: new Uint8Array(1) }], mtimeSeconds: 0 }),
        new Uint8Array(512),
      ]),
    ],
    ["noise", new Uint8Array(2048).fill(65)],
  ])("refuse %s", (_, bytes) => {
    expect(readTar(bytes).ok).toBe(false);
  });

  test.each([
    "../a",
    "a/../b",
    "/a",
    "a//b",
    "a/",
    "",
    ".",
    "a b",
    "a\\b",
    "\u00e9",
    "x".repeat(101),
    `${"x".repeat(156)}/a`,
  ])("have no place for the path %j", (path) => {
    expect(isTarPath(path)).toBe(false);
  });

  test("take a path of 255 bytes that divides at a slash", () => {
    expect(isTarPath(`${"p".repeat(155)}/${"n".repeat(99)}`)).toBe(true);
  });
});

describe("judgeManifest", () => {
  const files = [
    { path: "events/000/entry.json", bytes: toUtf8("{}") },
    { path: "coverage.json", bytes: toUtf8("{}") },
  ];

  test("gives back what was sealed", () => {
    const read = readTar(renderTar(sealFiles(files, head)));
    expect(read.ok && judgeManifest(read.value)).toEqual({ ok: true, value: head });
  });

  const sealed = sealFiles(files, head);
  const without = (path: string): Tar => ({ ...sealed, files: sealed.files.filter((file) => file.path !== path) });
  const having = (path: string, text: string): Tar => ({
    ...sealed,
    files: [...sealed.files.filter((file) => file.path !== path), { path, bytes: toUtf8(text) }],
  });
  test.each<[string, Tar, string]>([
    ["no manifest", without(MANIFEST), "manifest-missing"],
    ["no hash of it", without(MANIFEST_SHA256), "manifest-missing"],
    ["another manifest", having(MANIFEST, "{}"), "manifest-digest"],
    ["a member less", without("coverage.json"), "member-missing"],
    ["a member more", having("coverage2.json", "{}"), "member-unlisted"],
    ["another member", having("coverage.json", "[]"), "member-digest"],
    ["another time", { ...sealed, mtimeSeconds: 1 }, "manifest-digest"],
  ])("refuses %s", (_, tar, code) => {
    expect(judgeManifest(tar)).toMatchObject({ ok: false, code });
  });

  test("is not passed by an archive with any one byte changed", () => {
    const bytes = renderTar(sealed);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ change;
        const read = readTar(changed);
        expect(read.ok && judgeManifest(read.value).ok).toBe(false);
      }),
      { numRuns: 400 },
    );
  });
});
