import type { DigestRef } from "../digest.ts";
import type { JsonObject } from "../json/json.ts";
import type { TrustPolicySet } from "../policy/trust-policy.ts";

/** An artifact of the drill where verifiers find it, and the policy that they judge it by. */
export type Exhibit = {
  /** Of the case. */
  readonly id: string;
  readonly trial: string;
  /** `host/path`. */
  readonly repository: string;
  readonly digest: DigestRef;
  /** What a person would call it; only where the case has one. */
  readonly tag?: string;
  readonly policy: TrustPolicySet;
  /** How it is named, where that is not as usual. */
  readonly reference?: string;
  /** The policy as text, with what is beside it; `policy` is the same as a value. */
  readonly documents?: readonly JsonObject[];
  /** The body that is put to an admission webhook instead of a pod with the image. */
  readonly review?: string;
  readonly trust?: "expired";
  /** The certificate in the one Notation trust store, DER. */
  readonly notationRoot?: Uint8Array;
  /** Tags get digests before the review is judged; what is admitted must then be this image. */
  readonly resolve?: true;
  /** Requests that a registry has had to which nothing may be sent. */
  readonly strayRequests?: () => number;
};

/** How a workload would name the image. */
export function referenceOf({ reference, repository, tag, digest }: Exhibit): string {
  if (reference !== undefined) return reference;
  return `${repository}${tag === undefined ? "" : `:${tag}`}@${digest}`;
}
