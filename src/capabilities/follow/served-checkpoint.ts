import { frontierRoot, EMPTY_FRONTIER } from "../../core/merkle/frontier.ts";
import type { LogName } from "../../core/entry/signing-event.ts";
import { sameDigest } from "../../core/digest.ts";
import { judgeCheckpoint, type SignedCheckpoint } from "../../core/note/judge-checkpoint.ts";
import type { LogKey } from "../../core/note/log-key.ts";
import { parseNote } from "../../core/note/note.ts";
import type { UnixMs } from "../../core/time.ts";
import type { StoredCheckpoint } from "../../ports/event-store.ts";
import { proven, unproven, type FollowCode, type Proven } from "./followed-log.ts";

/** A checkpoint that its log signed, with the note as it was served. */
export type ServedCheckpoint = SignedCheckpoint<LogKey> & { readonly note: Uint8Array };

const CODES: Readonly<Record<string, FollowCode>> = {
  "checkpoint-unknown-log": "unknown-log",
  "checkpoint-log-mismatch": "wrong-log",
};

/** Judges a note as the checkpoint of a log of one generation with these keys. */
export function judgeServed(
  note: Uint8Array,
  keys: readonly LogKey[],
  generation: SignedCheckpoint<LogKey>["generation"],
): Proven<ServedCheckpoint> {
  const read = parseNote(note);
  const judged = read.ok ? judgeCheckpoint(read.value, keys) : read;
  if (!judged.ok) return unproven(CODES[judged.code] ?? "checkpoint-invalid", judged.detail);
  const checkpoint = judged.value;
  if (checkpoint.generation !== generation) {
    return unproven("wrong-log", `the checkpoint of ${checkpoint.origin} is of another kind of log`);
  }
  if (checkpoint.size === 0 && !sameDigest(checkpoint.root, frontierRoot(EMPTY_FRONTIER))) {
    return unproven("checkpoint-invalid", "the root of the empty tree is not the hash of nothing");
  }
  return proven({ ...checkpoint, note });
}

export function toStored(
  { size, root, note }: ServedCheckpoint,
  seen: { readonly log: LogName; readonly firstSeen: UnixMs; readonly source: string },
): StoredCheckpoint {
  return { ...seen, size, root, note };
}
