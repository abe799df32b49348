import type { Correlation } from "../../core/correlate/correlation.ts";
import type { LogName, SigningEvent } from "../../core/entry/signing-event.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { RunningContainer } from "../../core/inventory/running-container.ts";
import type { UnixMs } from "../../core/time.ts";
import type { WatchGap } from "../../ports/cluster-store.ts";
import type { EventStore } from "../../ports/event-store.ts";
import type { ArtifactRef, Expectation, IncidentItem, ProbeJson, ProofJson, StoryJson } from "./contract.ts";

/**
 * All that the server asks: what the demo and `serve` each put together from their own adapters and capabilities.
 * Nothing here writes.
 */
export type Queries = {
  readonly now: () => UnixMs;
  readonly version: string;
  readonly events: Pick<EventStore, "query" | "event" | "eventsWith" | "positions" | "misbehaviours">;
  /** By `renderEventRef`; an event that is missing has not been correlated. */
  readonly correlationsOf: (events: readonly SigningEvent[]) => Promise<ReadonlyMap<string, Correlation>>;
  /** By `renderEventRef`; an event that is missing is one no policy speaks of. */
  readonly expectationsOf: (events: readonly SigningEvent[]) => Promise<ReadonlyMap<string, Expectation>>;
  /** By `renderEventRef`: the artifacts that verified bundles join to the entry. */
  readonly artifactsOf: (events: readonly SigningEvent[]) => Promise<ReadonlyMap<string, readonly ArtifactRef[]>>;
  readonly workloads: () => Promise<Workloads>;
  readonly incidents: () => Promise<readonly IncidentItem[]>;
  /** The sigstore bundle of an event as JSON text, where it is known. */
  readonly bundleOf: (log: LogName, logIndex: number) => Promise<Uint8Array | undefined>;
  readonly proofOf: (log: LogName, logIndex: number) => Promise<ProofJson | undefined>;
  readonly storyOf: (digest: DigestRef) => Promise<StoryJson | undefined>;
  readonly health: () => Promise<readonly ProbeJson[]>;
};

export type Workloads = {
  readonly containers: readonly RunningContainer[];
  readonly gaps: readonly WatchGap[];
};
