import { bug } from "../../core/bug.ts";
import { sameDigest, type Sha256 } from "../../core/digest.ts";
import { appendLeaves, frontierRoot } from "../../core/merkle/frontier.ts";
import { bundlesOf, parseEntryBundle, TILE_WIDTH } from "../../core/merkle/tiles.ts";
import { leafHash, parseLeafIndex, parseTreeSize, type TreeSize } from "../../core/merkle/tree.ts";
import { isFrozen } from "../../core/note/checkpoint.ts";
import type { StoredCheckpoint } from "../../ports/event-store.ts";
import type { TiledLogReader } from "../../ports/transparency-log.ts";
import { originOf, type AuthenticLeaf, type StepContext } from "./context.ts";
import { contradiction, type ContradictionProof } from "./contradiction.ts";
import { proven, unproven, type Proven } from "./followed-log.ts";
import { judgeBelow } from "./judge-below.ts";
import { judgeServed, type ServedCheckpoint } from "./served-checkpoint.ts";
import { openTileTree, type TileTree } from "./tile-tree.ts";

/** Tiles read at once, each with its bundle. What they hold is one transaction, and at most twice that is in memory. */
const WINDOW_TILES = 8;
/** How often a tile or bundle that is not what the signed root says is asked for again, past the caches. */
const SECOND_LOOKS = 2;

/** One step along a tiled log: read its checkpoint, prove it against the head, read what is new below it. */
export async function stepTiles(
  context: StepContext,
  reader: TiledLogReader,
  entriesMax: number,
): Promise<Proven<undefined>> {
  const { signal, log } = context;
  const served = judgeServed(await reader.checkpoint(signal), log.keys, "rekor2");
  if (!served.ok) return served;
  await context.keep(served.value, "log");
  const before = context.position().head?.size ?? -1;
  const tree = await advance(context, reader, served.value);
  if (!tree.ok || !tree.value) return tree.ok ? proven(undefined) : tree;
  const others = await judgeOtherSources(context, { reader, tree: tree.value, signal }, before);
  if (!others.ok) return others;
  const read = await readUpToHead(context, { reader, tree: tree.value, entriesMax });
  if (read.ok && isFrozen(served.value)) context.become("frozen", `its operator ended it at size ${served.value.size}`);
  return read;
}

/**
 * Makes a checkpoint the head when it is proven to hold the head's tree. Gives the tree of the head, as it is then;
 * `undefined` when there is nothing to read in it.
 */
async function advance(
  context: StepContext,
  reader: TiledLogReader,
  served: ServedCheckpoint,
): Promise<Proven<TileTree | undefined>> {
  const { head, indexedUpto } = context.position();
  if (!head) return begin(context, reader, served);
  if (served.size > head.size) return grow(context, reader, [head, served]);
  // A copy that lags has not the tiles of the head, so what is stored is asked first.
  const below = await judgeBelow(context.entries, context.position(), served);
  if (!below.ok && below.problem.kind === "contradiction") return below;
  if (below.ok && indexedUpto === head.size && !isFrozen(served)) return proven(undefined);
  const tree = await openTileTree(reader, { ...head, size: toSize(head.size) }, context.signal);
  if (below.ok || !tree.ok) return tree;
  const held = await judgeHeld({ reader, tree: tree.value, signal: context.signal }, served);
  if (!held.ok) return held;
  return held.value === "held" ? tree : contradiction(served.origin, [head, served], held.value);
}

async function grow(
  context: StepContext,
  reader: TiledLogReader,
  [head, served]: readonly [StoredCheckpoint, ServedCheckpoint],
): Promise<Proven<TileTree>> {
  const tree = await openTileTree(reader, served, context.signal);
  if (!tree.ok) return tree;
  const held = await judgeHeld({ reader, tree: tree.value, signal: context.signal }, head);
  if (!held.ok) return held;
  if (held.value !== "held") return contradiction(served.origin, [head, served], held.value);
  await context.moveHead(served);
  return tree;
}

/** First contact. The tree is opened before the head is taken, so that one that is not served is not taken. */
async function begin(
  context: StepContext,
  reader: TiledLogReader,
  served: ServedCheckpoint,
): Promise<Proven<TileTree>> {
  const tree = await openTileTree(reader, served, context.signal);
  const frontier = tree.ok ? await tree.value.frontierAt(served.size) : tree;
  if (!frontier.ok) return frontier;
  await context.begin(served, frontier.value);
  return tree;
}

type Served = { readonly reader: TiledLogReader; readonly tree: TileTree; readonly signal: AbortSignal };

/** Whether a tree holds that of an earlier checkpoint; if it does not, the proof that shows it. */
async function judgeHeld(
  served: Served,
  earlier: Pick<StoredCheckpoint, "size" | "root">,
): Promise<Proven<"held" | ContradictionProof | undefined>> {
  const { tree } = served;
  const frontier = await tree.frontierAt(toSize(earlier.size));
  if (!frontier.ok) return frontier;
  if (sameDigest(frontierRoot(frontier.value), earlier.root)) return proven("held");
  return earlier.size < tree.size ? proveBeyond(served, toSize(earlier.size)) : proven(undefined);
}

