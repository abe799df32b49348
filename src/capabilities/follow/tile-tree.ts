import { bug } from "../../core/bug.ts";
import { sameDigest, type Sha256 } from "../../core/digest.ts";
import { frontierRoot, type Frontier } from "../../core/merkle/frontier.ts";
import {
  edgeTiles,
  frontierOfEdge,
  parentOf,
  parseTile,
  renderTile,
  TILE_WIDTH,
  tilePath,
  tileRoot,
  tileWidthAt,
  type TileRef,
} from "../../core/merkle/tiles.ts";
import type { TreeSize } from "../../core/merkle/tree.ts";
import type { TiledLogReader } from "../../ports/transparency-log.ts";
import { proven, unproven, type Proven } from "./followed-log.ts";

/** The tiles of one checkpoint's tree. Every hash that it gives is authenticated from the root down. */
export type TileTree = {
  readonly size: TreeSize;
  readonly root: Sha256;
  /** The hashes of the tile at that place, as wide as it is in this tree. */
  readonly hashes: (level: number, index: number) => Promise<Proven<readonly Sha256[]>>;
  /** The frontier that this tree had when it was of `size`, which is not above its own. */
  readonly frontierAt: (size: TreeSize) => Promise<Proven<Frontier>>;
  /** All tiles by their path that lead from the root to that frontier: what a third party needs to repeat it. */
  readonly tilesBelow: (size: TreeSize) => Promise<Proven<Readonly<Record<string, Uint8Array>>>>;
};

/** Tiles above level 0 that are kept: a path of every level and its neighbours, 8 KiB each. */
const KEPT_MAX = 64;

/**
 * Opens the tree of a checkpoint whose signature verified: reads the tiles of its right edge, whose hashes give the
 * root. Full tiles hang on them, level by level, so no proof is asked of the log and none is believed.
 */
export async function openTileTree(
  reader: TiledLogReader,
  checkpoint: { readonly size: TreeSize; readonly root: Sha256 },
  signal: AbortSignal,
): Promise<Proven<TileTree>> {
  const { size, root } = checkpoint;
  const edge = await readAll(edgeTiles(size), (tile) => readTile(reader, tile, signal));
  if (!edge.ok) return edge;
  const frontier = frontierOfEdge(size, (tile) => edge.value.get(keyOf(tile))) ?? bug("an edge of other widths");
  if (!sameDigest(frontierRoot(frontier), root)) {
    return unproven("tile-hash-mismatch", `the edge of the tree of ${size} does not give the signed root`);
  }
  const hashes = authenticated(reader, edge.value, signal);
  return proven({
    size,
    root,
    hashes,
    tilesBelow: async (earlier) => {
      const wanted = [...edgeTiles(size), ...edgeTiles(earlier).flatMap((tile) => upwards(tile, size))];
      const tiles = await readAll(wanted, ({ level, index }) => hashes(level, index));
      if (!tiles.ok) return tiles;
      return proven(
        Object.fromEntries(
          wanted.map(({ level, index }) => [
            tilePath({ level, index, width: tileWidthAt(size, level, index) }),
            renderTile(tiles.value.get(keyOf({ level, index })) ?? bug("a tile that was read")),
          ]),
        ),
      );
    },
    frontierAt: async (earlier) => {
      const tiles = await readAll(edgeTiles(earlier), ({ level, index }) => hashes(level, index));
      if (!tiles.ok) return tiles;
      return proven(frontierOfEdge(earlier, (tile) => tiles.value.get(keyOf(tile))) ?? bug("a tree beyond its size"));
    },
  });
}

/** Full tiles, each held against its hash in the tile above, which is authenticated first. */
function authenticated(
  reader: TiledLogReader,
  edge: ReadonlyMap<string, readonly Sha256[]>,
  signal: AbortSignal,
): TileTree["hashes"] {
  const kept = new Map<string, Promise<Proven<readonly Sha256[]>>>();
  const load: TileTree["hashes"] = async (level, index) => {
    const tile: TileRef = { level, index, width: TILE_WIDTH };
    const { level: above, index: parent, position } = parentOf(tile);
    const [parents, served] = await Promise.all([hashes(above, parent), readTile(reader, tile, signal)]);
    if (!parents.ok || !served.ok) return parents.ok ? served : parents;
    const expected = parents.value[position] ?? bug(`tile ${level}/${index} is beyond the tree`);
    return sameDigest(tileRoot(served.value), expected)
      ? served
      : unproven("tile-hash-mismatch", `tile ${level}/${index} is not the one under the signed root`);
  };
  const hashes: TileTree["hashes"] = async (level, index) => {
    const key = keyOf({ level, index });
    const known = edge.get(key);
    if (known) return proven(known);
    // Tiles of level 0 are asked for once; those above by every tile below, so that even the answer awaited is shared.
    if (level === 0) return load(level, index);
    const answer = kept.get(key) ?? load(level, index);
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(key, answer);
    return answer;
  };
  return hashes;
}

/** A tile and those above it, as far as the tree goes. */
function upwards({ level, index }: TileRef, size: TreeSize): readonly TileRef[] {
  const width = tileWidthAt(size, level, index);
  const tile = { level, index, width };
  return width < TILE_WIDTH ? [tile] : [tile, ...upwards({ ...parentOf(tile), width: 0 }, size)];
}

async function readTile(
  reader: TiledLogReader,
  { level, index, width }: TileRef,
  signal: AbortSignal,
): Promise<Proven<readonly Sha256[]>> {
  const bytes = await reader.tile(level, index, width, signal);
  const hashes = parseTile(bytes, width);
  return hashes
    ? proven(hashes)
    : unproven("tile-malformed", `tile ${level}/${index} has ${bytes.length} bytes where ${width} hashes are needed`);
}

async function readAll(
  tiles: readonly TileRef[],
  read: (tile: TileRef) => Promise<Proven<readonly Sha256[]>>,
): Promise<Proven<ReadonlyMap<string, readonly Sha256[]>>> {
  const found = new Map<string, readonly Sha256[]>();
  const served = await Promise.all(tiles.map(async (tile) => ({ tile, hashes: await read(tile) })));
  for (const { tile, hashes } of served) {
    if (!hashes.ok) return hashes;
    found.set(keyOf(tile), hashes.value);
  }
  return proven(found);
}

function keyOf({ level, index }: Pick<TileRef, "level" | "index">): string {
  return `${level}/${index}`;
}
