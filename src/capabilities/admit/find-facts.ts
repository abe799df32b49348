import { judgeCandidate, mayBeAccepted, type CandidateContext } from "../../core/admission/judge-candidate.ts";
import type { NamedAuthority } from "../../core/admission/named-trust.ts";
import type { DigestRef } from "../../core/digest.ts";
import { readIndexEntries } from "../../core/image/platforms.ts";
import type { WallClock } from "../../core/policy/build-window.ts";
import type {
  ArtifactEvidence,
  Candidate,
  EvidenceGap,
  ImageEvidence,
  PlatformEvidence,
} from "../../core/policy/judge/image-evidence.ts";
import type { MatchesWhole } from "../../core/policy/judge/judge-authority.ts";
import { judgeRequirement, type RequirementJudgement } from "../../core/policy/judge/judge-requirement.ts";
import { DEFAULT_LIMITS } from "../../core/policy/limits.ts";
import { lookUp } from "../../core/policy/look-up.ts";
import { authoritiesOf } from "../../core/policy/read/judge-signers.ts";
import type { Authority, Requirement } from "../../core/policy/trust-policy.ts";
import type { AttachedSignature } from "../../core/sign/attached-signature.ts";
import type { Gap } from "../../core/verdict.ts";
import type { PrehashCheck } from "../../core/verify/artifact.ts";
import type { Clock } from "../../ports/clock.ts";
import {
  boundedRegistry,
  type EvidenceFormat,
  type EvidenceLimits,
  type EvidenceRegistry,
} from "./bounded-registry.ts";
import type { BytePool } from "./byte-pool.ts";
import type { FactsQuestion, FindFacts, ImageFacts } from "./image-facts.ts";
import { rootOf } from "./policy-in-force.ts";

/** What lies beside an image, read and not judged; `verify` gathers the same. */
export type GatherSignatures = (
  registry: EvidenceRegistry,
  image: { readonly repository: string; readonly digest: DigestRef },
  signal: AbortSignal,
) => Promise<{
  readonly signatures: readonly AttachedSignature[];
  readonly unreadable: readonly Unreadable[];
  readonly gaps: readonly Gap[];
}>;
type Unreadable = Pick<AttachedSignature, "layout" | "manifest"> & { readonly code: string; readonly detail: string };

export type FindFactsPorts = {
  readonly registry: EvidenceRegistry;
  readonly gather: GatherSignatures;
  readonly clock: Pick<Clock, "now">;
  readonly matches: MatchesWhole;
  readonly wallClock: WallClock;
  readonly verifyPrehashed: PrehashCheck;
  /** Bytes of evidence that all judgements hold together. */
  readonly pool: BytePool;
};

/** Signatures by strangers that are verified so that a denial can say whose they are. */
const STRANGERS_TOLD = 4;

/** Gathers what lies beside an image and judges it by its family. What could not be had is a gap, never an absence. */
export function findFacts(ports: FindFactsPorts): FindFacts {
  return async (question, signal) => {
    const authorities = namedAuthorities(question);
    const limits = limitsOf(question);
    const formats = new Set(authorities.flatMap(({ authority }) => formatsOf(authority)));
    const bounded = boundedRegistry(ports.registry, { formats, limits, pool: ports.pool });
    try {
      const gathering = { ports, question, registry: bounded.registry, gaps: bounded.gaps, authorities, limits };
      const [subject, platforms] = [
        await gatherArtifact(gathering, question.digest, signal),
        await gatherPlatforms(gathering, signal),
      ];
      return judge(gathering, subject, platforms);
    } finally {
      bounded.release();
    }
  };
}

type Gathering = {
  readonly ports: FindFactsPorts;
  readonly question: FactsQuestion;
  readonly registry: EvidenceRegistry;
  readonly gaps: () => readonly EvidenceGap[];
  readonly authorities: readonly NamedAuthority[];
  readonly limits: EvidenceLimits & { readonly signatureChecks: number; readonly platforms: number };
};

function namedAuthorities({ family, policy }: FactsQuestion): readonly NamedAuthority[] {
  return [...new Set(authoritiesOf(family.require))].flatMap((name) => {
    const authority = lookUp(policy.set.authorities, name);
    if (!authority) return [];
    const root = rootOf(authority);
    const trust = root === undefined ? undefined : policy.roots.get(root);
    return [{ name, authority, ...(trust && !trust.expired && { trust }) }];
  });
}

function formatsOf(authority: Authority): readonly EvidenceFormat[] {
  if (authority.kind === "notation") return [];
  return authority.kind === "sigstore" ? authority.formats : ["bundle", "legacy"];
}

function limitsOf({ policy }: FactsQuestion): Gathering["limits"] {
  const limit = (name: string): number => lookUp(policy.set.limits, name) ?? lookUp(DEFAULT_LIMITS, name) ?? 1;
  return {
    candidates: limit("candidates"),
    bundleBytes: limit("bundleBytes"),
    totalBytes: limit("totalBytes"),
    signatureChecks: limit("signatureChecks"),
    platforms: limit("platforms"),
  };
}

/** An artifact with what is beside it, unjudged. */
type Gathered = {
  readonly digest: DigestRef;
  readonly signatures: readonly AttachedSignature[];
  readonly unreadable: readonly Candidate[];
  readonly gaps: readonly EvidenceGap[];
};

async function gatherArtifact(gathering: Gathering, digest: DigestRef, signal: AbortSignal): Promise<Gathered> {
  const { ports, registry, question } = gathering;
  const before = gathering.gaps().length;
  const { signatures, unreadable, gaps } = await ports.gather(
    registry,
    { repository: question.repository, digest },
    signal,
  );
  const own = gathering.gaps().slice(before);
  return {
    digest,
    signatures,
    unreadable: unreadable.map(toUnreadable),
    // What is missing because we could not have it is told once, by its cause.
    gaps: [...own, ...(own.length === 0 ? gaps.map(toGap) : []), ...rootGaps(gathering)],
  };
}