/** The first entry beyond a size: the left siblings of its path give the root that the size has in this tree. */
async function proveBeyond({ reader, tree, signal }: Served, size: TreeSize): Promise<Proven<ContradictionProof>> {
  const index = parseLeafIndex(size) ?? bug(`an entry ${size}`);
  const number = Math.floor(index / TILE_WIDTH);
  const [path, hashes] = await Promise.all([tree.inclusionPath(index), tree.hashes(0, number)]);
  if (!path.ok) return path;
  if (!hashes.ok) return hashes;
  const bundle = judgeBundle(await reader.bundle(number, hashes.value.length, signal), hashes.value, number);
  if (!bundle.ok) return bundle;
  const { body } = bundle.value[index % TILE_WIDTH] ?? bug("an entry below the size");
  return proven({ body, index, path: path.value });
}

/**
 * Judges what others saw of this log: checkpoints out of bundles and from peers, which were ahead of our head until now.
 * A log that shows us one branch and others another is caught here.
 */
async function judgeOtherSources(context: StepContext, served: Served, before: number): Promise<Proven<undefined>> {
  const others = (await context.checkpoints()).filter(
    ({ source, size }) => source !== "log" && size > before && size <= served.tree.size,
  );
  for (const other of others) {
    // oxlint-disable-next-line no-await-in-loop -- the first contradiction ends the step; usually there are none to judge
    const held = await judgeHeld(served, other);
    if (!held.ok) return held;
    const head = context.position().head ?? bug("no head after it was moved");
    if (held.value !== "held") return contradiction(originOf(head), [head, other], held.value);
  }
  return proven(undefined);
}

type Reading = { readonly reader: TiledLogReader; readonly tree: TileTree; readonly entriesMax: number };

/** Reads window after window, the next one while one is stored. */
async function readUpToHead(context: StepContext, reading: Reading): Promise<Proven<undefined>> {
  const { tree, entriesMax } = reading;
  const last = Math.min(tree.size, context.position().indexedUpto + entriesMax);
  let frontier = context.frontier();
  let window = frontier.size < last ? await readWindow(context, reading, frontier.size) : undefined;
  while (window) {
    if (!window.ok) return window;
    const leaves = window.value;
    frontier = appendLeaves(
      frontier,
      leaves.map((leaf) => leaf.leafHash),
    );
    if (frontier.size === tree.size && !sameDigest(frontierRoot(frontier), tree.root)) {
      return unproven("store-corrupt", `the stored frontier does not lead to the root of size ${tree.size}`);
    }
    const more = frontier.size < last;
    const { size } = frontier;
    // oxlint-disable-next-line no-await-in-loop -- windows are stored in order
    const [next] = await Promise.all([
      more ? readWindow(context, reading, size) : undefined,
      context.append(leaves, frontier),
    ]);
    window = next;
  }
  return proven(undefined);
}

/** The leaves from `from` to the end of the window. What is wrong is looked at again past the caches, which may be old. */
async function readWindow(
  context: StepContext,
  { reader, tree }: Reading,
  from: TreeSize,
): Promise<Proven<readonly AuthenticLeaf[]>> {
  const end = Math.min(tree.size, (Math.floor(from / TILE_WIDTH) + WINDOW_TILES) * TILE_WIDTH);
  let read = await readBundles(context, { reader, tree }, [from, toSize(end)]);
  for (let look = 0; !read.ok && reader.uncached && look < SECOND_LOOKS; look++) {
    // oxlint-disable-next-line no-await-in-loop -- asked again only when the answer was wrong
    const again = await openTileTree(reader.uncached, tree, context.signal);
    if (!again.ok) return again;
    // oxlint-disable-next-line no-await-in-loop -- as above
    read = await readBundles(context, { reader: reader.uncached, tree: again.value }, [from, toSize(end)]);
  }
  return read;
}

async function readBundles(
  { signal }: StepContext,
  { reader, tree }: Omit<Reading, "entriesMax">,
  [from, end]: readonly [TreeSize, TreeSize],
): Promise<Proven<readonly AuthenticLeaf[]>> {
  const bundles = await Promise.all(
    bundlesOf(from, end).map(async ({ index, width }) => {
      const [hashes, bytes] = await Promise.all([tree.hashes(0, index), reader.bundle(index, width, signal)]);
      return hashes.ok ? judgeBundle(bytes, hashes.value, index) : hashes;
    }),
  );
  const leaves: AuthenticLeaf[] = [];
  for (const bundle of bundles) {
    if (!bundle.ok) return bundle;
    leaves.push(...bundle.value);
  }
  return proven(leaves.slice(from % TILE_WIDTH));
}

/** Every entry of a bundle must hash to its leaf in the tile, which is authenticated. One that does not spoils the bundle. */
function judgeBundle(bytes: Uint8Array, hashes: readonly Sha256[], index: number): Proven<readonly AuthenticLeaf[]> {
  const entries = parseEntryBundle(bytes, hashes.length);
  if (!entries) return unproven("bundle-malformed", `bundle ${index} is not exactly ${hashes.length} entries`);
  const leaves: AuthenticLeaf[] = [];
  for (const [i, body] of entries.entries()) {
    const leaf = hashes[i] ?? bug("as many hashes as entries");
    if (!sameDigest(leafHash(body), leaf)) {
      return unproven("bundle-hash-mismatch", `entry ${index * TILE_WIDTH + i} is not the one under the signed root`);
    }
    leaves.push({ leafHash: leaf, body });
  }
  return proven(leaves);
}

function toSize(size: number): TreeSize {
  return parseTreeSize(size) ?? bug(`a tree of size ${size}`);
}
