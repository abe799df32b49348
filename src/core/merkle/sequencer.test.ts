import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { naiveRoot, someBodies } from "../../../test/setup/naive-tree.ts";
import { frontierRoot } from "./frontier.ts";
import { EMPTY_LOG, sequence, type SequencerState } from "./sequencer.ts";
import { bundlesOf, bundlePath, frontierOfEdge, parseEntryBundle, parseTile, tilePath, tileWidthAt } from "./tiles.ts";
import { leafHash, type TreeSize } from "./tree.ts";

/** Appends batches of these lengths and keeps the files as a disk would. */
function grow(batches: readonly number[]) {
  const bodies = someBodies(batches.reduce((sum, length) => sum + length, 0));
  const disk = new Map<string, Uint8Array>();
  let state: SequencerState = EMPTY_LOG;
  let from = 0;
  for (const length of batches) {
    const batch = bodies.slice(from, from + length);
    const { files, ...next } = sequence(state, batch);
    for (const { path, bytes } of files) disk.set(path, bytes);
    expect(next.firstIndex).toBe(from);
    state = next.state;
    from += length;
    expect(next.root).toEqual(rootFrom(disk, from));
  }
  return { bodies, disk, state };
}

/** The root that a reader computes from the files alone. */
function rootFrom(disk: ReadonlyMap<string, Uint8Array>, size: number) {
  const frontier = frontierOfEdge(size as TreeSize, (tile) => {
    const bytes = disk.get(tilePath(tile));
    return bytes && parseTile(bytes, tile.width);
  });
  return frontier && frontierRoot(frontier);
}

describe("sequence", () => {
  test("keeps files from which a reader computes the root and reads every entry, whatever the batches", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }), (batches) => {
        const { bodies, disk } = grow(batches);
        const size = bodies.length as TreeSize;
        expect(rootFrom(disk, size)).toEqual(naiveRoot(bodies.map(leafHash)));
        const read = bundlesOf(0 as TreeSize, size).flatMap(({ index, width }) => {
          const bytes = disk.get(bundlePath(index, width));
          return bytes ? parseEntryBundle(bytes, width) : undefined;
        });
        expect(read).toEqual(bodies);
      }),
      { numRuns: 15 },
    );
  });

  test("builds the tiles of 70,000 leaves that the specification counts", () => {
    const { disk } = grow([69_000, 1000]);
    const paths = [...disk.keys()].filter((path) => path.startsWith("tile/") && !path.startsWith("tile/entries/"));
    const full = (level: number) => paths.filter((path) => path.startsWith(`tile/${level}/`) && !path.includes(".p/"));
    expect([full(0).length, full(1).length, full(2).length]).toEqual([273, 1, 0]);
    expect(paths).toEqual(expect.arrayContaining(["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]));
  });

  test("writes bundles before tiles, and tiles from level 0 up", () => {
    const { state } = grow([255]);
    expect(sequence(state, someBodies(2, 1)).files.map(({ path, full }) => [path, full])).toEqual([
      ["tile/entries/000", true],
      ["tile/entries/001.p/1", false],
      ["tile/0/000", true],
      ["tile/0/001.p/1", false],
      ["tile/1/000.p/1", false],
    ]);
  });

  test("keeps extras beside the bodies, outside the tree", () => {
    const { state } = sequence(EMPTY_LOG, someBodies(255), someBodies(255, 7));
    const next = sequence(state, someBodies(2, 1), someBodies(2, 9));
    expect(next.files.map(({ path }) => path).slice(0, 3)).toEqual(["extra/000", "extra/001.p/1", "tile/entries/000"]);
    const bytes = next.files[0]?.bytes ?? new Uint8Array();
    expect(parseEntryBundle(bytes, 256)).toEqual([...someBodies(255, 7), ...someBodies(1, 9)]);
    expect(next.root).toEqual(sequence(sequence(EMPTY_LOG, someBodies(255)).state, someBodies(2, 1)).root);
  });

  test("writes no file above level 0 that did not change", () => {
    const { state } = grow([256, 3]);
    expect(sequence(state, someBodies(1, 1)).files.map(({ path }) => path)).toEqual([
      "tile/entries/001.p/4",
      "tile/0/001.p/4",
    ]);
  });

  test("repeats a batch byte for byte and changes no state it was given", () => {
    const { state } = grow([100]);
    const copy = structuredClone(state);
    const first = sequence(state, someBodies(200, 1));
    expect(sequence(state, someBodies(200, 1))).toEqual(first);
    expect(state).toEqual(copy);
  });

  test("writes every tile as wide as the tree says", () => {
    const { disk, bodies } = grow([300, 400, 100]);
    const tiles = [0, 1].flatMap((level) => [0, 1, 2, 3].map((index) => ({ level, index })));
    const widths = tiles.map(({ level, index }) => tileWidthAt(bodies.length as TreeSize, level, index));
    expect(widths).toEqual([256, 256, 256, 32, 3, 0, 0, 0]);
    for (const [i, tile] of tiles.slice(0, 5).entries()) {
      const width = widths[i] ?? 0;
      expect(disk.get(tilePath({ ...tile, width }))).toHaveLength(32 * width);
    }
  });
});
