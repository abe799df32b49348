import { judgeCandidate, mayBeAccepted, type CandidateContext } from "../../core/admission/judge-candidate.ts";
import type { NamedAuthority } from "../../core/admission/named-trust.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { WallClock } from "../../core/policy/build-window.ts";
import type {
  ArtifactEvidence,
  EvidenceGap,
  ImageEvidence,
  PlatformEvidence,
} from "../../core/policy/judge/image-evidence.ts";
import type { MatchesWhole } from "../../core/policy/judge/judge-authority.ts";
import { judgeRequirement, type RequirementJudgement } from "../../core/policy/judge/judge-requirement.ts";
import { DEFAULT_LIMITS } from "../../core/policy/limits.ts";
import { lookUp } from "../../core/policy/look-up.ts";
import { authoritiesOf } from "../../core/policy/read/judge-signers.ts";
import type { PrehashCheck } from "../../core/verify/artifact.ts";
import {
  boundedRegistry,
  type BoundedRegistry,
  type EvidenceLimits,
  type EvidenceRegistry,
} from "./bounded-registry.ts";
import type { BytePool } from "./byte-pool.ts";
import { gatherArtifact, type Gathered, type GatherPorts } from "./gather-artifact.ts";
import { asksForPlatforms, findListing, listChildren } from "./gather-children.ts";
import { isAbsence, type FactsQuestion, type FindFacts, type ImageFacts } from "./image-facts.ts";
import { rootOf } from "./policy-in-force.ts";

export type FindFactsPorts = GatherPorts & {
  readonly registry: EvidenceRegistry;
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
    const limits = limitsOf(question);
    const bounded = boundedRegistry(ports.registry, { limits, pool: ports.pool });
    const search: Search = { ports, question, limits, bounded, authorities: namedAuthorities(question) };
    try {
      const gathered = await gatherImage(search, question.digest, signal);
      const judgement = judge(search, gathered);
      const isAsked = isAbsence(judgement) && question.tag !== undefined;
      const signedParent = isAsked ? await findSignedParent(search, question.tag, signal) : undefined;
      return toFacts(search, signedParent ? judge(search, { ...gathered, signedParent }) : judgement);
    } finally {
      bounded.release();
    }
  };
}

type Search = {
  readonly ports: FindFactsPorts;
  readonly question: FactsQuestion;
  readonly bounded: BoundedRegistry;
  readonly authorities: readonly NamedAuthority[];
  readonly limits: EvidenceLimits & { readonly signatureChecks: number; readonly platforms: number };
};

function namedAuthorities({ family, policy }: FactsQuestion): readonly NamedAuthority[] {
  return [...new Set(authoritiesOf(family.require))].flatMap((name) => {
    const authority = lookUp(policy.set.authorities, name);
    if (!authority) return [];
    const root = rootOf(authority);
    const trust = root === undefined ? undefined : policy.roots.get(root);
    const stores = policy.stores.get(name);
    return [{ name, authority, ...(trust && !trust.expired && { trust }), ...(stores && { stores }) }];
  });
}

function limitsOf({ policy }: FactsQuestion): Search["limits"] {
  const limit = (name: string): number => lookUp(policy.set.limits, name) ?? lookUp(DEFAULT_LIMITS, name) ?? 1;
  return {
    candidates: limit("candidates"),
    bundleBytes: limit("bundleBytes"),
    totalBytes: limit("totalBytes"),
    signatureChecks: limit("signatureChecks"),
    platforms: limit("platforms"),
  };
}

type GatheredImage = {
  readonly subject: Gathered;
  readonly platforms: readonly (Gathered & { readonly platform: string })[];
  readonly platformsGap?: EvidenceGap;
  readonly signedParent?: DigestRef;
};

/** What is beside an image, and beside its platforms where some term asks for them. */
async function gatherImage(search: Search, digest: DigestRef, signal: AbortSignal): Promise<GatheredImage> {
  const { ports, question, bounded, authorities, limits } = search;
  const { repository } = question;
  const gathering = { bounded, repository, authorities };
  const subject = await gatherArtifact(ports, gathering, digest, signal);
  if (!asksForPlatforms(question.family.require)) return { subject, platforms: [] };
  const listed = await listChildren(ports.registry, { repository, digest }, limits.platforms, signal);
  const platforms: (Gathered & { readonly platform: string })[] = [];
  for (const child of listed.children) {
    // oxlint-disable-next-line no-await-in-loop -- bounded memory, as within one artifact
    const gathered = await gatherArtifact(ports, gathering, child.digest, signal);
    platforms.push({ platform: child.platform, ...gathered });
  }
  return { subject, platforms, ...(listed.gap && { platformsGap: listed.gap }) };
}

/** The index that the tag of the reference leads to, where it lists the image and is signed as the image would have to be. */
async function findSignedParent(search: Search, tag: string, signal: AbortSignal): Promise<DigestRef | undefined> {
  const { bounded, question } = search;
  const registry = bounded.lookingFor(new Set());
  const parent = await findListing(registry, { ...question, tag }, signal);
  if (!parent) return undefined;
  const judgement = judge(search, await gatherImage(search, parent, signal));
  return judgement.verdict.state === "pass" ? parent : undefined;
}

/**
 * Verifies first what may be accepted; only when that is not enough, a few of the others, so that the denial can name who
 * signed instead.
 */
function judge(search: Search, image: GatheredImage): RequirementJudgement {
  const { subject, platforms, platformsGap, signedParent } = image;
  const evidenceOf = (strangers: number): ImageEvidence => ({
    subject: toEvidence(search, subject, strangers),
    platforms: platforms.map((artifact): PlatformEvidence => ({
      platform: artifact.platform,
      artifact: toEvidence(search, artifact, strangers),
    })),
    ...(platformsGap && { platformsGap }),
    ...(signedParent && { signedParent }),
  });
  const first = judgeBy(search, evidenceOf(0));
  return first.verdict.state === "pass" ? first : judgeBy(search, evidenceOf(STRANGERS_TOLD));
}

function toEvidence({ ports, authorities, limits }: Search, artifact: Gathered, strangers: number): ArtifactEvidence {
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
    candidates: [...checked.map((attached) => judgeCandidate(attached, context)), ...artifact.candidates],
    gaps: [...artifact.gaps, ...(unchecked > 0 ? [cut] : [])],
  };
}

function judgeBy({ ports, question }: Search, evidence: ImageEvidence): RequirementJudgement {
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

function toFacts({ question, authorities }: Search, judgement: RequirementJudgement): ImageFacts {
  const { verdict, code, codes, flags, validUntil } = judgement;
  const roots = new Set(authorities.flatMap(({ authority }) => rootOf(authority) ?? []));
  const trust = [...roots].flatMap((root) => {
    const hash = question.policy.roots.get(root)?.hash;
    return hash === undefined ? [] : [{ root, hash }];
  });
  return { require: verdict, code, codes, flags, trust, ...(validUntil !== undefined && { validUntil }) };
}
