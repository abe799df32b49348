import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { someLeaves } from "../../../test/setup/naive-tree.ts";
import { appendLeaves, EMPTY_FRONTIER } from "./frontier.ts";
import {
  bundlePath,
  bundlesOf,
  edgeTiles,
  frontierOfEdge,
  parentOf,
  parseEntryBundle,
  parseTile,
  renderEntryBundle,
  renderTile,
  tilePath,
  tileRoot,
  tileWidthAt,
} from "./tiles.ts";
import type { TreeSize } from "./tree.ts";

const size = (n: number): TreeSize => n as TreeSize;

describe("tile paths", () => {
  test.each([
    [{ level: 0, index: 1_234_067, width: 256 }, "tile/0/x001/x234/067"],
    [{ level: 0, index: 0, width: 256 }, "tile/0/000"],
    [{ level: 1, index: 999, width: 1 }, "tile/1/999.p/1"],
    [{ level: 0, index: 1000, width: 112 }, "tile/0/x001/000.p/112"],
    [{ level: 2, index: 1_000_000, width: 255 }, "tile/2/x001/x000/000.p/255"],
  ])("writes %j", (tile, path) => {
    expect(tilePath(tile)).toBe(path);
  });

  test("writes those of bundles", () => {
    expect(bundlePath(273, 112)).toBe("tile/entries/273.p/112");
    expect(bundlePath(1273, 256)).toBe("tile/entries/x001/273");
  });
});

describe("edgeTiles", () => {
  test("gives the example of the specification: 70,000 leaves", () => {
    expect(edgeTiles(size(70_000))).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  test("asks for no empty tile", () => {
    expect(edgeTiles(size(65_536))).toEqual([{ level: 2, index: 0, width: 1 }]);
    expect(edgeTiles(size(0))).toEqual([]);
  });
});

describe("frontierOfEdge", () => {
  const leaves = someLeaves(70_000);
  const levels = [leaves, rowAbove(leaves), rowAbove(rowAbove(leaves))];
  const hashesOf = ({ level, index }: { level: number; index: number }) =>
    levels[level]?.slice(index * 256, (index + 1) * 256);

  test.each([0, 1, 255, 256, 257, 65_535, 70_000])("gives the frontier of %d leaves", (n) => {
    const frontier = frontierOfEdge(size(n), hashesOf);
    expect(frontier).toEqual(appendLeaves(EMPTY_FRONTIER, leaves.slice(0, n)));
  });

  test("refuses a tile that is missing or too narrow", () => {
    expect(frontierOfEdge(size(257), () => undefined)).toBeUndefined();
    expect(frontierOfEdge(size(258), (tile) => hashesOf(tile)?.slice(0, 1))).toBeUndefined();
  });

  test("finds a full tile's hash in its parent", () => {
    const parent = parentOf({ level: 0, index: 272, width: 256 });
    expect(parent).toEqual({ level: 1, index: 1, position: 16 });
    expect(levels[1]?.[parent.index * 256 + parent.position]).toEqual(tileRoot(leaves.slice(272 * 256, 273 * 256)));
  });
});

describe("parseTile", () => {
  test("splits what renderTile joined, and nothing of another length", () => {
    const hashes = someLeaves(3);
    expect(parseTile(renderTile(hashes), 3)).toEqual(hashes);
    expect(parseTile(renderTile(hashes), 2)).toBeUndefined();
    expect(parseTile(renderTile(hashes).slice(1), 3)).toBeUndefined();
  });
});

describe("parseEntryBundle", () => {
  test("splits what renderEntryBundle joined", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), (entries) => {
        expect(parseEntryBundle(renderEntryBundle(entries), entries.length)).toEqual(entries);
      }),
    );
  });

  const bundle = renderEntryBundle([Uint8Array.of(1), Uint8Array.of(2, 3)]);
  test.each([
    ["one entry more than told", bundle, 1],
    ["one entry less than told", bundle, 3],
    ["a byte behind", Uint8Array.of(...bundle, 0), 2],
    ["a cut entry", bundle.slice(0, -1), 2],
    ["a cut length", bundle.slice(0, 4), 2],
  ])("refuses %s", (_, bytes, width) => {
    expect(parseEntryBundle(bytes, width)).toBeUndefined();
  });

  test("holds the largest entry", () => {
    const largest = new Uint8Array(65_535).fill(1);
    expect(parseEntryBundle(renderEntryBundle([largest]), 1)).toEqual([largest]);
  });
});

describe("bundlesOf", () => {
  test("covers a range with the widths of the tree's end", () => {
    expect(bundlesOf(size(250), size(515))).toEqual([
      { index: 0, width: 256 },
      { index: 1, width: 256 },
      { index: 2, width: 3 },
    ]);
    expect(bundlesOf(size(256), size(256))).toEqual([]);
    expect(bundlesOf(size(256), size(257))).toEqual([{ index: 1, width: 1 }]);
  });

  test("agrees with the width of tiles", () => {
    expect(tileWidthAt(size(70_000), 1, 1)).toBe(17);
    expect(tileWidthAt(size(70_000), 1, 0)).toBe(256);
    expect(tileWidthAt(size(70_000), 1, 2)).toBe(0);
  });
});

function rowAbove(row: readonly ReturnType<typeof tileRoot>[]): readonly ReturnType<typeof tileRoot>[] {
  return Array.from({ length: Math.floor(row.length / 256) }, (_, i) => tileRoot(row.slice(i * 256, (i + 1) * 256)));
}
