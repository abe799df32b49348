import { bug } from "../../core/bug.ts";
import { parseSha256, sameDigest } from "../../core/digest.ts";
import { judgeConsistency } from "../../core/merkle/consistency.ts";
import { appendLeaves, EMPTY_FRONTIER, frontierRoot, type Frontier } from "../../core/merkle/frontier.ts";
import { parseTreeSize, type TreeSize } from "../../core/merkle/tree.ts";
import { parseRekor1Origin } from "../../core/note/checkpoint.ts";
import type { StoredCheckpoint } from "../../ports/event-store.ts";
import type { Rekor1Reader, Rekor1Shard } from "../../ports/transparency-log.ts";
import { originOf, type StepContext } from "./context.ts";
import { contradiction } from "./contradiction.ts";
import { proven, unproven, type Proven } from "./followed-log.ts";
import { judgeBelow } from "./judge-below.ts";
import { readEntries } from "./read-entries.ts";
import { judgeEntry, judgePath, type ProvenPath, type Tree } from "./rekor1-entry.ts";
import { judgeServed, type ServedCheckpoint } from "./served-checkpoint.ts";

type ListedTree = Tree & { readonly shard: Rekor1Shard; readonly active: boolean };
type Statement = Pick<StoredCheckpoint, "size" | "root" | "note">;

/** One step along one tree of a Rekor v1. */
export async function stepRekor1(
  context: StepContext,
  reader: Rekor1Reader,
  entriesMax: number,
): Promise<Proven<undefined>> {
  const tree = findTree(context, await reader.shards(context.signal));
  if (!tree.ok) return tree;
  const { active, treeId } = tree.value;
  const served = judgeListed(tree.value);
  if (!served.ok) return served;
  const retired = judgeRetired(context, tree.value);
  if (!retired.ok) return retired;
  await keepNew(context, served.value);
  const before = context.position().head?.size ?? -1;
  const advanced = await advance(context, { reader, tree: tree.value }, served.value);
  if (!advanced.ok) return advanced;
  const read = await readEntries(context, { reader, tree: tree.value, entriesMax });
  if (!read.ok) return read;
  const { indexedUpto, head } = context.position();
  if (!active && indexedUpto === head?.size) context.become("retired", `tree ${treeId} is no longer written`);
  return judgeOtherSources(context, before);
}

/** The tree that is followed: that of the head, else the one configured, else the active one. */
function findTree({ position, log }: StepContext, shards: readonly Rekor1Shard[]): Proven<ListedTree> {
  const [active, ...inactive] = shards;
  const treeId = treeOf(position().head) ?? log.treeId ?? active?.treeId;
  const oldestFirst = active ? [...inactive, active] : inactive;
  const at = oldestFirst.findIndex((shard) => shard.treeId === treeId);
  const shard = oldestFirst[at];
  if (!shard) return unproven("shard-changed", `tree ${treeId ?? "(none)"} is not listed any more`);
  const offset = oldestFirst.slice(0, at).reduce((sum, { treeSize }) => sum + treeSize, 0);
  return proven({ treeId: shard.treeId, offset, keys: log.keys, shard, active: shard === active });
}

/** The checkpoint that a tree is listed with must be its own: one key signs those of all trees. */
function judgeListed({ shard, treeId, keys }: ListedTree): Proven<ServedCheckpoint> {
  const served = judgeServed(shard.checkpoint, keys, "rekor1");
  if (!served.ok || parseRekor1Origin(served.value.origin)?.treeId === treeId) return served;
  return unproven("wrong-log", `tree ${treeId} is listed with the checkpoint of ${served.value.origin}`);
}

function treeOf(head: StoredCheckpoint | undefined): string | undefined {
  return head && parseRekor1Origin(originOf(head))?.treeId;
}

/** A tree that is no longer written has its size and root for ever. */
function judgeRetired({ position }: StepContext, { shard, active }: ListedTree): Proven<undefined> {
  const { state, head } = position();
  if (state !== "retired") return proven(undefined);
  if (active) return unproven("shard-changed", `tree ${shard.treeId} is written again`);
  return shard.treeSize === head?.size
    ? proven(undefined)
    : unproven(
        "shard-changed",
        `tree ${shard.treeId} is finished at ${head?.size}, and is listed with ${shard.treeSize}`,
      );
}

/** A Rekor v1 signs anew for each who asks, so only a checkpoint of another tree than all before says anything. */
async function keepNew(context: StepContext, served: ServedCheckpoint): Promise<void> {
  const known = await context.checkpoints();
  if (known.some(({ size, root }) => size === served.size && sameDigest(root, served.root))) return;
  await context.keep(served, "log");
}

