import type { PublicKey } from "../crypto/public-key.ts";
import type { Identity, SanType } from "../identity/identity.ts";
import type { Interval, UnixMs } from "../time.ts";
import type { Thresholds } from "../trust/compiled-trust.ts";

/** What a signature must satisfy beyond being good: whose it must be, and what it must say. */
export type VerifyPolicy = ExpectedSigner & {
  /** Overrides the trust domain's. 0 log entries or SCTs hold only where the domain has no log, or no CT log. */
  readonly thresholds?: Partial<Thresholds>;
  /** Of an attestation: compared whole. Without it any predicate type passes, so whoever asks for a meaning gives it. */
  readonly predicateType?: string;
  /** Only for bundles of a bare key that carry no time. */
  readonly now?: UnixMs;
  /**
   * `strict` refuses a bundle with a root certificate in its chain; `legacy-chain` drops those that the trusted root
   * holds byte for byte (npm provenance of 2023). Never the latter for admission.
   */
  readonly profile?: "strict" | "legacy-chain";
  /** Reads bundles beyond 4 MiB, with a DSSE payload of up to 64 MiB: large SBOMs. Never for admission. */
  readonly allowLargePayload?: boolean;
  /** Goes on after a failure, wherever the next step does not depend on it. The first failure stays the first. */
  readonly explain?: boolean;
};

/** A certificate's identity, or a key that the caller has by another way. Neither has a default. */
export type ExpectedSigner =
  | {
      readonly identity: ExpectedIdentity | ((identity: Identity) => boolean);
      readonly key?: never;
      readonly keyValidFor?: never;
    }
  | {
      readonly key: PublicKey;
      /** When the key was good; every proven time must lie inside. */
      readonly keyValidFor?: Interval;
      readonly identity?: never;
    };

/** Compared code unit by code unit. With a type, an e-mail address never matches a URI of the same text. */
export type ExpectedIdentity = {
  readonly issuer: string;
  readonly san: string;
  readonly sanType?: SanType;
};
