import { bug } from "../../../core/bug.ts";
import { sameBytes } from "../../../core/bytes/bytes.ts";
import { parseUtf8 } from "../../../core/bytes/utf8.ts";
import { sameDigest, sha256, type Sha256 } from "../../../core/digest.ts";
import { Fault } from "../../../core/fault.ts";
import { EMPTY_FRONTIER, frontierRoot, type Frontier } from "../../../core/merkle/frontier.ts";
import { rangeRoot } from "../../../core/merkle/proofs.ts";
import type { SequencerState } from "../../../core/merkle/sequencer.ts";
import {
  bundlePath,
  edgeTiles,
  extraPath,
  parseEntryBundle,
  parseTile,
  renderTile,
  TILE_WIDTH,
  tilePath,
  tileWidthAt,
} from "../../../core/merkle/tiles.ts";
import { leafHash, parseTreeSize, type TreeSize } from "../../../core/merkle/tree.ts";
import { judgeCheckpoint } from "../../../core/note/judge-checkpoint.ts";
import { parseNote } from "../../../core/note/note.ts";
import type { TileStore } from "../../../ports/tile-store.ts";
import { newNodeStore, type NodeStore } from "./nodes.ts";
import type { NoteSigner } from "./note-signer.ts";
import { parseState, type LogState, type Partials } from "./state-file.ts";

export const CHECKPOINT = "checkpoint";
export const STATE = "state";

/** The newest checkpoint. `note` is what readers are given. */
export type LogHead = {
  readonly size: TreeSize;
  readonly root: Sha256;
  readonly note: string;
  readonly extensions: readonly string[];
};

/** A log as its files tell it, proven to be what its last checkpoint commits to. */
export type Recovered = {
  /** Absent where nothing was ever signed. */
  readonly head?: LogHead;
  /** Further than `head` when a crash came between the two: signed next, before anything else. */
  readonly target: { readonly size: TreeSize; readonly root: Sha256 };
  readonly sequencer: SequencerState;
  readonly nodes: NodeStore;
  /** Index of each leaf hash, by `leafKey`. */
  readonly indexes: Map<string, number>;
  readonly partials: Partials;
};

/** A leaf hash as a key of a map; 32 characters of one byte. */
export function leafKey(leaf: Sha256): string {
  return Buffer.from(leaf.buffer, leaf.byteOffset, leaf.length).toString("latin1");
}

/**
 * Reads a log's files back. The signed checkpoint is the authority; a `state` beyond it is a batch whose files are all
 * on disk, and is taken over, for its signature may have been seen. Files beyond that are the rest of a batch that
 * nobody was told of, and go. Faults: `store.corrupt` when the files do not give the root.
 */
export async function recoverLog(store: TileStore, origin: string, signer: NoteSigner): Promise<Recovered> {
  const head = await readHead(store, origin, signer);
  const state = await readState(store);
  const target = chooseTarget(head, state);
  const nodes = newNodeStore();
  const indexes = new Map<string, number>();
  await readLeaves(store, target.size, (leaf, index) => {
    nodes.append(leaf);
    indexes.set(leafKey(leaf), index);
  });
  if (!sameDigest(rootOf(nodes, target.size), target.root)) throw corrupt(`the tiles of size ${target.size}`);
  if (head && !sameDigest(rootOf(nodes, head.size), head.root)) throw corrupt(`the tiles of size ${head.size}`);
  const sequencer = await readEdge(store, target.size, nodes);
  await removeBeyond(store, target.size);
  return { ...(head && { head }), target, sequencer, nodes, indexes, partials: state?.partials ?? {} };
}

async function readHead(store: TileStore, origin: string, signer: NoteSigner): Promise<LogHead | undefined> {
  const bytes = await store.read(CHECKPOINT);
  if (!bytes) return undefined;
  const note = parseNote(bytes);
  const key = { host: signer.name, keyId: signer.keyId, verifies: signer.verifies };
  const judged = note.ok ? judgeCheckpoint(note.value, [key]) : note;
  if (!judged.ok) throw corrupt(`${CHECKPOINT}: ${judged.detail}`);
  if (judged.value.origin !== origin) throw corrupt(`${CHECKPOINT} is that of ${judged.value.origin}`);
  const { size, root, extensions } = judged.value;
  return { size, root, extensions, note: parseUtf8(bytes) ?? bug("a note that is no text") };
}

async function readState(store: TileStore): Promise<LogState | undefined> {
  const bytes = await store.read(STATE);
  if (!bytes) return undefined;
  const state = parseState(bytes);
  if (!state) throw corrupt(STATE);
  return state;
}

