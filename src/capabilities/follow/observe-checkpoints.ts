import { bug } from "../../core/bug.ts";
import type { LogName } from "../../core/entry/signing-event.ts";
import { Fault } from "../../core/fault.ts";
import { parseRekor1Origin } from "../../core/note/checkpoint.ts";
import type { FollowPosition } from "../../ports/event-store.ts";
import { originOf } from "./context.ts";
import type { FollowedLog, FollowPorts } from "./followed-log.ts";
import { judgeBelow, type FrontierAt } from "./judge-below.ts";
import { judgeServed, toStored, type ServedCheckpoint } from "./served-checkpoint.ts";
import { growingFrontier } from "./stored-proof.ts";

/** What a checkpoint from elsewhere came to. `unknown`: of no log that is followed. `ahead`: kept, and judged when the log gets there. */
export type Observation = {
  readonly outcome: "consistent" | "ahead" | "contradiction" | "unknown" | "unproven";
  readonly log?: LogName;
  readonly detail: string;
};

/** Takes the notes of checkpoints; `source` is where they were seen: `bundle`, `peer:<name>`. One answer for each note. */
export type ObserveCheckpoints = (notes: readonly Uint8Array[], source: string) => Promise<readonly Observation[]>;

/**
 * Takes checkpoints that were seen elsewhere as a second view of the followed logs (transparency-log chapter §5, "Split
 * view"). It asks nobody: what is stored of a log decides, for all entries below the head are in it. The stored leaves of
 * a log are hashed once, however many checkpoints there are.
 */
export function observeCheckpoints(ports: FollowPorts, logs: readonly FollowedLog[]): ObserveCheckpoints {
  return async (notes, source) => {
    const observed = new Map<number, Observation>();
    const found: (Found & { readonly at: number })[] = [];
    for (const [at, note] of notes.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- a signature each, and a row of the store
      const known = await findSigner(ports, logs, note);
      if (known) found.push({ ...known, at });
    }
    const frontiers = new Map<LogName, FrontierAt>();
    for (const one of found.toSorted((a, b) => a.served.size - b.served.size)) {
      const frontierAt = frontiers.get(one.log.name) ?? growingFrontier(ports.store, one.log.name);
      frontiers.set(one.log.name, frontierAt);
      // oxlint-disable-next-line no-await-in-loop -- in the order of their sizes, so that the frontier only grows
      observed.set(one.at, await judgeFound(ports, one, { source, frontierAt }));
    }
    return notes.map((_, at) => observed.get(at) ?? { outcome: "unknown", detail: "no followed log signed it" });
  };
}

type Found = { readonly log: FollowedLog; readonly served: ServedCheckpoint; readonly position: FollowPosition };

async function judgeFound(
  { store, clock }: FollowPorts,
  { log, served, position }: Found,
  { source, frontierAt }: { readonly source: string; readonly frontierAt: FrontierAt },
): Promise<Observation> {
  await store.saveCheckpoint(toStored(served, { log: log.name, firstSeen: clock.now(), source }));
  const { head, indexedUpto } = position;
  if (!head || served.size > Math.min(head.size, indexedUpto)) {
    return { outcome: "ahead", log: log.name, detail: `size ${served.size} is beyond what is stored` };
  }
  const judged = await judgeBelow(store, position, served, frontierAt);
  if (judged.ok) return { outcome: "consistent", log: log.name, detail: "" };
  const { problem } = judged;
  if (problem.kind === "unproven") return { outcome: "unproven", log: log.name, detail: problem.detail };
  const { code, detail, evidence } = problem;
  await store.recordMisbehaviour({ log: log.name, code, detail, at: clock.now(), evidence });
  await dispute(store, log.name, `${code}: ${detail}`);
  return { outcome: "contradiction", log: log.name, detail };
}

/** A follower may be moving the same position. */
const DISPUTES_MAX = 5;

/** Stops the follower of a log, wherever it is by now. */
async function dispute(store: FollowPorts["store"], log: LogName, reason: string): Promise<void> {
  for (let tried = 1; ; tried++) {
    // oxlint-disable-next-line no-await-in-loop -- the newest, each time
    const position = (await store.position(log)) ?? bug(`${log} had a position`);
    const batch = { expectedUpto: position.indexedUpto, position: { ...position, state: "disputed", reason } } as const;
    try {
      // oxlint-disable-next-line no-await-in-loop -- as above
      return await store.commit({ ...batch, events: [] });
    } catch (error) {
      if (!(error instanceof Fault) || error.id !== "store.conflict" || tried === DISPUTES_MAX) throw error;
    }
  }
}

/** The followed log whose key signed a note, and, where one key signs several trees, whose tree it is. */
async function findSigner(
  { store }: FollowPorts,
  logs: readonly FollowedLog[],
  note: Uint8Array,
): Promise<Found | undefined> {
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
