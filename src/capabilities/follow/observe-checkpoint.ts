import type { LogName } from "../../core/entry/signing-event.ts";
import { parseRekor1Origin } from "../../core/note/checkpoint.ts";
import type { FollowPosition } from "../../ports/event-store.ts";
import { originOf } from "./context.ts";
import type { FollowedLog, FollowPorts } from "./followed-log.ts";
import { judgeBelow } from "./judge-below.ts";
import { judgeServed, toStored, type ServedCheckpoint } from "./served-checkpoint.ts";

/** What a checkpoint from elsewhere came to. `unknown`: of no log that is followed. `ahead`: kept, and judged when the log gets there. */
export type Observation = {
  readonly outcome: "consistent" | "ahead" | "contradiction" | "unknown" | "unproven";
  readonly log?: LogName;
  readonly detail: string;
};

/** Takes the note of a checkpoint; `source` is where it was seen: `bundle`, `peer:<name>`. */
export type ObserveCheckpoint = (note: Uint8Array, source: string) => Promise<Observation>;

/**
 * Takes a checkpoint that was seen elsewhere as a second view of a followed log (transparency-log chapter §5, "Split
 * view"). It asks nobody: what is stored of the log decides, for all entries below the head are in it.
 */
export function observeCheckpoint(ports: FollowPorts, logs: readonly FollowedLog[]): ObserveCheckpoint {
  return async (note, source) => {
    const found = await findSigner(ports, logs, note);
    if (!found) return { outcome: "unknown", detail: "no followed log signed it" };
    const { log, served, position } = found;
    const { store, clock } = ports;
    await store.saveCheckpoint(toStored(served, { log: log.name, firstSeen: clock.now(), source }));
    const { head, indexedUpto } = position;
    if (!head || served.size > Math.min(head.size, indexedUpto)) {
      return { outcome: "ahead", log: log.name, detail: `size ${served.size} is beyond what is stored` };
    }
    const judged = await judgeBelow(store, position, served);
    if (judged.ok) return { outcome: "consistent", log: log.name, detail: "" };
    const { problem } = judged;
    if (problem.kind === "unproven") return { outcome: "unproven", log: log.name, detail: problem.detail };
    const { code, detail, evidence } = problem;
    await store.recordMisbehaviour({ log: log.name, code, detail, at: clock.now(), evidence });
    const disputed = { ...position, state: "disputed", reason: `${code}: ${detail}` } as const;
    await store.commit({ expectedUpto: indexedUpto, position: disputed, events: [] });
    return { outcome: "contradiction", log: log.name, detail };
  };
}

/** The followed log whose key signed a note, and, where one key signs several trees, whose tree it is. */
async function findSigner(
  { store }: FollowPorts,
  logs: readonly FollowedLog[],
  note: Uint8Array,
): Promise<
  { readonly log: FollowedLog; readonly served: ServedCheckpoint; readonly position: FollowPosition } | undefined
> {
  for (const log of logs) {
    const generation = log.reader.type === "tiles" ? "rekor2" : "rekor1";
    const judged = judgeServed(note, log.keys, generation);
    if (!judged.ok) continue;
    // oxlint-disable-next-line no-await-in-loop -- at most a handful of logs, of which one signed
    const position = await store.position(log.name);
    const served = judged.value;
    if (position?.head && isSameTree(served.origin, originOf(position.head))) return { log, served, position };
  }
  return undefined;
}

/** A Rekor v1 changes its host name as it likes; the tree is the log. */
function isSameTree(a: string, b: string): boolean {
  const [treeA, treeB] = [parseRekor1Origin(a), parseRekor1Origin(b)];
  return treeA && treeB ? treeA.treeId === treeB.treeId : a === b;
}
