import { toUtf8 } from "../bytes/utf8.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { NonEmpty } from "../verdict.ts";
import { parseCheckpoint, parseRekor1Origin, type Checkpoint } from "./checkpoint.ts";
import type { LogKey } from "./log-key.ts";
import { readKeyId, type Note, type NoteSignature } from "./note.ts";

/** A checkpoint that at least one known log signed. */
export type SignedCheckpoint<K extends LogKey> = Checkpoint & {
  readonly generation: "rekor1" | "rekor2";
  /** The keys that signed it: usually one; several where the trusted root lists a log twice or a log signs with two keys. */
  readonly signedBy: NonEmpty<K>;
};

export type CheckpointCode =
  | "checkpoint-syntax"
  | "checkpoint-unknown-log"
  | "checkpoint-signature"
  | "checkpoint-log-mismatch";

/**
 * Judges whether a note is the checkpoint of one of the logs (C2SP tlog-checkpoint; client-spec "Checkpoint").
 *
 * Lines that match no key by id and name are skipped wherever they stand: they are witnesses, or further keys of the
 * log. One line that matches and does not verify refuses the whole note, even beside a good one.
 */
export function judgeCheckpoint<K extends LogKey>(
  note: Note,
  keys: readonly K[],
): Parsed<SignedCheckpoint<K>, CheckpointCode> {
  const checkpoint = parseCheckpoint(note.text);
  if (!checkpoint.ok) return checkpoint;
  const { origin } = checkpoint.value;
  const rekor1 = parseRekor1Origin(origin);
  const text = toUtf8(note.text);

  const signedBy: K[] = [];
  for (const line of note.signatures) {
    const matching = keys.filter((key) => (rekor1 ? isRekor1Line(line, key, rekor1.host) : isRekor2Line(line, key)));
    if (matching.length === 0) continue;
    const verified = matching.filter((key) => key.verifies(text, line.signature));
    if (verified.length === 0) return malformed("checkpoint-signature", `the signature of ${line.name} is not good`);
    if (!rekor1 && line.name !== origin) {
      return malformed("checkpoint-log-mismatch", `${line.name} signed for the origin ${origin}`);
    }
    signedBy.push(...verified.filter((key) => !signedBy.includes(key)));
  }
  const [first, ...rest] = signedBy;
  if (!first) return malformed("checkpoint-unknown-log", `no line is of a known log; the origin is ${origin}`);
  return parsed({ ...checkpoint.value, generation: rekor1 ? "rekor1" : "rekor2", signedBy: [first, ...rest] });
}

/** By id alone among the keys: the name is free text of the log, but it must be the one in the origin. */
function isRekor1Line(line: NoteSignature, key: LogKey, host: string): boolean {
  return line.keyId === readKeyId(key.keyId) && line.name === host;
}

function isRekor2Line(line: NoteSignature, key: LogKey): boolean {
  return line.keyId === readKeyId(key.keyId) && line.name === key.host;
}
