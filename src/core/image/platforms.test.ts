import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { digestRefOf } from "../digest.ts";
import { coverPlatforms, readIndexEntries, type IndexEntry } from "./platforms.ts";

const [A, B, C] = ["a", "b", "c"].map((name) => digestRefOf(toUtf8(name)));
const INDEX = "application/vnd.oci.image.index.v1+json";
const read = (document: unknown): unknown => {
  const entries = readIndexEntries(toUtf8(JSON.stringify(document)));
  return entries.ok ? entries.value : entries.code;
};

describe("readIndexEntries", () => {
  test("tells images, indexes and attestations apart", () => {
    const manifests = [
      { digest: A, platform: { os: "linux", architecture: "arm64", variant: "v8" } },
      { digest: B, mediaType: INDEX },
      { digest: C, platform: { os: "unknown", architecture: "unknown" } },
      { digest: A },
    ];
    expect(read({ mediaType: INDEX, manifests })).toEqual([
      { digest: A, kind: "image", platform: "linux/arm64/v8" },
      { digest: B, kind: "index" },
      { digest: C, kind: "attestation" },
      { digest: A, kind: "image" },
    ]);
  });

  test.each<[string, unknown, unknown]>([
    ["a manifest is no index", { config: {}, layers: [] }, undefined],
    ["an index and an image in one", { manifests: [], layers: [] }, "manifest-ambiguous"],
    ["an index with a config", { manifests: [], config: {} }, "manifest-ambiguous"],
    ["an index without manifests", { mediaType: INDEX }, "manifest-invalid"],
    ["manifests that are no list", { manifests: {} }, "manifest-invalid"],
    ["a child without a digest", { manifests: [{}] }, "manifest-invalid"],
    ["a child of another algorithm", { manifests: [{ digest: `sha512:${"0".repeat(128)}` }] }, "manifest-invalid"],
    ["a list", [], "manifest-invalid"],
    ["65 children", { manifests: Array.from({ length: 65 }, () => ({ digest: A })) }, "too-many-children"],
  ])("%s", (_, document, expected) => {
    expect(read(document)).toBe(expected);
  });

  test("refuses a member twice", () => {
    expect(readIndexEntries(toUtf8('{"manifests":[],"manifests":[]}'))).toMatchObject({ code: "json-duplicate-key" });
  });
});

describe("coverPlatforms", () => {
  const image = (platform?: string, digest = A): IndexEntry => ({
    digest: digest ?? digestRefOf(toUtf8("")),
    kind: "image",
    ...(platform !== undefined && { platform }),
  });
  const entries = [image("linux/amd64"), image("linux/arm64/v8", B), image(undefined, C)];
  test.each<[string, readonly string[], readonly unknown[], readonly string[]]>([
    ["all, where none are asked for", [], [A, B, C], []],
    ["the one asked for", ["linux/amd64"], [A], []],
    ["every variant", ["linux/arm64"], [B], []],
    ["one variant", ["linux/arm64/v8"], [B], []],
    ["another variant", ["linux/arm64/v7"], [], ["linux/arm64/v7"]],
    ["a longer name", ["linux/arm"], [], ["linux/arm"]],
    ["one that is there and one that is not", ["linux/amd64", "linux/s390x"], [A], ["linux/s390x"]],
  ])("%s", (_, wanted, digests, missing) => {
    const cover = coverPlatforms(entries, wanted);
    expect(cover.children.map(({ digest }) => digest)).toEqual(digests);
    expect(cover.missing).toEqual(missing);
  });

  test("attestations are of no platform, and asking for more never asks for less", () => {
    const kinds = fc.constantFrom("image", "attestation", "index");
    const names = fc.constantFrom("linux/amd64", "linux/arm64", "linux/arm64/v8", "windows/amd64");
    const anyEntry = fc.record({ digest: fc.constant(digestRefOf(toUtf8("x"))), kind: kinds, platform: names });
    fc.assert(
      fc.property(fc.array(anyEntry), fc.array(names, { minLength: 1 }), names, (given, wanted, more) => {
        const [few, many] = [coverPlatforms(given, wanted), coverPlatforms(given, [...wanted, more])];
        expect(many.children.length).toBeGreaterThanOrEqual(few.children.length);
        expect(coverPlatforms(given, []).children).toHaveLength(given.filter(({ kind }) => kind === "image").length);
      }),
    );
  });
});
