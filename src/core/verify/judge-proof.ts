import { sameBytes } from "../bytes/bytes.ts";
import type { EntryInclusionProof, TlogEntry } from "../bundle/bundle.ts";
import { parseSha256, type Sha256 } from "../digest.ts";
import { judgeInclusion, type InclusionReason } from "../merkle/inclusion.ts";
import { leafHash, parseLeafIndex } from "../merkle/tree.ts";
import { judgeCheckpoint, type SignedCheckpoint } from "../note/judge-checkpoint.ts";
import { parseNoteText } from "../note/note.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { TrustedLog } from "../trust/compiled-trust.ts";
import type { LogReason, VerifyReason } from "./reason.ts";

/** The entry is at this place of a tree that the log has signed. */
export type ProvenInclusion = {
  readonly index: number;
  readonly treeSize: number;
  readonly origin: string;
  readonly generation: "rekor1" | "rekor2";
};

const REASONS: Readonly<Record<InclusionReason, LogReason>> = {
  "index-beyond-size": "proof-index",
  "path-length": "proof-length",
  "root-mismatch": "inclusion-proof",
};

/**
 * Step 10: the inclusion proof under a checkpoint of the entry's own log. `undefined` where there is none, or one
 * without a checkpoint (v0.1 alone), which proves nothing.
 */
export function judgeProof(
  entry: TlogEntry,
  logs: readonly TrustedLog[],
  allLogs: readonly TrustedLog[],
): Parsed<ProvenInclusion, VerifyReason> | undefined {
  const proof = entry.inclusionProof;
  if (proof?.checkpoint === undefined) return undefined;
  const checkpoint = judgeSignedTree(proof.checkpoint, logs, allLogs);
  if (!checkpoint.ok) return checkpoint;
  const { generation, origin, size, root } = checkpoint.value;
  // A Rekor v2 has one index; where no SET covers the entry's, the two must agree or the bundle shows a made-up one.
  if (generation === "rekor2" && entry.logIndex !== proof.logIndex) {
    return malformed("log-index-mismatch", `the proof is for index ${proof.logIndex}`);
  }
  if (proof.treeSize !== size || !sameBytes(proof.rootHash, root)) {
    return malformed("checkpoint-root-mismatch", "the proof is for another tree than the checkpoint");
  }
  const included = judgePath(entry, proof, checkpoint.value);
  return included.ok ? parsed({ index: proof.logIndex, treeSize: size, origin, generation }) : included;
}

function judgeSignedTree(
  envelope: string,
  logs: readonly TrustedLog[],
  allLogs: readonly TrustedLog[],
): Parsed<SignedCheckpoint<TrustedLog>, VerifyReason> {
  const note = parseNoteText(envelope);
  if (!note.ok) return note;
  const checkpoint = judgeCheckpoint(note.value, allLogs);
  if (!checkpoint.ok) return checkpoint;
  return checkpoint.value.signedBy.some((log) => logs.includes(log))
    ? checkpoint
    : malformed("checkpoint-log-mismatch", `the checkpoint of ${checkpoint.value.origin} is of another log`);
}

function judgePath(
  entry: TlogEntry,
  proof: EntryInclusionProof,
  { size, root }: SignedCheckpoint<TrustedLog>,
): Parsed<undefined, LogReason> {
  const index = parseLeafIndex(proof.logIndex);
  if (index === undefined) return malformed("proof-index", `index ${proof.logIndex}`);
  const path: Sha256[] = [];
  for (const hash of proof.hashes) {
    const sibling = parseSha256(hash);
    if (!sibling) return malformed("proof-length", `a hash of ${hash.length} bytes`);
    path.push(sibling);
  }
  const verdict = judgeInclusion({ leaf: leafHash(entry.canonicalizedBody), index, size, root, path });
  if (verdict.kind === "pass") return parsed(undefined);
  const [finding] = verdict.kind === "fail" ? verdict.reasons : [];
  return malformed(finding ? REASONS[finding.reason] : "inclusion-proof", finding?.detail ?? "not decided");
}
