import { compileTrust, type TrustCode } from "../../core/trust/compile-trust.ts";
import type { CompiledTrust, Thresholds } from "../../core/trust/compiled-trust.ts";
import { readTrustedRoot, type TrustedRootCode } from "../../core/trust/trusted-root.ts";
import type { Parsed } from "../../core/parsed.ts";
import { fail, unknown, type Verdict } from "../../core/verdict.ts";
import type { Artifact } from "../../core/verify/artifact.ts";
import type { VerifyFacts } from "../../core/verify/facts.ts";
import { judgeBundle } from "../../core/verify/judge-bundle.ts";
import type { VerifyPolicy } from "../../core/verify/policy.ts";
import type { VerifyReason } from "../../core/verify/reason.ts";
import type { VerifyPrehashed } from "../../ports/prehash-verifier.ts";
import type { TrustMaterial, TrustRootSource } from "../../ports/trust-root-source.ts";

export type VerifyBundlePorts = {
  readonly trust: TrustRootSource;
  readonly verifyPrehashed: VerifyPrehashed;
};

export type VerifyBundleRequest = {
  readonly bundle: Uint8Array;
  /** The thing itself, or its digest. */
  readonly artifact: Uint8Array | { readonly algorithm: "sha256" | "sha384" | "sha512"; readonly bytes: Uint8Array };
  readonly policy: VerifyPolicy;
  /** The trust domain's. */
  readonly thresholds?: Partial<Thresholds>;
  /** What to do under a trusted root that has expired: `fail`, the default, leaves the question open. */
  readonly onExpired?: "fail" | "warn";
};

export type BundleReason = VerifyReason | TrustedRootCode | TrustCode;

export type BundleAnswer = {
  readonly verdict: Verdict<BundleReason>;
  /** Absent when the trusted root could not be used. */
  readonly facts?: VerifyFacts;
  /** How fresh the trusted root was, and why not fresher. */
  readonly trust: Pick<TrustMaterial, "state" | "reason">;
};

/**
 * Answers whether a bundle is a good signature of an artifact, under one trust domain. Gathers the trusted root and
 * nothing else: a bundle brings its evidence along.
 * Faults: those of `TrustRootSource.read`.
 */
export function verifyBundle(
  ports: VerifyBundlePorts,
): (request: VerifyBundleRequest, signal: AbortSignal) => Promise<BundleAnswer> {
  return async (request, signal) => {
    const material = await ports.trust.read(signal);
    return judge(material, request, ports.verifyPrehashed);
  };
}

function judge(material: TrustMaterial, request: VerifyBundleRequest, verifyPrehashed: VerifyPrehashed): BundleAnswer {
  const { state, reason } = material;
  if (state === "expired" && request.onExpired !== "warn") {
    return { verdict: unknown("trusted-root", `the trusted root has expired: ${reason}`), trust: { state, reason } };
  }
  const trust = readTrust(material.trustedRoot, request.thresholds);
  if (!trust.ok) return { verdict: fail(trust.code, trust.detail), trust: { state, reason } };
  const artifact: Artifact =
    request.artifact instanceof Uint8Array
      ? { kind: "bytes", bytes: request.artifact }
      : { kind: "digest", digest: request.artifact, verifyPrehashed };
  return { ...judgeBundle(request.bundle, artifact, trust.value, request.policy), trust: { state, reason } };
}

function readTrust(
  bytes: Uint8Array,
  thresholds: Partial<Thresholds> = {},
): Parsed<CompiledTrust, TrustedRootCode | TrustCode> {
  const root = readTrustedRoot(bytes);
  return root.ok ? compileTrust(root.value, { thresholds }) : root;
}
