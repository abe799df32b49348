import type { DigestRef } from "../../core/digest.ts";
import type { ImageVerdict, RequirementVerdict } from "../../core/policy/review-verdict.ts";
import type { ImageFamily } from "../../core/policy/trust-policy.ts";
import type { UnixMs } from "../../core/time.ts";
import type { PolicyInForce } from "./policy-in-force.ts";

/** What was found out about one image under one family. It says nothing of user, namespace, mode or exceptions, so it can be kept. */
export type ImageFacts = {
  readonly require: RequirementVerdict;
  /** `satisfied`, or the nearest reason why not. */
  readonly code: string;
  /** All that failed: an exception has to name every one. */
  readonly codes: readonly string[];
  /** Satisfied, and still worth telling: `window-outside`, where the family only flags it. */
  readonly flags: readonly string[];
  readonly trust: ImageVerdict["trust"];
  /** When this stops being true by itself: an age limit, or the end of a trusted root. */
  readonly validUntil?: UnixMs;
};

export type FactsQuestion = {
  readonly repository: string;
  readonly digest: DigestRef;
  /** Beside the digest in the reference. It decides nothing; it may lead to an index that is signed, which is worth saying. */
  readonly tag?: string;
  readonly family: ImageFamily;
  readonly policy: PolicyInForce;
};

/** Whether a signature is missing: all that the tag of a reference can have anything to do with. */
export function isAbsence({ codes }: Pick<ImageFacts, "codes">): boolean {
  return codes.includes("no-signature") || codes.includes("child-not-signed");
}

/** Gathers and judges. Rejects with a Fault where the world failed; what the image is, is always a value. */
export type FindFacts = (question: FactsQuestion, signal: AbortSignal) => Promise<ImageFacts>;
