import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { parseSha256, type Sha256 } from "../../core/digest.ts";
import { frontierBefore, type Frontier } from "../../core/merkle/frontier.ts";
import { judgeInclusion } from "../../core/merkle/inclusion.ts";
import { leafHash, parseLeafIndex, type LeafIndex } from "../../core/merkle/tree.ts";
import { parseRekor1Origin } from "../../core/note/checkpoint.ts";
import type { LogKey } from "../../core/note/log-key.ts";
import { sameBytes } from "../../core/bytes/bytes.ts";
import { toSetBytes } from "../../core/verify/judge-set.ts";
import type { Rekor1Entry } from "../../ports/transparency-log.ts";
import type { AuthenticLeaf } from "./context.ts";
import { proven, unproven, type Proven } from "./followed-log.ts";
import { judgeServed, type ServedCheckpoint } from "./served-checkpoint.ts";

/** A tree of a Rekor v1, as its state lists it. */
export type Tree = {
  /** Decimal. */
  readonly treeId: string;
  /** Global index of its first entry: the sizes of all older trees. */
  readonly offset: number;
  readonly keys: readonly LogKey[];
};

/** What the inclusion proof of one entry shows, under a checkpoint that the log signed with it. */
export type ProvenPath = {
  readonly leafHash: Sha256;
  readonly checkpoint: ServedCheckpoint;
  /** Of everything before the entry: the siblings on the left of its path. */
  readonly before: Frontier;
  /** What was judged, for who must show it to others. */
  readonly proof: { readonly body: Uint8Array; readonly index: LeafIndex; readonly path: readonly Sha256[] };
};

/**
 * Judges that an answer is the entry asked for: its leaf hash and tree are those of its id, and its two indexes lie as
 * far apart as the tree's offset says (chapter §2, "Entry ID", "Index rule"). The map key and the order mean nothing.
 */
export function judgeEntry(
  { entryId, entry }: Rekor1Entry,
  tree: Tree,
): Proven<AuthenticLeaf & { readonly globalIndex: number }> {
  const leaf = leafHash(entry.canonicalizedBody);
  const { logIndex: globalIndex, inclusionProof } = entry;
  if (entryId.slice(-64) !== toHex(leaf)) return unproven("wrong-entry", `entry ${globalIndex} has another leaf hash`);
  if (entryId.length === 80 && entryId.slice(0, 16) !== treePrefix(tree.treeId)) {
    return unproven("wrong-entry", `entry ${globalIndex} is of another tree`);
  }
  if (inclusionProof && globalIndex - inclusionProof.logIndex !== tree.offset) {
    return unproven(
      "index-offset-mismatch",
      `entry ${globalIndex} is ${inclusionProof.logIndex} in its tree, whose offset is ${tree.offset}`,
    );
  }
  return proven({ leafHash: leaf, body: entry.canonicalizedBody, globalIndex, ...judgeSet(entry, tree.keys) });
}

function treePrefix(treeId: string): string {
  return BigInt(treeId).toString(16).padStart(16, "0");
}

/** A time only under a signature of the log: a SET that does not verify gives none, and says so. */
function judgeSet(
  entry: Rekor1Entry["entry"],
  keys: readonly LogKey[],
): Pick<AuthenticLeaf, "integratedTime" | "flags"> {
  const { signedEntryTimestamp, integratedTime, logId } = entry;
  if (!signedEntryTimestamp) return {};
  const signed = toSetBytes(entry);
  const verified = keys.some((key) => sameBytes(key.keyId, logId) && key.verifies(signed, signedEntryTimestamp));
  return verified ? { integratedTime } : { flags: ["set-invalid"] };
}

/** Judges the inclusion proof of an entry, under the checkpoint that stands in it. */
export function judgePath({ entry }: Rekor1Entry, tree: Tree): Proven<ProvenPath> {
  const proof = entry.inclusionProof;
  if (proof?.checkpoint === undefined) return unproven("proof-invalid", `entry ${entry.logIndex} has no proof`);
  const served = judgeServed(toUtf8(proof.checkpoint), tree.keys, "rekor1");
  if (!served.ok) return served;
  const checkpoint = served.value;
  if (parseRekor1Origin(checkpoint.origin)?.treeId !== tree.treeId) {
    return unproven("wrong-log", `the proof of entry ${entry.logIndex} is under ${checkpoint.origin}`);
  }
  const index = parseLeafIndex(proof.logIndex);
  const path = proof.hashes.flatMap((hash) => parseSha256(hash) ?? []);
  if (index === undefined || path.length !== proof.hashes.length) {
    return unproven("proof-invalid", `the proof of entry ${entry.logIndex} is malformed`);
  }
  const { size, root } = checkpoint;
  const leaf = leafHash(entry.canonicalizedBody);
  const before = frontierBefore(index, size, path);
  if (!before || judgeInclusion({ leaf, index, size, root, path }).kind !== "pass") {
    return unproven("proof-invalid", `the proof of entry ${entry.logIndex} does not lead to the root of size ${size}`);
  }
  return proven({ leafHash: leaf, checkpoint, before, proof: { body: entry.canonicalizedBody, index, path } });
}
