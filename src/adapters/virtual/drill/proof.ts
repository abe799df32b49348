import type { EntryInclusionProof } from "../../../core/bundle/bundle.ts";
import { bug, unreachable } from "../../../core/bug.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { sha256 } from "../../../core/digest.ts";
import type { EntryPlan } from "../../../core/drill/plan.ts";
import { parseLeafIndex } from "../../../core/merkle/tree.ts";
import { renderCheckpoint } from "../../../core/note/checkpoint.ts";
import { readKeyId, renderNote, renderSignatureLine, type NoteSignature } from "../../../core/note/note.ts";
import type { Appended, LogHead } from "../log/engine.ts";
import type { NoteSigner } from "../log/note-signer.ts";
import { witnessAt, type DrillLog, type DrillLogs } from "./logs.ts";
import type { DrillWorld } from "./world.ts";

type Proof = Omit<EntryInclusionProof, "checkpoint">;

/** The inclusion proof of an entry, or one that is of something else. */
export function proofOf(log: DrillLog, plan: EntryPlan, { index, leaf, head, path }: Appended): Proof {
  const good = { logIndex: index, rootHash: head.root, treeSize: head.size, hashes: path };
  if (plan.index === "beyond") return { ...good, logIndex: head.size + 7 };
  if (plan.proof === "claims-one") return { logIndex: 0, rootHash: leaf, treeSize: 1, hashes: [] };
  if (plan.proof !== "neighbour") return good;
  const neighbour = parseLeafIndex(index - 1) ?? bug("an entry without one before it");
  // The newest entry has the shortest path of all; a proof of another length would be refused for that alone.
  return { ...good, hashes: log.engine.inclusion(neighbour, head.size).slice(0, path.length) };
}

/** The signed checkpoint that a proof comes with, or another. */
export async function checkpointOf(
  { logs, now }: DrillWorld,
  log: DrillLog,
  { checkpoint, witnesses }: EntryPlan,
  { head }: Appended,
): Promise<string> {
  const seconds = Math.floor(now / 1000);
  switch (checkpoint) {
    case "other-log": {
      const other = logs.logs.rekor1;
      return signedNote(other.signer, textOf(originOf(other), head));
    }
    case "other-key":
      return signedNote(
        { ...logs.forger, name: log.signer.name, keyId: log.signer.keyId },
        textOf(originOf(log), head),
      );
    case "other-root":
      return signedNote(log.signer, textOf(originOf(log), { ...head, root: sha256(toUtf8("another tree")) }));
    case undefined:
      return head.note + cosignatures(logs, witnesses, textOf(originOf(log), head), seconds);
    default:
      return unreachable(checkpoint);
  }
}

function originOf({ engine }: DrillLog): string {
  return engine.head().note.split("\n", 1)[0] ?? "";
}

function textOf(origin: string, { size, root }: Pick<LogHead, "size" | "root">): string {
  return renderCheckpoint({ origin, size, root, extensions: [] });
}

async function signedNote(signer: NoteSigner, text: string): Promise<string> {
  const signature = await signer.sign(toUtf8(text));
  return renderNote({ text, signatures: [{ name: signer.name, keyId: readKeyId(signer.keyId), signature }] });
}

function cosignatures(logs: DrillLogs, plan: EntryPlan["witnesses"], text: string, seconds: number): string {
  const by = (index: number, of: string, at: number): NoteSignature => witnessAt(logs, index).cosign(of, at);
  const lines = {
    one: [by(0, text, seconds)],
    two: [by(0, text, seconds), by(1, text, seconds)],
    "one-twice": [by(0, text, seconds), by(0, text, seconds - 60)],
    "of-other-checkpoint": [by(0, text, seconds), by(1, text.replace("\n", " \n"), seconds)],
  };
  return plan === undefined ? "" : lines[plan].map(renderSignatureLine).join("");
}
