import { describe, expect, test } from "vitest";
import { parseDigestRef, type DigestRef } from "../digest.ts";
import { digestsOfSet, matchInSet, readManifestParts, type ImageSet } from "./image-set.ts";

const [index, child, config, other] = ["1", "2", "3", "9"].map(digest) as [DigestRef, DigestRef, DigestRef, DigestRef];
const set: ImageSet = {
  subject: index,
  isIndex: true,
  children: [{ manifest: child, platform: "linux/amd64", config }],
};

describe("matchInSet", () => {
  test.each([
    [index, "match-index"],
    [child, "match-child"],
    [config, "match-config"],
    [other, undefined],
  ])("%s is %s", (reported, match) => {
    expect(matchInSet(set, reported)).toBe(match);
  });

  test("a manifest that stands alone is matched exactly", () => {
    expect(matchInSet({ subject: child, isIndex: false, children: [] }, child)).toBe("match-exact");
  });

  test("a set names each digest once, the subject first", () => {
    expect(digestsOfSet({ ...set, children: [...set.children, ...set.children] })).toEqual([index, child, config]);
  });
});

describe("readManifestParts", () => {
  test("reads an index with its platforms", () => {
    const manifest = {
      manifests: [{ digest: child, platform: { os: "linux", architecture: "arm", variant: "v7" } }, { digest: "x" }],
    };
    expect(readManifestParts(manifest)).toEqual({
      ok: true,
      value: { kind: "index", children: [{ manifest: child, platform: "linux/arm/v7" }] },
    });
  });

  test("reads the configuration of a manifest", () => {
    expect(readManifestParts({ config: { digest: config } })).toEqual({
      ok: true,
      value: { kind: "manifest", config },
    });
  });

  test.each([[null], [{}], [[]], [{ config: { digest: "sha256:x" } }]])("refuses %j", (manifest) => {
    expect(readManifestParts(manifest)).toMatchObject({ ok: false, code: "manifest-shape" });
  });
});

function digest(character: string): DigestRef {
  return parseDigestRef(`sha256:${character.repeat(64)}`) as DigestRef;
}
