import { bug } from "../../core/bug.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import type { Sha256 } from "../../core/digest.ts";
import { toMemberName } from "../../core/evidence/member-name.ts";
import type { LeafIndex } from "../../core/merkle/tree.ts";
import { renderTlogProof } from "../../core/note/tlog-proof.ts";
import type { StoredCheckpoint } from "../../ports/event-store.ts";
import type { FollowProblem } from "./followed-log.ts";
import type { ServedCheckpoint } from "./served-checkpoint.ts";

/** What is wanted of either of two signed checkpoints. */
type Statement = Pick<ServedCheckpoint | StoredCheckpoint, "size" | "root" | "note">;

/** The first entry beyond the smaller tree, proven under the larger one. */
export type ContradictionProof = {
  readonly body: Uint8Array;
  readonly index: LeafIndex;
  readonly path: readonly Sha256[];
};

/**
 * Two checkpoints, both signed by the log, that cannot both be true. Of equal size they say so by themselves; else the
 * left siblings of the proof's path give the root that the smaller size has under the larger one's root, and it is not
 * the one that was signed. So anybody can see it, with nothing but the files and the log's key.
 */
export function contradiction(
  origin: string,
  [older, newer]: readonly [Statement, Statement],
  proof?: ContradictionProof,
): { readonly ok: false; readonly problem: FollowProblem } {
  const [small, large] = older.size <= newer.size ? [older, newer] : [newer, older];
  const detail =
    small.size === large.size
      ? `two roots of size ${small.size}`
      : `the tree of size ${large.size} does not hold the tree of size ${small.size}`;
  const folder = `logs/${toMemberName(origin)}`;
  return {
    ok: false,
    problem: {
      kind: "contradiction",
      code: newer.size > older.size ? "inconsistent" : "equivocation",
      detail,
      evidence: {
        [`${folder}/checkpoint`]: small.note,
        [`${folder}/head`]: large.note,
        ...(proof && { [`${folder}/entry.tlog-proof`]: renderProof(proof, large.note) }),
      },
    },
  };
}

function renderProof({ body, index, path }: ContradictionProof, note: Uint8Array): Uint8Array {
  const checkpoint = parseUtf8(note) ?? bug("a note that was judged is not text");
  return toUtf8(renderTlogProof({ extra: body, index, path, checkpoint }));
}
