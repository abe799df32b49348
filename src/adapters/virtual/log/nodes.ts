import { bug } from "../../../core/bug.ts";
import { parseSha256, type Sha256 } from "../../../core/digest.ts";
import type { NodeAt } from "../../../core/merkle/proofs.ts";
import { nodeHash } from "../../../core/merkle/tree.ts";

/** The nodes of all perfect subtrees of a growing tree, in memory: 64 bytes for each leaf. */
export type NodeStore = {
  readonly append: (leaf: Sha256) => void;
  readonly at: NodeAt;
};

type Row = { bytes: Uint8Array; count: number };

const HASH_BYTES = 32;
const FIRST_ROW_HASHES = 256;

export function newNodeStore(): NodeStore {
  const rows: Row[] = [];
  const at: NodeAt = (level, index) => {
    const row = rows[level];
    if (!row || index >= row.count) return bug(`no node ${index} on level ${level}`);
    return hashAt(row, index);
  };
  return {
    at,
    append: (leaf) => {
      let node = leaf;
      for (let level = 0; ; level++) {
        const row = (rows[level] ??= { bytes: new Uint8Array(FIRST_ROW_HASHES * HASH_BYTES), count: 0 });
        const index = push(row, node);
        // A node with an even index waits for its sibling; an odd one completes the node above both.
        if (index % 2 === 0) return;
        node = nodeHash(hashAt(row, index - 1), node);
      }
    },
  };
}

function push(row: Row, hash: Sha256): number {
  const offset = row.count * HASH_BYTES;
  if (offset === row.bytes.length) {
    const larger = new Uint8Array(2 * row.bytes.length);
    larger.set(row.bytes);
    row.bytes = larger;
  }
  row.bytes.set(hash, offset);
  return row.count++;
}

function hashAt(row: Row, index: number): Sha256 {
  return parseSha256(row.bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)) ?? bug("a slice of 32 bytes");
}
