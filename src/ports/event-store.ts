import type { DigestRef, Sha256 } from "../core/digest.ts";
import type { EventDigest, LogName, SigningEvent } from "../core/entry/signing-event.ts";
import type { UnixMs } from "../core/time.ts";

/** A checkpoint whose log signature verified, verbatim. `source` says where it was seen: `log`, `bundle`, `peer:<name>`. */
export type StoredCheckpoint = {
  readonly log: LogName;
  readonly size: number;
  readonly root: Sha256;
  readonly note: Uint8Array;
  readonly firstSeen: UnixMs;
  readonly source: string;
};

/**
 * `unproven`: what the log serves could not be proven, nothing was taken; `disputed`: the log contradicted itself, provably;
 * `frozen`: its operator ended it; `retired`: a shard that another has followed.
 */
export const LOG_STATES = ["following", "unproven", "disputed", "frozen", "retired"] as const;
export type LogState = (typeof LOG_STATES)[number];

/** How far a log has been read and proven. */
export type FollowPosition = {
  readonly log: LogName;
  readonly state: LogState;
  /** Why the state is not `following`; empty when it is. */
  readonly reason: string;
  /** Entries `[startIndex, indexedUpto)` are in the store, each under `head`. */
  readonly startIndex: number;
  readonly indexedUpto: number;
  /** Roots of the maximal perfect subtrees of `[0, indexedUpto)`, largest first. */
  readonly frontier: readonly Sha256[];
  /** The largest checkpoint proven consistent with all before it. */
  readonly head?: StoredCheckpoint;
  /** When the log was last looked at and found well. */
  readonly updatedAt: UnixMs;
  /**
   * Of the entries stored, how many could not be parsed, and how many bear a certificate that does not chain to the root.
   * Counted by the store; what a batch says of it is not looked at.
   */
  readonly tally?: { readonly unparsed: number; readonly untrusted: number };
};

/** What one step of the follower adds. Applied whole or not at all. */
export type EventBatch = {
  /** What the writer believes is stored, `startIndex` at first; another value refuses the batch (`store.conflict`), as does a smaller head. */
  readonly expectedUpto: number;
  readonly position: FollowPosition;
  /** In order of their index. Taken one after the other, once, so that they need not all be in memory. */
  readonly events: Iterable<StoredEntry>;
};
export type StoredEntry = { readonly event: SigningEvent; readonly body: Uint8Array };

/** Two signed statements of one log that cannot both be true, or an answer that contradicts its own proof. */
export type Misbehaviour = {
  readonly log: LogName;
  readonly code: string;
  readonly detail: string;
  readonly at: UnixMs;
  /** The notes and hashes that show it, as files of an evidence tar by name. */
  readonly evidence: Readonly<Record<string, Uint8Array>>;
};

/** Filters combine with "and". Times are half-open `[since, until)` on the event time. */
export type EventQuery = {
  readonly since?: UnixMs;
  readonly until?: UnixMs;
  readonly log?: LogName;
  readonly issuer?: string;
  readonly san?: string;
  readonly sanPrefix?: string;
  readonly digest?: DigestRef;
  /** `verified` unless given: an untrusted certificate may name anybody. */
  readonly chain?: "verified" | "any";
  /** 1 … 500. Newest first. */
  readonly limit: number;
  readonly cursor?: EventCursor;
};

/** The last row of a page, and the ingest sequence up to which the listing looks: pages stay stable while rows arrive. */
export type EventCursor = {
  readonly eventTime: UnixMs;
  readonly log: LogName;
  readonly logIndex: number;
  readonly asOf: number;
};
export type EventPage = { readonly events: readonly SigningEvent[]; readonly next?: EventCursor };

/**
 * Verified signing events and the checkpoint above them; `commit` moves both in one transaction.
 * Faults: `store.busy`, `store.unreadable`, `store.read-only`, `store.conflict`, `store.newer-schema`.
 */
export interface EventStore {
  positions(): Promise<readonly FollowPosition[]>;
  position(log: LogName): Promise<FollowPosition | undefined>;
  /** Durable once it resolves. */
  commit(batch: EventBatch): Promise<void>;

  /** Keeps every checkpoint with a valid signature, from any source; a note already kept is kept once. */
  saveCheckpoint(checkpoint: StoredCheckpoint): Promise<void>;
  /** Newest first. */
  checkpoints(log: LogName, limit: number): Promise<readonly StoredCheckpoint[]>;
  recordMisbehaviour(found: Misbehaviour): Promise<void>;
  misbehaviours(): Promise<readonly Misbehaviour[]>;

  /** Leaf hashes of `[from, to)` in order, as far as they are stored without a gap; at most 65,536. */
  leafHashes(log: LogName, from: number, to: number): Promise<readonly Sha256[]>;
  event(log: LogName, logIndex: number): Promise<StoredEntry | undefined>;
  /** The events that carry any of these digests in any role, newest first, at most 1,000; `query` pages through more. */
  eventsWith(digests: readonly DigestRef[]): Promise<readonly SigningEvent[]>;
  query(query: EventQuery): Promise<EventPage>;
  /** Adds digests learned elsewhere (the subjects of a bundle) to an event; twice is once. */
  addDigests(log: LogName, logIndex: number, digests: readonly EventDigest[]): Promise<void>;
  /** How many events the store holds, of one log or in all. */
  count(log?: LogName): Promise<number>;
}
