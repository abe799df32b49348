import { sameDigest } from "../../core/digest.ts";
import type { LogName } from "../../core/entry/signing-event.ts";
import { frontierRoot, type Frontier } from "../../core/merkle/frontier.ts";
import { parseLeafIndex, parseTreeSize } from "../../core/merkle/tree.ts";
import type { EventStore, FollowPosition, StoredCheckpoint } from "../../ports/event-store.ts";
import { contradiction, type ContradictionProof } from "./contradiction.ts";
import { proven, unproven, type Proven } from "./followed-log.ts";
import type { ServedCheckpoint } from "./served-checkpoint.ts";
import { growingFrontier, pathFromStore } from "./stored-proof.ts";

/** The frontier of a log's first entries out of what is stored; `undefined` where not all are. */
export type FrontierAt = (size: number) => Promise<Frontier | undefined>;
type Entries = Pick<EventStore, "leafHashes" | "event">;

/**
 * Judges a checkpoint that is not larger than the head, out of what is stored: all entries below the head are, so nobody
 * has to be asked. `unproven` where they are not all stored: the log was followed from later on, or is not read that far.
 */
export async function judgeBelow(
  store: Entries,
  { log, head }: FollowPosition,
  served: Pick<ServedCheckpoint, "origin"> & Pick<StoredCheckpoint, "size" | "root" | "note">,
  frontierAt: FrontierAt = growingFrontier(store, log),
): Promise<Proven<undefined>> {
  if (!head || served.size > head.size) return unproven("proof-invalid", `size ${served.size} is beyond the head`);
  const isEqual = served.size === head.size;
  if (isEqual && sameDigest(served.root, head.root)) return proven(undefined);
  if (isEqual) return contradiction(served.origin, [head, served]);
  const frontier = await frontierAt(served.size);
  if (!frontier) return unproven("proof-invalid", `not all entries below ${served.size} are stored`);
  if (sameDigest(frontierRoot(frontier), served.root)) return proven(undefined);
  const proof = await proveBeyond(store, log, head, served.size);
  return proof
    ? contradiction(served.origin, [head, served], proof)
    : unproven("proof-invalid", `not all entries below ${head.size} are stored`);
}

/** The first entry beyond a size, proven under the head. */
async function proveBeyond(
  store: Entries,
  log: LogName,
  head: StoredCheckpoint,
  beyond: number,
): Promise<ContradictionProof | undefined> {
  const [index, size] = [parseLeafIndex(beyond), parseTreeSize(head.size)];
  if (index === undefined || size === undefined) return undefined;
  const path = await pathFromStore(store, log, { index, size });
  const entry = await store.event(log, beyond);
  return path && entry && { body: entry.body, index, path };
}
