import type { TimestampAuthorityTrust } from "../cms/timestamp-authority.ts";
import type { PublicKey } from "../crypto/public-key.ts";
import type { Sha256 } from "../digest.ts";
import type { LogKey } from "../note/log-key.ts";
import type { Interval } from "../time.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { ValidFor } from "./valid-for.ts";

/**
 * A trusted root made ready for judging: keys imported, chains verified, ids computed, once for the life of the
 * process. Made by `compileTrust` alone.
 */
export type CompiledTrust = {
  readonly trustId: Sha256;
  readonly thresholds: Thresholds;
  readonly logs: readonly TrustedLog[];
  readonly cas: readonly TrustedCa[];
  readonly ctLogs: readonly TrustedCtLog[];
  readonly tsas: readonly TrustedTsa[];
};

/** How many independent proofs of each sort a signature needs. */
export type Thresholds = {
  /** Log entries, of different operators. */
  readonly log: number;
  /** Times, of different sources. */
  readonly time: number;
  /** SCTs, of different logs. 0 only where the root has no CT log. */
  readonly sct: number;
};

export const DEFAULT_THRESHOLDS: Thresholds = Object.freeze({ log: 1, time: 1, sct: 1 });

/** Things of one group count once: the operator, or the key where the root names none. */
type Grouped = { readonly group: string };

export type TrustedLog = LogKey &
  Grouped & {
    readonly baseUrl: string;
    /** As bundles have it; equal to `keyId`. */
    readonly logId: Uint8Array;
    readonly key: PublicKey;
    readonly validFor: ValidFor;
  };

export type TrustedCa = {
  readonly uri: string;
  /** Issuing CA first, anchor last; verified. */
  readonly chain: readonly Certificate[];
  readonly issuer: Certificate;
  /** Of the issuer's SubjectPublicKeyInfo: a part of what an SCT signs. */
  readonly issuerSpkiHash: Sha256;
  /** When all certificates of the chain are valid and the root vouches for them. */
  readonly window: Interval;
};

export type TrustedCtLog = Grouped & {
  readonly baseUrl: string;
  readonly logId: Uint8Array;
  readonly key: PublicKey;
  readonly validFor: ValidFor;
};

export type TrustedTsa = TimestampAuthorityTrust & Grouped & { readonly uri: string };
