/** The documents of one trust domain, as bytes that are authentic; and how fresh they are. */
export type TrustMaterial = {
  readonly trustedRoot: Uint8Array;
  readonly signingConfig?: Uint8Array;
  readonly state: "fresh" | "stale" | "expired";
  /** Why not fresh; empty when it is. */
  readonly reason: string;
};

/**
 * Where a trust domain's root comes from: TUF, a pinned file, or the copy we ship.
 * Faults: `trust.unreachable`, `trust.invalid`, `trust.pin-mismatch`, `trust.rollback`, `trust.expired`; of a file those
 * of input, of a cache those of a store.
 */
export interface TrustRootSource {
  read(signal: AbortSignal): Promise<TrustMaterial>;
}
