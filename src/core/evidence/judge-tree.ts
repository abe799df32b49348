import { sameBytes } from "../bytes/bytes.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { parseSha256, sameDigest } from "../digest.ts";
import { startReading, toArray, toBytes, toCount, toObject, shapeOf } from "../json/fields.ts";
import { readJson } from "../json/read-json.ts";
import { judgeConsistency } from "../merkle/consistency.ts";
import { frontierBefore, frontierRoot } from "../merkle/frontier.ts";
import { judgeInclusion } from "../merkle/inclusion.ts";
import { leafHash, type LeafIndex } from "../merkle/tree.ts";
import { parseRekor1Origin } from "../note/checkpoint.ts";
import { judgeCheckpoint, type SignedCheckpoint } from "../note/judge-checkpoint.ts";
import { parseNote } from "../note/note.ts";
import { parseTlogProof } from "../note/tlog-proof.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { TrustedLog } from "../trust/compiled-trust.ts";

/** Members of an evidence file by path. */
export type Members = ReadonlyMap<string, Uint8Array>;
export type SignedTree = SignedCheckpoint<TrustedLog>;

const CONSISTENCY = shapeOf("consistency.json", ["from", "to", "hashes"]);
const CONSISTENCY_BYTES_MAX = 65_536;

/** A note that a log of the trusted root signed. */
export function judgeNote(note: Uint8Array | undefined, logs: readonly TrustedLog[]): Parsed<SignedTree> {
  if (!note) return malformed("member-missing", "there is no checkpoint");
  const read = parseNote(note);
  return read.ok ? judgeCheckpoint(read.value, logs) : read;
}

/** The proof in a `.tlog-proof` member: of which leaf it is, under which signed tree. */
export type ProvenLeaf = {
  readonly index: LeafIndex;
  readonly tree: SignedTree;
  readonly before: readonly Uint8Array[];
};

/** Judges that a body is in the tree that its `.tlog-proof` is under. */
export function judgeLeafProof(
  file: Uint8Array | undefined,
  body: Uint8Array,
  logs: readonly TrustedLog[],
): Parsed<ProvenLeaf> {
  if (!file) return malformed("member-missing", "there is no entry.tlog-proof");
  const proof = parseTlogProof(file);
  if (!proof.ok) return proof;
  const { extra, index, path, checkpoint } = proof.value;
  if (extra && !sameBytes(extra, body)) return malformed("entry-mismatch", "the proof is of another entry");
  const tree = judgeNote(toUtf8(checkpoint), logs);
  if (!tree.ok) return tree;
  const { size, root } = tree.value;
  const verdict = judgeInclusion({ leaf: leafHash(body), index, size, root, path });
  const before = frontierBefore(index, size, path);
  if (verdict.kind !== "pass" || !before) {
    return malformed("inclusion-proof", `the entry is not at ${index} of the tree of ${size} that the log signed`);
  }
  return parsed({ index, tree: tree.value, before: before.hashes });
}

/** Judges that the newest head in the file is the tree of the proof with entries appended. */
export function judgeHead(members: Members, folder: string, proof: SignedTree): Parsed<SignedTree> {
  const head = judgeNote(members.get(`${folder}/head`), proof.signedBy);
  if (!head.ok) return head;
  if (!isSameLog(head.value, proof)) return malformed("checkpoint-log-mismatch", "the head is of another log");
  if (head.value.size < proof.size) return malformed("head-too-old", "the head is smaller than the tree of the proof");
  if (head.value.size === proof.size) {
    return sameDigest(head.value.root, proof.root)
      ? head
      : malformed("equivocation", `the log signed two roots of size ${proof.size}`);
  }
  return proof.size === 0 ? head : judgeGrowth(members.get(`${folder}/consistency.json`), proof, head.value);
}

function judgeGrowth(file: Uint8Array | undefined, from: SignedTree, to: SignedTree): Parsed<SignedTree> {
  if (!file) return malformed("member-missing", "there is no consistency.json");
  const json = readJson(file, { bytesMax: CONSISTENCY_BYTES_MAX, depthMax: 3 });
  if (!json.ok) return json;
  const reading = startReading();
  const proof = toObject(reading, json.value, CONSISTENCY);
  const hashes = toArray(reading, proof["hashes"], "hashes").map((hash) => toBytes(reading, hash, "a hash", 32));
  const sizes = [toCount(reading, proof["from"], "from"), toCount(reading, proof["to"], "to")];
  const path = hashes.flatMap((hash) => parseSha256(hash) ?? []);
  const read = reading.conclude(path);
  if (!read.ok) return read;
  const fits = sizes[0] === from.size && sizes[1] === to.size && path.length === hashes.length;
  const consistent = judgeConsistency({ from: from.size, to: to.size, fromRoot: from.root, toRoot: to.root, path });
  return fits && consistent.kind === "pass"
    ? parsed(to)
    : malformed("consistency-proof", `size ${to.size} is not proven to hold the tree of size ${from.size}`);
}

/** A Rekor v1 changes its host name as it likes; its tree is the log. */
export function isSameLog(a: SignedTree, b: SignedTree): boolean {
  const [treeA, treeB] = [parseRekor1Origin(a.origin), parseRekor1Origin(b.origin)];
  const sharesKey = a.signedBy.some((log) => b.signedBy.includes(log));
  return sharesKey && (treeA && treeB ? treeA.treeId === treeB.treeId : a.origin === b.origin);
}

/**
 * Judges whether a folder shows that its log contradicted itself: `checkpoint` and `head`, both signed, of one size and
 * with two roots; or with the first entry beyond the smaller tree, whose path under the larger one leads to another root
 * for the smaller size than was signed.
 */
export function judgeContradiction(members: Members, folder: string, logs: readonly TrustedLog[]): Parsed<string> {
  const small = judgeNote(members.get(`${folder}/checkpoint`), logs);
  if (!small.ok) return small;
  const large = judgeNote(members.get(`${folder}/head`), logs);
  if (!large.ok) return large;
  if (!isSameLog(small.value, large.value)) return malformed("checkpoint-log-mismatch", "the two are of two logs");
  if (small.value.size === large.value.size) {
    return sameDigest(small.value.root, large.value.root)
      ? malformed("no-contradiction", "the two checkpoints agree")
      : parsed(`${small.value.origin} signed two roots of size ${small.value.size}`);
  }
  return judgeRewritten(members.get(`${folder}/entry.tlog-proof`), [small.value, large.value]);
}

function judgeRewritten(
  file: Uint8Array | undefined,
  [small, large]: readonly [SignedTree, SignedTree],
): Parsed<string> {
  const body = file && parseTlogProof(file);
  const extra = body?.ok ? body.value.extra : undefined;
  if (!file || !extra) return malformed("member-missing", "there is no entry.tlog-proof with its entry");
  const leaf = judgeLeafProof(file, extra, large.signedBy);
  if (!leaf.ok) return leaf;
  const { tree, before } = leaf.value;
  const index: number = leaf.value.index;
  const isUnderLarge = tree.size === large.size && sameDigest(tree.root, large.root);
  if (index !== small.size || !isUnderLarge) return malformed("no-contradiction", "the proof is not between the two");
  const hashes = before.flatMap((hash) => parseSha256(hash) ?? []);
  return sameDigest(frontierRoot({ size: small.size, hashes }), small.root)
    ? malformed("no-contradiction", "the larger tree holds the smaller one")
    : parsed(`${large.origin} signed a tree of size ${large.size} that does not hold its tree of size ${small.size}`);
}
