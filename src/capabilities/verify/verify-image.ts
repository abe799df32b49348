import { judgeSimpleSigning, type SimpleSigningReason } from "../../core/bundle/simple-signing.ts";
import { parseSha256Hex, sha256, type DigestRef } from "../../core/digest.ts";
import { COSIGN_SIGN_PREDICATE_TYPE, readStatement } from "../../core/dsse/statement.ts";
import type { AttachedSignature } from "../../core/sign/attached-signature.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import { any, fail, unknown, type NonEmpty, type Verdict } from "../../core/verdict.ts";
import type { Artifact } from "../../core/verify/artifact.ts";
import type { VerifyFacts } from "../../core/verify/facts.ts";
import { judgeEvidence } from "../../core/verify/judge-evidence.ts";
import type { VerifyPolicy } from "../../core/verify/policy.ts";
import type { VerifyReason } from "../../core/verify/reason.ts";
import type { Registry, RepositoryName } from "../../ports/registry.ts";
import { gatherSignatures, type GatheredSignatures, type UnreadableSignature } from "./gather-signatures.ts";

export type ImageReason =
  | VerifyReason
  | SimpleSigningReason
  | "signature-missing"
  | "signature-unreadable"
  | "image-missing";

/** What is asked of an image. `type` says what counts: a signature of the image, or an attestation of one predicate type. */
export type ImageQuestion = {
  readonly repository: RepositoryName;
  /** A tag, which is resolved once, or a digest. */
  readonly reference: string;
  readonly type: "signature" | { readonly predicateType: string };
  readonly trust: CompiledTrust;
  readonly policy: VerifyPolicy;
};

/** One signature beside the image, and what was said of it. */
export type JudgedSignature = {
  readonly attached: AttachedSignature;
  readonly verdict: Verdict<ImageReason>;
  readonly facts: VerifyFacts;
};

/** `digest` is absent when the registry has no such image. Signatures of other types than asked for are not in `judged`. */
export type ImageAnswer = {
  readonly verdict: Verdict<ImageReason>;
  readonly digest?: DigestRef;
  readonly judged: readonly JudgedSignature[];
  readonly unreadable: readonly UnreadableSignature[];
};

export type VerifyImage = (question: ImageQuestion, signal: AbortSignal) => Promise<ImageAnswer>;

/** Verifies an image in its registry: one good signature of the kind asked for is enough. */
export function verifyImage(registry: Registry): VerifyImage {
  return async (question, signal) => {
    const { repository, reference } = question;
    const image = await registry.manifest(repository, reference, signal);
    if (!image) {
      const verdict = fail("image-missing", `${repository} has no ${reference}`);
      return { verdict, judged: [], unreadable: [] };
    }
    const { digest } = image.descriptor;
    const gathered = await gatherSignatures(registry, { repository, digest }, signal);
    return judgeGathered(gathered, digest, question);
  };
}

/** Judges what was gathered. Pure. */
export function judgeGathered(gathered: GatheredSignatures, digest: DigestRef, question: ImageQuestion): ImageAnswer {
  const judged = gathered.signatures
    .filter((attached) => mayAnswer(attached, question.type))
    .map((attached) => judgeAttached(attached, digest, question));
  const verdicts: Verdict<ImageReason>[] = [
    ...judged.map(({ verdict }) => verdict),
    ...gathered.unreadable.map(({ manifest, code, detail }) =>
      fail("signature-unreadable", `${manifest}: ${code}, ${detail}`),
    ),
    ...gathered.gaps.map(({ missing, detail }) => unknown(missing, detail)),
  ];
  const [first = fail("signature-missing", `nothing of the kind asked for is beside ${digest}`), ...others] = verdicts;
  const all: NonEmpty<Verdict<ImageReason>> = [first, ...others];
  return { verdict: any(all), digest, judged, unreadable: gathered.unreadable };
}

/**
 * Which signatures can be meant at all. An image signature is Cosign's statement that says nothing more, or a simple-signing
 * layer: an attestation, which says something about the image, is not a signature of it, whoever made it.
 */
function mayAnswer({ bundle, payload }: AttachedSignature, type: ImageQuestion["type"]): boolean {
  if (bundle.content.kind === "message") return type === "signature" && payload !== undefined;
  const statement = readStatement(bundle.content.payload);
  // What cannot be read stays, to be refused with its reason.
  return !statement.ok || statement.value.predicateType === predicateTypeOf(type);
}

function predicateTypeOf(type: ImageQuestion["type"]): string {
  return type === "signature" ? COSIGN_SIGN_PREDICATE_TYPE : type.predicateType;
}

function judgeAttached(attached: AttachedSignature, digest: DigestRef, question: ImageQuestion): JudgedSignature {
  const { bundle, payload } = attached;
  const artifact: Artifact = payload === undefined ? artifactOf(digest) : { kind: "bytes", bytes: payload };
  const policy = { ...question.policy, predicateType: predicateTypeOf(question.type) };
  const { verdict, facts } = judgeEvidence(bundle, artifact, question.trust, policy);
  if (verdict.kind !== "pass" || payload === undefined) return { attached, verdict, facts };
  // The signature is good over the payload; now the payload has to be about this image.
  return { attached, verdict: judgeSimpleSigning(payload, digest), facts };
}

function artifactOf(digest: DigestRef): Artifact {
  const bytes = parseSha256Hex(digest.slice("sha256:".length)) ?? sha256(new Uint8Array(0));
  return { kind: "digest", digest: { algorithm: "sha256", bytes } };
}
