import type { DigestRef } from "../digest.ts";
import type { LogName } from "../entry/signing-event.ts";
import type { UnixMs } from "../time.ts";

/**
 * What a bundle found in a registry says of a log entry, after the bundle has been verified. The log holds only the hash of
 * what was signed; the subject, the predicate type and the claims of the signer come from here.
 */
export type SignatureLink = {
  readonly log: LogName;
  readonly logIndex: number;
  /** `host/path` where it was found. */
  readonly repository: string;
  readonly subject: DigestRef;
  /** Digest of the bundle's bytes. */
  readonly bundle: DigestRef;
  /** Of the in-toto statement; absent for a signature over the manifest itself. */
  readonly predicateType?: string;
  /** `predicate.runDetails.metadata.invocationId` of SLSA provenance v1: signed, and chosen by the signer. */
  readonly invocationId?: string;
  /** What the signer says of itself in annotations of the statement. */
  readonly claimedRunUid?: string;
  readonly seenAt: UnixMs;
};

/** The predicate type of a statement that is a signature and nothing more (cosign `pkg/types`). */
export const COSIGN_SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1";

/** Whether a link is a signature of its subject. An SBOM or provenance by the right signer is not one. */
export function isSignature(link: SignatureLink): boolean {
  return link.predicateType === undefined || link.predicateType === COSIGN_SIGN_PREDICATE;
}
