import type { DigestRef } from "../digest.ts";
import type { Identity } from "../identity/identity.ts";
import type { UnixMs } from "../time.ts";

/** What the webhook says of one AdmissionReview (trust-policy chapter §4.1). */
export type ReviewVerdict = {
  readonly allowed: boolean;
  readonly mode: "enforce" | "audit";
  readonly images: readonly ImageVerdict[];
  readonly policyHash: string;
  readonly policyRevision?: number;
  readonly engine: string;
  readonly tzdata: string;
};

export type ImageVerdict = {
  /** `spec.containers[0].image` */
  readonly path: string;
  readonly container: string;
  readonly given: string;
  readonly canonical: string;
  readonly digest?: DigestRef;
  readonly family?: string;
  readonly outcome: ImageOutcome;
  /** Stable code of the whole: `allowed-…`, or the nearest reason. */
  readonly code: string;
  readonly require?: RequirementVerdict;
  readonly exception?: string;
  /** The deny rule, with its reason. */
  readonly deniedBy?: string;
  readonly trust: readonly { readonly root: string; readonly hash: string }[];
};
export type ImageOutcome = "satisfied" | "denied" | "unknown" | "exempt" | "unchanged" | "excepted" | "broken-glass";

export type CheckState = "pass" | "fail" | "unknown";

export type RequirementVerdict =
  | {
      readonly op: "all" | "any" | "atLeast";
      readonly n?: number;
      readonly state: CheckState;
      readonly of: readonly RequirementVerdict[];
    }
  | {
      readonly op: "term";
      /** As people read it: `signature by payments-builder`. */
      readonly term: string;
      readonly authority: string;
      readonly state: CheckState;
      readonly candidates: readonly CandidateVerdict[];
      readonly nearest?: string;
      /** The signed index that lists the image, where that is what its tag leads to. */
      readonly signedParent?: DigestRef;
    };

/** One signature or attestation that was found and judged. */
export type CandidateVerdict = {
  readonly source: "bundle" | "legacy" | "notation";
  readonly digest: DigestRef;
  /** Proven only when `state` is pass; before that it is what the certificate claims. */
  readonly identity?: Identity;
  /** SHA-256 of a key that lives for long. */
  readonly key?: DigestRef;
  readonly signedAt?: UnixMs;
  readonly log?: { readonly id: string; readonly index: number };
  readonly state: CheckState;
  readonly reasons: readonly { readonly code: string; readonly detail: string }[];
};