/** Judges what others saw of this tree, which was ahead of our head until now, by what is stored. */
async function judgeOtherSources(context: StepContext, before: number): Promise<Proven<undefined>> {
  const { indexedUpto } = context.position();
  const others = (await context.checkpoints()).filter(
    ({ source, size }) => source !== "log" && size > before && size <= indexedUpto,
  );
  for (const other of others) {
    // oxlint-disable-next-line no-await-in-loop -- the first contradiction ends the step; usually there are none to judge
    const below = await judgeBelow(context.entries, context.position(), { ...other, origin: originOf(other) });
    if (!below.ok && below.problem.kind === "contradiction") return below;
  }
  return proven(undefined);
}

type Source = { readonly reader: Rekor1Reader; readonly tree: Tree };

async function advance(context: StepContext, source: Source, served: ServedCheckpoint): Promise<Proven<undefined>> {
  const { head } = context.position();
  if (!head) return begin(context, source, served);
  if (served.size <= head.size) {
    const below = await judgeBelow(context.entries, context.position(), served);
    return below.ok || below.problem.kind === "contradiction" ? below : proveGrowth(context, source, [served, head]);
  }
  const grown = await proveGrowth(context, source, [head, served]);
  if (grown.ok) await context.moveHead(served);
  return grown;
}

/** First contact. From "now" on, the last entry's path gives the frontier that all later entries are held against. */
async function begin(context: StepContext, source: Source, served: ServedCheckpoint): Promise<Proven<undefined>> {
  let frontier: Frontier = EMPTY_FRONTIER;
  if (context.log.start === "now" && served.size > 0) {
    const path = await readPath(context, source, served.size - 1);
    if (!path.ok) return path;
    frontier = appendLeaves(path.value.before, [path.value.leafHash]);
    if (!sameDigest(frontierRoot(frontier), served.root)) {
      return path.value.checkpoint.size === served.size
        ? contradiction(served.origin, [served, path.value.checkpoint])
        : unproven("proof-invalid", `the last entry does not give the root of size ${served.size}`);
    }
  }
  await context.begin(served, frontier);
  return proven(undefined);
}

/**
 * Proves that the larger tree is the smaller one with leaves appended. The log's own proof is not signed, so a bad one
 * convicts nobody. Then the path of the first entry beyond the smaller tree is asked for: it stands under a signed
 * checkpoint, and its left siblings give the root that the smaller tree has there (chapter §5).
 */
async function proveGrowth(
  context: StepContext,
  source: Source,
  [small, large]: readonly [Statement, Statement],
): Promise<Proven<undefined>> {
  if (small.size === 0) return proven(undefined);
  const { reader, tree } = source;
  const answered = await reader.consistency(small.size, large.size, tree.treeId, context.signal);
  const path = answered.flatMap((hash) => parseSha256(hash) ?? []);
  const sizes = { from: toSize(small.size), to: toSize(large.size), fromRoot: small.root, toRoot: large.root };
  if (path.length === answered.length && judgeConsistency({ ...sizes, path }).kind === "pass") return proven(undefined);

  const entry = await readPath(context, source, small.size);
  if (!entry.ok) return entry;
  const { before, checkpoint, proof } = entry.value;
  if (!sameDigest(frontierRoot(before), small.root)) {
    const shown: Statement = checkpoint;
    const order: readonly [Statement, Statement] = small === context.position().head ? [small, shown] : [shown, small];
    return contradiction(checkpoint.origin, order, proof);
  }
  if (checkpoint.size === large.size && sameDigest(checkpoint.root, large.root)) return proven(undefined);
  return unproven("proof-invalid", `no proof leads from size ${small.size} to size ${large.size}`);
}

/** The path of one entry by its place in the tree. */
async function readPath(context: StepContext, { reader, tree }: Source, index: number): Promise<Proven<ProvenPath>> {
  const wanted = tree.offset + index;
  const answer = await reader.entries([wanted], context.signal);
  const found = answer.find(({ entry }) => entry.logIndex === wanted);
  if (!found) return unproven("incomplete-answer", `entry ${wanted} was not answered`);
  const entry = judgeEntry(found, tree);
  return entry.ok ? judgePath(found, tree) : entry;
}

function toSize(size: number): TreeSize {
  return parseTreeSize(size) ?? bug(`a tree of size ${size}`);
}
