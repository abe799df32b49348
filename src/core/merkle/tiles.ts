import { branded } from "../brand.ts";
import { bug } from "../bug.ts";
import { parseSha256, type Sha256 } from "../digest.ts";
import { appendLeaves, EMPTY_FRONTIER, parseFrontier, type Frontier } from "./frontier.ts";
import { nodeHash, type TreeSize } from "./tree.ts";

/** Hashes in a full tile, and entries in a full bundle (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
const HASH_BYTES = 32;
/** The largest entry: its length has 16 bits. */
export const ENTRY_BYTES_MAX = 65_535;
/** An entry bundle at its largest, decompressed. */
export const BUNDLE_BYTES_MAX: number = TILE_WIDTH * (ENTRY_BYTES_MAX + 2);

/** `width` hashes of level `8 * level`, from `index * 256` on; 256 when full. */
export type TileRef = { readonly level: number; readonly index: number; readonly width: number };

/** `tile/<level>/<index>[.p/<width>]` */
export function tilePath(tile: TileRef): string {
  return `tile/${tile.level}/${indexPath(tile.index)}${partialSuffix(tile.width)}`;
}

/** `tile/entries/<index>[.p/<width>]` */
export function bundlePath(index: number, width: number): string {
  return `tile/entries/${indexPath(index)}${partialSuffix(width)}`;
}

/** `extra/<index>[.p/<width>]`: a bundle of our own of what goes with the entries; no part of tlog-tiles. */
export function extraPath(index: number, width: number): string {
  return `extra/${indexPath(index)}${partialSuffix(width)}`;
}

/** Groups of three digits, all but the last with an `x`: 1234067 is `x001/x234/067`. */
function indexPath(index: number): string {
  const groups = [threeDigits(index)];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${threeDigits(rest)}`);
  }
  return groups.join("/");
}

function threeDigits(value: number): string {
  return String(value % 1000).padStart(3, "0");
}

function partialSuffix(width: number): string {
  return width === TILE_WIDTH ? "" : `.p/${width}`;
}

/** Splits a tile into its hashes; `undefined` when it is not exactly `width` of them. */
export function parseTile(bytes: Uint8Array, width: number): readonly Sha256[] | undefined {
  if (bytes.length !== width * HASH_BYTES) return undefined;
  return Array.from(
    { length: width },
    (_, i) => parseSha256(bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)) ?? bug("a slice of 32 bytes"),
  );
}

export function renderTile(hashes: readonly Sha256[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES);
  for (const [i, hash] of hashes.entries()) bytes.set(hash, i * HASH_BYTES);
  return bytes;
}

/** Splits an entry bundle into its entries; `undefined` when it is not exactly `width` of them with nothing behind. */
export function parseEntryBundle(bytes: Uint8Array, width: number): readonly Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < width) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    if (high === undefined || low === undefined) return undefined;
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return at === bytes.length ? entries : undefined;
}

export function renderEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > ENTRY_BYTES_MAX) bug(`an entry of ${entry.length} bytes in a bundle`);
    bytes[at] = entry.length >> 8;
    bytes[at + 1] = entry.length;
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/**
 * The unfinished tiles on the right edge of a tree, from level 0 up; levels without one are left out. Their hashes
 * give the root, and every full tile below hangs on one of them.
 */
export function edgeTiles(size: TreeSize): readonly TileRef[] {
  const tiles: TileRef[] = [];
  let count: number = size;
  for (let level = 0; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    const width = count % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: Math.floor(count / TILE_WIDTH), width });
  }
  return tiles;
}

/**
 * The frontier of a tree out of its edge tiles. `hashesOf` may give more hashes than a tile's width (those of a
 * larger tree): the first ones count. `undefined` when it gives fewer.
 */
export function frontierOfEdge(
  size: TreeSize,
  hashesOf: (tile: TileRef) => readonly Sha256[] | undefined,
): Frontier | undefined {
  const hashes: Sha256[] = [];
  for (const tile of edgeTiles(size).toReversed()) {
    const leaves = hashesOf(tile)?.slice(0, tile.width);
    if (leaves?.length !== tile.width) return undefined;
    hashes.push(...appendLeaves(EMPTY_FRONTIER, leaves).hashes);
  }
  return parseFrontier(size, hashes);
}

/** Where the hash of a full tile stands: in which tile of the next level, and at which place of it. */
export function parentOf(tile: TileRef): { readonly level: number; readonly index: number; readonly position: number } {
  return {
    level: tile.level + 1,
    index: Math.floor(tile.index / TILE_WIDTH),
    position: tile.index % TILE_WIDTH,
  };
}

/** The hash of a full tile in the level above. */
export function tileRoot(hashes: readonly Sha256[]): Sha256 {
  if (hashes.length !== TILE_WIDTH) return bug(`the root of a tile of ${hashes.length}`);
  let row = hashes;
  while (row.length > 1) row = pairUp(row);
  return row[0] ?? bug("an empty row");
}

function pairUp(row: readonly Sha256[]): readonly Sha256[] {
  const above: Sha256[] = [];
  for (let i = 0; i + 1 < row.length; i += 2)
    above.push(nodeHash(row[i] ?? bug("no left"), row[i + 1] ?? bug("no right")));
  return above;
}

/** How wide a tile of that level and index is in a tree of that size; 0 when it does not exist. */
export function tileWidthAt(size: TreeSize, level: number, index: number): number {
  const count = Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH;
  return Math.max(0, Math.min(TILE_WIDTH, count));
}

/** The entry bundles that hold the leaves `[from, to)`, with their widths in the tree of size `to`. */
export function bundlesOf(from: TreeSize, to: TreeSize): readonly { readonly index: number; readonly width: number }[] {
  const bundles: { readonly index: number; readonly width: number }[] = [];
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) {
    bundles.push({ index, width: tileWidthAt(branded<TreeSize>(to), 0, index) });
  }
  return bundles;
}
