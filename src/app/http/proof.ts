import { pathFromStore } from "../../capabilities/follow/stored-proof.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { judgeInclusion } from "../../core/merkle/inclusion.ts";
import { leafHash, parseLeafIndex, parseTreeSize } from "../../core/merkle/tree.ts";
import type { EventStore, StoredCheckpoint, StoredEntry } from "../../ports/event-store.ts";
import type { ProofJson } from "./contract.ts";

type Stored = Pick<EventStore, "event" | "position" | "checkpoints" | "leafHashes">;

/** How many of the newest checkpoints are looked through for one that the stored entries reach. */
const CHECKPOINTS_MAX = 100;

/**
 * Shows that an entry is in its log, out of what is stored: the leaf is hashed again from its body, and the path is
 * computed from the stored leaves, so nothing here is taken from an answer of the log. `undefined` for an entry that is
 * not stored.
 */
export async function proofFromStore(store: Stored, log: string, logIndex: number): Promise<ProofJson | undefined> {
  const [entry, position] = await Promise.all([store.event(log, logIndex), store.position(log)]);
  if (!entry) return undefined;
  const indexedUpto = position?.indexedUpto ?? 0;
  const known = [...(position?.head ? [position.head] : []), ...(await store.checkpoints(log, CHECKPOINTS_MAX))];
  const reached = known.find(({ size }) => size > logIndex && size <= indexedUpto);
  if (!reached) return undecided(entry, known[0], "the entries below the checkpoint are not all stored yet");
  return judged(store, entry, reached);
}

async function judged(store: Stored, entry: StoredEntry, checkpoint: StoredCheckpoint): Promise<ProofJson> {
  const { log, logIndex } = entry.event;
  const [index, size] = [parseLeafIndex(logIndex), parseTreeSize(checkpoint.size)];
  const path = index === undefined || size === undefined ? undefined : await pathFromStore(store, log, { index, size });
  if (index === undefined || size === undefined || !path) {
    return undecided(entry, checkpoint, "the store does not hold the log from its beginning");
  }
  const leaf = leafHash(entry.body);
  const verdict = judgeInclusion({ leaf, index, size, root: checkpoint.root, path });
  const detail =
    verdict.kind === "pass"
      ? `included under the checkpoint of ${size} entries, which the log signed`
      : verdict.kind === "fail"
        ? verdict.reasons[0].detail
        : verdict.gaps[0].detail;
  return { ...shown(entry, checkpoint), leafHash: toHex(leaf), path: path.map(toHex), verdict: verdict.kind, detail };
}

function undecided(entry: StoredEntry, checkpoint: StoredCheckpoint | undefined, detail: string): ProofJson {
  return { ...shown(entry, checkpoint), verdict: "unknown", detail };
}

function shown(
  { event, body }: StoredEntry,
  checkpoint: StoredCheckpoint | undefined,
): Omit<ProofJson, "verdict" | "detail"> {
  return {
    log: event.log,
    index: event.logIndex,
    leafHash: toHex(leafHash(body)),
    treeSize: checkpoint?.size ?? 0,
    rootHash: checkpoint ? toHex(checkpoint.root) : "",
    path: [],
    checkpoint: checkpoint ? (parseUtf8(checkpoint.note) ?? "") : "",
  };
}
