import { branded } from "../brand.ts";
import type { Sha256 } from "../digest.ts";
import { appendLeaves, EMPTY_FRONTIER, frontierRoot, type Frontier } from "./frontier.ts";
import { bundlePath, extraPath, renderEntryBundle, renderTile, TILE_WIDTH, tilePath, tileRoot } from "./tiles.ts";
import { leafHash, type LeafIndex } from "./tree.ts";

/** A log between two batches: what is unfinished at its right edge. */
export type SequencerState = {
  readonly frontier: Frontier;
  /** The hashes of the unfinished tile of each level, 0 … 255 of them. */
  readonly edge: readonly (readonly Sha256[])[];
  /** The entries of the unfinished bundle. */
  readonly bundle: readonly Uint8Array[];
  /** What goes with them outside the tree; as many, or none at all. */
  readonly extras: readonly Uint8Array[];
};

export const EMPTY_LOG: SequencerState = Object.freeze({ frontier: EMPTY_FRONTIER, edge: [], bundle: [], extras: [] });

/** One file, by its C2SP tlog-tiles path. A full one never changes again. */
export type LogFile = { readonly path: string; readonly bytes: Uint8Array; readonly full: boolean };

export type Sequenced = {
  readonly state: SequencerState;
  readonly root: Sha256;
  readonly firstIndex: LeafIndex;
  readonly leaves: readonly Sha256[];
  /** Bundles of extras and of entries, then tiles from level 0 up: a hash is written after what it stands for. */
  readonly files: readonly LogFile[];
};

/**
 * Appends leaf bodies to a log. It is pure: the same state and batch give the same files, so a batch that was cut
 * short by a crash is repeated byte for byte. `extras`, where a log has them, are kept beside the bodies, one for one,
 * and are no part of the tree: the time at which Rekor v1 took an entry in, the chain of a certificate.
 */
export function sequence(
  state: SequencerState,
  bodies: readonly Uint8Array[],
  extras: readonly Uint8Array[] = [],
): Sequenced {
  const leaves = bodies.map(leafHash);
  const frontier = appendLeaves(state.frontier, leaves);
  const kept = appendBundles(state.frontier.size, state.extras, extras, extraPath);
  const bundles = appendBundles(state.frontier.size, state.bundle, bodies, bundlePath);
  const tiles = appendTiles(state, leaves);
  return {
    state: { frontier, edge: tiles.edge, bundle: bundles.rest, extras: kept.rest },
    root: frontierRoot(frontier),
    firstIndex: branded<LeafIndex>(state.frontier.size),
    leaves,
    files: [...kept.files, ...bundles.files, ...tiles.files],
  };
}

function appendBundles(
  size: number,
  unfinished: readonly Uint8Array[],
  added: readonly Uint8Array[],
  pathOf: (index: number, width: number) => string,
): { readonly rest: readonly Uint8Array[]; readonly files: readonly LogFile[] } {
  if (added.length === 0) return { rest: unfinished, files: [] };
  const { rows, rest } = appendRows(unfinished, added);
  const first = Math.floor(size / TILE_WIDTH);
  const files = rows.map((entries, i) =>
    toFile(pathOf(first + i, entries.length), renderEntryBundle(entries), entries.length),
  );
  return { rest, files };
}

/** Level by level: the tiles that fill up give the hashes to append one level higher. */
function appendTiles(
  state: SequencerState,
  leaves: readonly Sha256[],
): { readonly edge: SequencerState["edge"]; readonly files: readonly LogFile[] } {
  const edge: (readonly Sha256[])[] = [];
  const files: LogFile[] = [];
  let count: number = state.frontier.size;
  let added = leaves;
  for (let level = 0; added.length > 0 || level < state.edge.length; level++) {
    const { rows, rest } = appendRows(state.edge[level] ?? [], added);
    const first = Math.floor(count / TILE_WIDTH);
    if (added.length > 0) {
      for (const [i, hashes] of rows.entries()) {
        const path = tilePath({ level, index: first + i, width: hashes.length });
        files.push(toFile(path, renderTile(hashes), hashes.length));
      }
    }
    edge.push(rest);
    added = rows.filter((hashes) => hashes.length === TILE_WIDTH).map(tileRoot);
    count = first;
  }
  return { edge, files };
}

/** Divides into rows of 256; the last one, when it is not full, is also what remains. */
function appendRows<T>(
  unfinished: readonly T[],
  added: readonly T[],
): { readonly rows: readonly (readonly T[])[]; readonly rest: readonly T[] } {
  const all = [...unfinished, ...added];
  const rows = Array.from({ length: Math.ceil(all.length / TILE_WIDTH) }, (_, i) =>
    all.slice(i * TILE_WIDTH, (i + 1) * TILE_WIDTH),
  );
  const last = rows.at(-1) ?? [];
  return { rows, rest: last.length === TILE_WIDTH ? [] : last };
}

function toFile(path: string, bytes: Uint8Array, width: number): LogFile {
  return { path, bytes, full: width === TILE_WIDTH };
}
