import { BUNDLE_BYTES_MAX, BUNDLE_BYTES_MAX_LARGE, readBundle } from "../bundle/read.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import { fail } from "../verdict.ts";
import type { Artifact } from "./artifact.ts";
import { judgeEvidence, type Judgement } from "./judge-evidence.ts";
import type { VerifyPolicy } from "./policy.ts";

/** Judges a bundle from its bytes: steps 1 to 18. What is no bundle is evidence too, and fails with the reader's code. */
export function judgeBundle(
  bytes: Uint8Array,
  artifact: Artifact,
  trust: CompiledTrust,
  policy: VerifyPolicy,
): Judgement {
  const bundle = readBundle(bytes, policy.allowLargePayload === true ? BUNDLE_BYTES_MAX_LARGE : BUNDLE_BYTES_MAX);
  if (bundle.ok) return judgeEvidence(bundle.value, artifact, trust, policy);
  const facts = { trustId: trust.trustId, times: [], entries: [], extensions: new Map(), ignored: [] };
  return { verdict: fail(bundle.code, bundle.detail), facts };
}
