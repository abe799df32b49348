import type { TlogEntry } from "../core/bundle/bundle.ts";
import type { Sha256 } from "../core/digest.ts";

/** What is asked to be logged. The certificate is the leaf, DER; a bare key is SPKI, DER. */
export type LogRequest = {
  readonly verifier: { readonly kind: "certificate" | "public-key"; readonly der: Uint8Array };
  readonly signature: Uint8Array;
  readonly content:
    | { readonly kind: "message"; readonly digest: Sha256 }
    /** `envelope` is the JSON text of the envelope, as it is stored; `pae` what was signed. */
    | { readonly kind: "dsse"; readonly envelope: string; readonly pae: Uint8Array };
};

/**
 * The writing half of a log. What returns is shaped for a bundle, and unverified.
 * Faults: `log.unreachable`, `log.refused`, `log.malformed`, `log.too-large`, `log.duplicate` (the log has this very entry
 * and does not give it; a log that gives it answers with it).
 */
export interface LogWriter {
  readonly type: "rekor1" | "rekor2";
  append(request: LogRequest, signal: AbortSignal): Promise<TlogEntry>;
}

/**
 * The reading half: bytes in, bytes out, no judgement. Tiled logs (Rekor v2, static CT) are read by `checkpoint`, `tile`
 * and `bundle`; Rekor v1 by `shards`, `entries` and `consistency`.
 * Faults: `log.unreachable`, `log.missing` (a 404 for what a verified checkpoint promises), `log.malformed`, `log.too-large`.
 */
export type LogReader = TiledLogReader | Rekor1Reader;

export interface TiledLogReader {
  readonly type: "tiles";
  checkpoint(signal: AbortSignal): Promise<Uint8Array>;
  /** `width` hashes of 32 bytes: 256 for a full tile. */
  tile(level: number, index: number, width: number, signal: AbortSignal): Promise<Uint8Array>;
  /** An entry bundle of `width` entries, each with a 16-bit length. */
  bundle(index: number, width: number, signal: AbortSignal): Promise<Uint8Array>;
  /** The same log past the caches on the way, where there is a difference: for a second look at what was wrong. */
  readonly uncached?: TiledLogReader;
}

export interface Rekor1Reader {
  readonly type: "rekor1";
  /** The active tree first, then the inactive ones, oldest first. */
  shards(signal: AbortSignal): Promise<readonly Rekor1Shard[]>;
  /** At most 10 global indexes; the answer may be short or in any order. */
  entries(globalIndexes: readonly number[], signal: AbortSignal): Promise<readonly Rekor1Entry[]>;
  consistency(from: number, to: number, treeId: string, signal: AbortSignal): Promise<readonly Uint8Array[]>;
}

export type Rekor1Shard = { readonly treeId: string; readonly treeSize: number; readonly checkpoint: Uint8Array };
/** `entryId`: 64 or 80 hexadecimal digits. */
export type Rekor1Entry = { readonly entryId: string; readonly entry: TlogEntry };