function toUnreadable({ layout, manifest, code, detail }: Unreadable): Candidate {
  const source = layout === "legacy" ? "legacy" : "bundle";
  return { source, digest: manifest, says: { kind: "unreadable", code, detail }, byAuthority: {} };
}

function toGap({ missing, detail }: Gap): EvidenceGap {
  return { code: missing === "signatures" ? "too-many-candidates" : "manifest-invalid", detail };
}

/** An authority whose root is not to be had can prove nothing, and its absence says nothing either. */
function rootGaps({ authorities }: Gathering): readonly EvidenceGap[] {
  const missing = authorities.find(({ authority, trust }) => rootOf(authority) !== undefined && !trust);
  return missing ? [{ code: "root-expired", detail: `no valid trusted root for ${missing.name}` }] : [];
}

type GatheredPlatforms = {
  readonly platforms: readonly (Gathered & { readonly platform: string })[];
  readonly gap?: EvidenceGap;
};

/** The platforms of an index, only where some term asks for them. */
async function gatherPlatforms(gathering: Gathering, signal: AbortSignal): Promise<GatheredPlatforms> {
  const { question, ports, limits } = gathering;
  if (!asksForPlatforms(question.family.require)) return { platforms: [] };
  const found = await ports.registry.manifest(question.repository, question.digest, signal);
  if (!found) return { platforms: [], gap: { code: "image-not-found", detail: `${question.digest} is not there` } };
  const listed = readIndexEntries(found.bytes);
  // What one reader takes for an index and another for an image is neither.
  if (!listed.ok) return { platforms: [], gap: { code: listed.code, detail: `${question.digest}: ${listed.detail}` } };
  if (!listed.value) {
    const detail = `${question.digest} is no index, so its platform is not known`;
    return { platforms: [], gap: { code: "platform-uncovered", detail } };
  }
  const children = listed.value.flatMap(({ kind, digest, platform }) =>
    kind === "image" && platform !== undefined ? [{ platform, manifest: digest }] : [],
  );
  if (children.length > limits.platforms) {
    return { platforms: [], gap: { code: "too-many-candidates", detail: `${children.length} platforms` } };
  }
  const platforms: (Gathered & { readonly platform: string })[] = [];
  for (const { platform, manifest } of children) {
    // oxlint-disable-next-line no-await-in-loop -- bounded memory, as within one artifact
    platforms.push({ platform, ...(await gatherArtifact(gathering, manifest, signal)) });
  }
  return { platforms };
}

function asksForPlatforms(require: Requirement): boolean {
  if (require.op === "signature" || require.op === "attestation") return require.on !== "subject";
  return require.of.some(asksForPlatforms);
}

/**
 * Verifies first what may be accepted; only when that is not enough, a few of the others, so that the denial can name who
 * signed instead.
 */
function judge(gathering: Gathering, subject: Gathered, { platforms, gap }: GatheredPlatforms): ImageFacts {
  const evidenceOf = (strangers: number): ImageEvidence => ({
    subject: toEvidence(gathering, subject, strangers),
    platforms: platforms.map((artifact): PlatformEvidence => ({
      platform: artifact.platform,
      artifact: toEvidence(gathering, artifact, strangers),
    })),
    ...(gap && { platformsGap: gap }),
  });
  const first = judgeBy(gathering, evidenceOf(0));
  return toFacts(gathering, first.verdict.state === "pass" ? first : judgeBy(gathering, evidenceOf(STRANGERS_TOLD)));
}

function toEvidence(
  { ports, authorities, limits }: Gathering,
  artifact: Gathered,
  strangers: number,
): ArtifactEvidence {
  const context: CandidateContext = {
    image: artifact.digest,
    authorities,
    now: ports.clock.now(),
    verifyPrehashed: ports.verifyPrehashed,
  };
  const meant = artifact.signatures.filter((attached) => mayBeAccepted(attached, authorities));
  const others = strangers === 0 ? [] : artifact.signatures.filter((attached) => !meant.includes(attached));
  const checked = [...meant.slice(0, limits.signatureChecks), ...others.slice(0, strangers)];
  const unchecked = meant.length - limits.signatureChecks;
  const cut: EvidenceGap = { code: "too-many-candidates", detail: `${unchecked} signatures were not verified` };
  return {
    digest: artifact.digest,
    candidates: [...checked.map((attached) => judgeCandidate(attached, context)), ...artifact.unreadable],
    gaps: [...artifact.gaps, ...(unchecked > 0 ? [cut] : [])],
  };
}

function judgeBy({ ports, question }: Gathering, evidence: ImageEvidence): RequirementJudgement {
  const { family, policy, repository } = question;
  return judgeRequirement(family.require, evidence, {
    family,
    authorities: policy.set.authorities,
    repository,
    now: ports.clock.now(),
    matches: ports.matches,
    clock: ports.wallClock,
  });
}

function toFacts({ question, authorities }: Gathering, judgement: RequirementJudgement): ImageFacts {
  const { verdict, code, codes, flags, validUntil } = judgement;
  const roots = new Set(authorities.flatMap(({ authority }) => rootOf(authority) ?? []));
  const trust = [...roots].flatMap((root) => {
    const hash = question.policy.roots.get(root)?.hash;
    return hash === undefined ? [] : [{ root, hash }];
  });
  return { require: verdict, code, codes, flags, trust, ...(validUntil !== undefined && { validUntil }) };
}
