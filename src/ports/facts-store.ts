import type { UnixMs } from "../core/time.ts";

/** What was found out about one image, as text that only the program that wrote it reads. */
export type StoredFacts = {
  /** Names the image, the repository, the family with all that it reaches, and the program. */
  readonly key: string;
  readonly facts: string;
  readonly foundAt: UnixMs;
};

/**
 * Keeps what the background verification found out, so that a restart goes on and does not ask every registry again.
 * Never read by admission. Faults: as the event store.
 */
export interface FactsStore {
  /** Durable once it resolves. Facts of the same key are replaced. */
  put(facts: readonly StoredFacts[]): Promise<void>;
  /** Of those keys that are there, in no order. */
  read(keys: readonly string[]): Promise<readonly StoredFacts[]>;
  /** Drops what was found before a time: images that no longer run, policies that no longer hold. */
  dropBefore(time: UnixMs): Promise<void>;
}
