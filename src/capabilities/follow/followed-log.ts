import type { LeafJudge } from "../../core/entry/leaf-judge.ts";
import type { LogName } from "../../core/entry/signing-event.ts";
import type { LogKey } from "../../core/note/log-key.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventStore, LogState } from "../../ports/event-store.ts";
import type { LogReader } from "../../ports/transparency-log.ts";

/** A log that is followed: where it is read, and by whose word it is believed. */
export type FollowedLog = {
  readonly name: LogName;
  readonly reader: LogReader;
  /** The keys of this log alone, out of the trusted root: the one source of keys. */
  readonly keys: readonly LogKey[];
  /** Judges certificates against the same trusted root. */
  readonly judgeLeaf: LeafJudge;
  /** Where a first contact begins: with the first entry, so that all is proven, or behind the last, on the log's word. */
  readonly start: "beginning" | "now";
  /** When the log's key began to be valid. */
  readonly validFrom?: UnixMs;
  /** Rekor v1: the tree that is followed; the one that is active at the first contact unless given. */
  readonly treeId?: string;
};

export type FollowPorts = { readonly store: EventStore; readonly clock: Clock };

/** What a log did, or failed to do (transparency-log chapter §11), beside the faults of its reader. */
export type FollowCode =
  | "checkpoint-invalid"
  | "unknown-log"
  | "wrong-log"
  | "equivocation"
  | "inconsistent"
  | "tile-malformed"
  | "tile-hash-mismatch"
  | "tile-missing"
  | "bundle-malformed"
  | "bundle-hash-mismatch"
  | "proof-invalid"
  | "incomplete-answer"
  | "wrong-entry"
  | "index-offset-mismatch"
  | "shard-changed"
  | "store-corrupt";

/**
 * Why a step could not end well. `unproven`: what was served is not what a signed checkpoint says, or was not served; by
 * itself that convicts nobody. `contradiction`: two signed statements that cannot both be true.
 */
export type FollowProblem =
  | { readonly kind: "unproven"; readonly code: string; readonly detail: string }
  | {
      readonly kind: "contradiction";
      readonly code: "equivocation" | "inconsistent";
      readonly detail: string;
      /** What shows it, by the name of the file in an evidence tar. */
      readonly evidence: Readonly<Record<string, Uint8Array>>;
    };

/** A value, or why there is none. */
export type Proven<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: FollowProblem };

export function proven<T>(value: T): Proven<T> {
  return { ok: true, value };
}

export function unproven(code: FollowCode, detail: string): { readonly ok: false; readonly problem: FollowProblem } {
  return { ok: false, problem: { kind: "unproven", code, detail } };
}

/** What one step came to. */
export type StepReport = {
  readonly log: LogName;
  /** `current`: all that the log's newest proven checkpoint holds is stored; `behind`: more is to be read. */
  readonly outcome: "current" | "behind" | FollowProblem["kind"];
  /** Empty when there is no problem. */
  readonly code: string;
  readonly detail: string;
  readonly state: LogState;
  readonly headSize: number;
  readonly indexedUpto: number;
  /** Entries that this step stored. */
  readonly added: number;
};
