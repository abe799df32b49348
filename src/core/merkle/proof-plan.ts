import { bug } from "../bug.ts";
import { sha256, type Sha256 } from "../digest.ts";
import { consistencyPath, inclusionPath, type NodeAt } from "./proofs.ts";
import type { LeafIndex, TreeSize } from "./tree.ts";

/** A perfect subtree that a proof is made of: the leaves `[index * 2^level, (index + 1) * 2^level)`. */
export type SubtreeRef = { readonly level: number; readonly index: number };

/** A proof before its nodes are known: which they are, and how it is made of them. */
export type ProofPlan = {
  readonly nodes: readonly SubtreeRef[];
  readonly build: (nodeAt: NodeAt) => readonly Sha256[];
};

/** Plans an inclusion path, for who must fetch its nodes first. `index` must be below `size`. */
export function planInclusion(index: LeafIndex, size: TreeSize): ProofPlan {
  return plan((nodeAt) => inclusionPath(index, size, nodeAt));
}

/** Plans a consistency proof. `0 < from <= to`. */
export function planConsistency(from: TreeSize, to: TreeSize): ProofPlan {
  return plan((nodeAt) => consistencyPath(from, to, nodeAt));
}

/** Runs the proof once over nodes that are all the same, to learn which ones it asks for. */
function plan(build: ProofPlan["build"]): ProofPlan {
  const nodes: SubtreeRef[] = [];
  build((level, index) => {
    nodes.push({ level, index });
    return NO_NODE;
  });
  return { nodes, build };
}

const NO_NODE: Sha256 = sha256(new Uint8Array(0));

/** Nodes that were fetched, as a proof asks for them. */
export function nodesOf(fetched: ReadonlyMap<string, Sha256>): NodeAt {
  return (level, index) => fetched.get(subtreeKey({ level, index })) ?? bug(`node ${level}/${index} was not fetched`);
}

export function subtreeKey({ level, index }: SubtreeRef): string {
  return `${level}/${index}`;
}
