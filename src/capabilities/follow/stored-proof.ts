import { bug } from "../../core/bug.ts";
import type { Sha256 } from "../../core/digest.ts";
import type { LogName } from "../../core/entry/signing-event.ts";
import { appendLeaves, EMPTY_FRONTIER, type Frontier } from "../../core/merkle/frontier.ts";
import {
  nodesOf,
  planConsistency,
  planInclusion,
  subtreeKey,
  type ProofPlan,
  type SubtreeRef,
} from "../../core/merkle/proof-plan.ts";
import type { LeafIndex, TreeSize } from "../../core/merkle/tree.ts";
import type { EventStore } from "../../ports/event-store.ts";

type Leaves = Pick<EventStore, "leafHashes">;

/**
 * The inclusion path of an entry out of the leaf hashes that are stored, so that it can be shown when the log cannot be
 * reached. `undefined` where not all leaves of the tree are stored. It hashes the whole tree once.
 */
export async function pathFromStore(
  store: Leaves,
  log: LogName,
  { index, size }: { readonly index: LeafIndex; readonly size: TreeSize },
): Promise<readonly Sha256[] | undefined> {
  return proofFrom(store, log, planInclusion(index, size));
}

/** The consistency proof between two sizes, the same way. `0 < from <= to`. */
export async function consistencyFromStore(
  store: Leaves,
  log: LogName,
  [from, to]: readonly [TreeSize, TreeSize],
): Promise<readonly Sha256[] | undefined> {
  return proofFrom(store, log, planConsistency(from, to));
}

async function proofFrom(store: Leaves, log: LogName, plan: ProofPlan): Promise<readonly Sha256[] | undefined> {
  const nodes = new Map<string, Sha256>();
  for (const node of plan.nodes) {
    // oxlint-disable-next-line no-await-in-loop -- one range of leaves in memory at a time
    const root = await subtreeRoot(store, log, node);
    if (!root) return undefined;
    nodes.set(subtreeKey(node), root);
  }
  return plan.build(nodesOf(nodes));
}

/**
 * The frontier of the first entries of a log out of what is stored; `undefined` where not all are. It goes on from the size
 * that was asked for before, so that sizes that grow cost one pass together.
 */
export function growingFrontier(store: Leaves, log: LogName): (size: number) => Promise<Frontier | undefined> {
  let known = EMPTY_FRONTIER;
  return async (size) => {
    const grown = await grow(store, log, { from: size < known.size ? EMPTY_FRONTIER : known, start: 0, end: size });
    known = grown ?? known;
    return grown;
  };
}

async function subtreeRoot(store: Leaves, log: LogName, { level, index }: SubtreeRef): Promise<Sha256 | undefined> {
  const width = 2 ** level;
  const start = index * width;
  const frontier = await grow(store, log, { from: EMPTY_FRONTIER, start, end: start + width });
  return frontier && (frontier.hashes[0] ?? bug("a subtree without a root"));
}

type Range = { readonly from: Frontier; readonly start: number; readonly end: number };

/** The frontier of the leaves `[start, end)`, of which `from` holds the first. */
async function grow(store: Leaves, log: LogName, { from, start, end }: Range): Promise<Frontier | undefined> {
  let frontier = from;
  for (let at = start + frontier.size; at < end; at = start + frontier.size) {
    // oxlint-disable-next-line no-await-in-loop -- a large range comes in parts
    const leaves = await store.leafHashes(log, at, end);
    if (leaves.length === 0) return undefined;
    frontier = appendLeaves(frontier, leaves);
  }
  return frontier;
}
