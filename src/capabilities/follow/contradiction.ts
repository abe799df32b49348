import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { StoredCheckpoint } from "../../ports/event-store.ts";
import type { FollowProblem } from "./followed-log.ts";
import type { ServedCheckpoint } from "./served-checkpoint.ts";

/** What is wanted of either of two signed checkpoints. */
type Statement = Pick<ServedCheckpoint | StoredCheckpoint, "size" | "root" | "note">;

/**
 * Two checkpoints, both signed by the log, that cannot both be true. Of equal size they say so by themselves; else `files`
 * holds what leads from the larger one's root to another root of the smaller size, so that anybody can see it.
 */
export function contradiction(
  origin: string,
  [older, newer]: readonly [Statement, Statement],
  files: Readonly<Record<string, Uint8Array>>,
): { readonly ok: false; readonly problem: FollowProblem } {
  const [small, large] = older.size <= newer.size ? [older, newer] : [newer, older];
  const rewritten = newer.size > older.size;
  const detail =
    small.size === large.size
      ? `two roots of size ${small.size}`
      : `the tree of size ${large.size} does not hold the tree of size ${small.size}`;
  const folder = `logs/${fileNameOf(origin)}`;
  const named = Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes] as const);
  return {
    ok: false,
    problem: {
      kind: "contradiction",
      code: rewritten ? "inconsistent" : "equivocation",
      detail,
      evidence: {
        [`${folder}/checkpoint`]: small.note,
        [`${folder}/head`]: large.note,
        ...Object.fromEntries(named),
      },
    },
  };
}

const PLAIN = /^[A-Za-z0-9.-]$/;

/** A name as part of a path in an evidence tar: what is not a letter, digit, point or hyphen is percent-encoded. */
export function fileNameOf(name: string): string {
  return Array.from(name, (character) => (PLAIN.test(character) ? character : encode(character))).join("");
}

function encode(character: string): string {
  return Array.from(toUtf8(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
