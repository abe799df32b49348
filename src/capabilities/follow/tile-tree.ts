import { bug } from "../../core/bug.ts";
import { sameDigest, type Sha256 } from "../../core/digest.ts";
import { appendLeaves, EMPTY_FRONTIER, frontierRoot, type Frontier } from "../../core/merkle/frontier.ts";
import { nodesOf, planInclusion, subtreeKey, type SubtreeRef } from "../../core/merkle/proof-plan.ts";
import {
  edgeTiles,
  frontierOfEdge,
  parentOf,
  parseTile,
  TILE_WIDTH,
  tileRoot,
  type TileRef,
} from "../../core/merkle/tiles.ts";
import type { LeafIndex, TreeSize } from "../../core/merkle/tree.ts";
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
  /** Siblings of a leaf of this tree, from the leaf upwards. */
  readonly inclusionPath: (index: LeafIndex) => Promise<Proven<readonly Sha256[]>>;
};

/** A tile holds every eighth level of the tree. */
const LEVELS_PER_TILE = 8;
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
    inclusionPath: async (index) => {
      const plan = planInclusion(index, size);
      const nodes = new Map<string, Sha256>();
      for (const node of plan.nodes) {
        // oxlint-disable-next-line no-await-in-loop -- some thirty nodes, most of them of tiles that are kept
        const hash = await nodeOf(hashes, node);
        if (!hash.ok) return hash;
        nodes.set(subtreeKey(node), hash.value);
      }
      return proven(plan.build(nodesOf(nodes)));
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

/** A node that stands in no tile itself is the root over some neighbours in one. */
async function nodeOf(hashes: TileTree["hashes"], { level, index }: SubtreeRef): Promise<Proven<Sha256>> {
  const width = 2 ** (level % LEVELS_PER_TILE);
  const start = index * width;
  const tile = await hashes(Math.floor(level / LEVELS_PER_TILE), Math.floor(start / TILE_WIDTH));
  if (!tile.ok) return tile;
  const leaves = tile.value.slice(start % TILE_WIDTH, (start % TILE_WIDTH) + width);
  const [root, ...others] = appendLeaves(EMPTY_FRONTIER, leaves).hashes;
  return root && others.length === 0 ? proven(root) : bug(`node ${level}/${index} is beyond the tree`);
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