function chooseTarget(head: LogHead | undefined, state: LogState | undefined): Recovered["target"] {
  if (!head) return state ?? { size: parseTreeSize(0) ?? bug("0 is a size"), root: frontierRoot(EMPTY_FRONTIER) };
  if (!state || state.size < head.size) return head;
  if (state.size > head.size) return state;
  if (!sameDigest(state.root, head.root)) throw corrupt(`two roots of size ${head.size}`);
  return head;
}

async function readLeaves(
  store: TileStore,
  size: TreeSize,
  take: (leaf: Sha256, index: number) => void,
): Promise<void> {
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = tileWidthAt(size, 0, index);
    const path = tilePath({ level: 0, index, width });
    // oxlint-disable-next-line no-await-in-loop -- one tile at a time: a log may be larger than memory for tiles
    const bytes = await store.read(path);
    const leaves = bytes && parseTile(bytes, width);
    if (!leaves) throw corrupt(path);
    for (const [i, leaf] of leaves.entries()) take(leaf, index * TILE_WIDTH + i);
  }
}

/** The root of the first `size` leaves. */
export function rootOf(nodes: NodeStore, size: TreeSize): Sha256 {
  return size === 0 ? sha256(new Uint8Array(0)) : rangeRoot(0, size, nodes.at);
}

/** The unfinished tiles come from the leaves, and must be what is on disk; the unfinished bundle must be what the leaves are of. */
async function readEdge(store: TileStore, size: TreeSize, nodes: NodeStore): Promise<SequencerState> {
  const edge: Sha256[][] = [];
  for (let level = 0, count: number = size; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    const start = count - (count % TILE_WIDTH);
    edge.push(Array.from({ length: count % TILE_WIDTH }, (_, i) => nodes.at(8 * level, start + i)));
  }
  for (const tile of edgeTiles(size)) {
    const path = tilePath(tile);
    // oxlint-disable-next-line no-await-in-loop -- at most seven, and only at start-up
    const bytes = await store.read(path);
    if (!bytes || !sameBytes(bytes, renderTile(edge[tile.level] ?? []))) throw corrupt(path);
  }
  const bundle = await readUnfinished(store, size, bundlePath);
  const leaves = bundle?.map(leafHash) ?? [];
  if (!bundle || !leaves.every((leaf, i) => sameDigest(leaf, edge[0]?.[i] ?? bug("an edge too short")))) {
    throw corrupt(bundlePath(Math.floor(size / TILE_WIDTH), size % TILE_WIDTH));
  }
  return {
    frontier: frontierOf(nodes, size),
    edge,
    bundle,
    extras: (await readUnfinished(store, size, extraPath)) ?? [],
  };
}

/** The perfect subtrees of a size, the largest first. */
function frontierOf(nodes: NodeStore, size: TreeSize): Frontier {
  const hashes: Sha256[] = [];
  for (let level = 0, count: number = size; count > 0; level++, count = Math.floor(count / 2)) {
    if (count % 2 === 1) hashes.unshift(nodes.at(level, count - 1));
  }
  return { size, hashes };
}

async function readUnfinished(
  store: TileStore,
  size: TreeSize,
  pathOf: (index: number, width: number) => string,
): Promise<readonly Uint8Array[] | undefined> {
  const width = size % TILE_WIDTH;
  if (width === 0) return [];
  const bytes = await store.read(pathOf(Math.floor(size / TILE_WIDTH), width));
  return bytes && parseEntryBundle(bytes, width);
}

/** Full files beyond the log's end would be taken for a second writer's when a batch reaches them. */
async function removeBeyond(store: TileStore, size: TreeSize): Promise<void> {
  const first = Math.floor(size / TILE_WIDTH);
  await removeFrom(store, (i) => bundlePath(first + i, TILE_WIDTH));
  await removeFrom(store, (i) => extraPath(first + i, TILE_WIDTH));
  for (let level = 0, count: number = size; count > 0 || level === 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    const index = Math.floor(count / TILE_WIDTH);
    // oxlint-disable-next-line no-await-in-loop -- in order, so that no gap hides a later file
    await removeFrom(store, (i) => tilePath({ level, index: index + i, width: TILE_WIDTH }));
  }
}

async function removeFrom(store: TileStore, pathOf: (i: number) => string): Promise<void> {
  // oxlint-disable no-await-in-loop -- until the first that is not there
  for (let i = 0; (await store.read(pathOf(i))) !== undefined; i++) await store.remove(pathOf(i));
  // oxlint-enable no-await-in-loop
}

function corrupt(subject: string): Fault {
  return new Fault("store.corrupt", `log: ${subject}`);
}
