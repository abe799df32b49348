import { bug } from "../../core/bug.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { seenBetween } from "../../core/coverage/seen-between.ts";
import type { Sha256 } from "../../core/digest.ts";
import { toSigningEvent } from "../../core/entry/to-signing-event.ts";
import { EMPTY_FRONTIER, parseFrontier, type Frontier } from "../../core/merkle/frontier.ts";
import { parseTreeSize } from "../../core/merkle/tree.ts";
import type { Interval, UnixMs } from "../../core/time.ts";
import type { EventStore, FollowPosition, LogState, StoredCheckpoint, StoredEntry } from "../../ports/event-store.ts";
import type { FollowedLog, FollowPorts } from "./followed-log.ts";
import { toStored, type ServedCheckpoint } from "./served-checkpoint.ts";

/** An entry whose leaf is authenticated. */
export type AuthenticLeaf = {
  readonly leafHash: Sha256;
  readonly body: Uint8Array;
  readonly globalIndex?: number;
  readonly integratedTime?: number;
  readonly flags?: readonly string[];
};

/** One step in the making: where the log stands, and the four ways in which that may change. Each is one transaction. */
export type StepContext = {
  readonly log: FollowedLog;
  readonly signal: AbortSignal;
  /** As stored. */
  readonly position: () => FollowPosition;
  readonly frontier: () => Frontier;
  /** Keeps a checkpoint whose signature verified, before anything else is asked of it. */
  readonly keep: (checkpoint: ServedCheckpoint, source: string) => Promise<void>;
  /** First contact: the head is taken as it is; entries are read from where the frontier ends. */
  readonly begin: (head: ServedCheckpoint, frontier: Frontier) => Promise<void>;
  readonly moveHead: (head: ServedCheckpoint) => Promise<void>;
  /** Stores the next entries together with the frontier that they lead to. */
  readonly append: (leaves: readonly AuthenticLeaf[], frontier: Frontier) => Promise<void>;
  /** Says how the step ends when it ends well; `following` unless called. */
  readonly become: (state: LogState, reason: string) => void;
  /** The state to end with. */
  readonly ending: () => Pick<FollowPosition, "state" | "reason">;
  readonly checkpoints: () => Promise<readonly StoredCheckpoint[]>;
  /** What is stored of the log's entries. */
  readonly entries: Pick<EventStore, "leafHashes" | "event">;
};

/** How many of the newest checkpoints bound the times of entries. */
const CHECKPOINTS_MAX = 512;

export function startStep(
  { store, clock }: FollowPorts,
  log: FollowedLog,
  stored: FollowPosition | undefined,
  signal: AbortSignal,
): StepContext {
  let position = stored ?? blankPosition(log, clock.now());
  let ending: Pick<FollowPosition, "state" | "reason"> = { state: "following", reason: "" };
  let bounds: ((logIndex: number) => Interval) | undefined;

  const move = async (change: Partial<FollowPosition>, events: Iterable<StoredEntry> = []) => {
    const next = { ...position, ...change };
    // At the first contact nothing is stored, so what is believed is where it starts.
    await store.commit({ expectedUpto: change.startIndex ?? position.indexedUpto, position: next, events });
    position = next;
  };
  const seen = (checkpoint: ServedCheckpoint, source: string): StoredCheckpoint =>
    toStored(checkpoint, { log: log.name, firstSeen: clock.now(), source });
  const checkpoints = (): Promise<readonly StoredCheckpoint[]> => store.checkpoints(log.name, CHECKPOINTS_MAX);

  return {
    log,
    signal,
    position: () => position,
    frontier: () => frontierOf(position) ?? bug(`${log.name}: a stored frontier of another size`),
    keep: async (checkpoint, source) => store.saveCheckpoint(seen(checkpoint, source)),
    begin: async (head, frontier) => {
      const from = log.start === "now" ? frontier : EMPTY_FRONTIER;
      const start = { startIndex: from.size, indexedUpto: from.size, frontier: from.hashes };
      await move({ ...start, head: seen(head, "log"), updatedAt: clock.now() });
    },
    moveHead: async (head) => move({ head: seen(head, "log"), updatedAt: clock.now() }),
    append: async (leaves, frontier) => {
      bounds ??= seenBetween((await checkpoints()).filter(({ source }) => source === "log"));
      const now = clock.now();
      const events = toEvents(log, leaves, { first: position.indexedUpto, firstSeen: now, bounds });
      await move({ indexedUpto: frontier.size, frontier: frontier.hashes, updatedAt: now }, events);
    },
    become: (state, reason) => {
      ending = { state, reason };
    },
    ending: () => ending,
    checkpoints,
    entries: store,
  };
}

/** The frontier of a position; `undefined` when it has not as many hashes as its size asks for. */
export function frontierOf({ indexedUpto, frontier }: FollowPosition): Frontier | undefined {
  const size = parseTreeSize(indexedUpto);
  return size === undefined ? undefined : parseFrontier(size, frontier);
}

/** The origin in the note of a checkpoint that was judged when it was kept. */
export function originOf({ note }: Pick<StoredCheckpoint, "note">): string {
  return parseUtf8(note)?.split("\n", 1)[0] ?? "";
}

function blankPosition({ name }: FollowedLog, updatedAt: UnixMs): FollowPosition {
  return { log: name, state: "following", reason: "", startIndex: 0, indexedUpto: 0, frontier: [], updatedAt };
}

/** One event at a time: each is stored and forgotten before the next is made. */
function* toEvents(
  { name, validFrom, judgeLeaf }: FollowedLog,
  leaves: readonly AuthenticLeaf[],
  at: { readonly first: number; readonly firstSeen: UnixMs; readonly bounds: (logIndex: number) => Interval },
): Generator<StoredEntry, void, undefined> {
  for (const [i, leaf] of leaves.entries()) {
    const logIndex = at.first + i;
    const entry = {
      ...leaf,
      log: name,
      logIndex,
      firstSeen: at.firstSeen,
      seenBetween: at.bounds(logIndex),
      ...(validFrom !== undefined && { validFrom }),
    };
    yield { event: toSigningEvent(entry, judgeLeaf), body: leaf.body };
  }
}
