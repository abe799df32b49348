import type { NamedAuthority } from "../../core/admission/named-trust.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { Candidate, EvidenceGap } from "../../core/policy/judge/image-evidence.ts";
import type { AttachedSignature } from "../../core/sign/attached-signature.ts";
import type { Gap } from "../../core/verdict.ts";
import type { Clock } from "../../ports/clock.ts";
import type { BoundedRegistry, EvidenceFormat, EvidenceRegistry } from "./bounded-registry.ts";
import { findNotationEvidence, type NotationEvidencePorts } from "./find-notation-evidence.ts";
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

export type GatherPorts = {
  readonly gather: GatherSignatures;
  readonly notation: NotationEvidencePorts;
  readonly clock: Clock;
};

/** Where evidence is looked for, and whose. */
export type Gathering = {
  readonly bounded: BoundedRegistry;
  readonly repository: string;
  readonly authorities: readonly NamedAuthority[];
};

/** An artifact with what is beside it: Sigstore's unjudged, the Notary Project's judged, since that takes asking. */
export type Gathered = {
  readonly digest: DigestRef;
  readonly signatures: readonly AttachedSignature[];
  /** Judged already, or not to be read. */
  readonly candidates: readonly Candidate[];
  readonly gaps: readonly EvidenceGap[];
};

/** Gathers what is beside an artifact, in the formats that somebody would accept. What could not be had is a gap. */
export async function gatherArtifact(
  ports: GatherPorts,
  gathering: Gathering,
  digest: DigestRef,
  signal: AbortSignal,
): Promise<Gathered> {
  const sigstore = await gatherSigstore(ports, gathering, digest, signal);
  const notation = await gatherNotation(ports, gathering, digest, signal);
  return {
    digest,
    signatures: sigstore.signatures,
    candidates: [...sigstore.candidates, ...notation.candidates],
    gaps: [...sigstore.gaps, ...notation.gaps, ...trustGaps(gathering)],
  };
}

async function gatherSigstore(
  ports: GatherPorts,
  { bounded, repository, authorities }: Gathering,
  digest: DigestRef,
  signal: AbortSignal,
): Promise<Omit<Gathered, "digest">> {
  const formats = new Set(authorities.flatMap(formatsOf));
  if (formats.size === 0) return NOTHING;
  const before = bounded.gaps().length;
  const found = await ports.gather(bounded.lookingFor(formats), { repository, digest }, signal);
  return {
    signatures: found.signatures,
    candidates: found.unreadable.map(toUnreadable),
    gaps: causeOf(bounded, before, found.gaps.map(toGap)),
  };
}

const NOTHING = { signatures: [], candidates: [], gaps: [] } as const;

function formatsOf({ authority }: NamedAuthority): readonly EvidenceFormat[] {
  return authority.kind === "notation" ? [] : authority.formats;
}

/** What is missing because we could not have it is told once, by its cause. */
function causeOf(bounded: BoundedRegistry, before: number, gaps: readonly EvidenceGap[]): readonly EvidenceGap[] {
  const own = bounded.gaps().slice(before);
  return own.length > 0 ? own : gaps;
}

function toUnreadable({ layout, manifest, code, detail }: Unreadable): Candidate {
  const source = layout === "legacy" ? "legacy" : "bundle";
  return { source, digest: manifest, says: { kind: "unreadable", code, detail }, byAuthority: {} };
}

function toGap({ missing, detail }: Gap): EvidenceGap {
  return { code: missing === "signatures" ? "too-many-candidates" : "manifest-invalid", detail };
}

async function gatherNotation(
  ports: GatherPorts,
  { bounded, repository, authorities }: Gathering,
  digest: DigestRef,
  signal: AbortSignal,
): Promise<Pick<Gathered, "candidates" | "gaps">> {
  const asked = authorities.filter(({ stores }) => stores !== undefined);
  if (asked.length === 0) return NOTHING;
  const before = bounded.gaps().length;
  const registry = bounded.lookingFor(new Set(["notation"]));
  // Signed is a descriptor, so the manifest's size and type are a part of the question.
  const artifact = await registry.manifest(repository, digest, signal);
  if (!artifact) {
    const gap = { code: "image-not-found", detail: `${digest} is not there`, source: "notation" } as const;
    return { candidates: [], gaps: causeOf(bounded, before, [gap]) };
  }
  const search = { registry, repository, artifact: artifact.descriptor, authorities: asked };
  const { candidates, gaps } = await findNotationEvidence({ ...ports.notation, clock: ports.clock }, search, signal);
  return { candidates, gaps: causeOf(bounded, before, gaps) };
}

/** An authority whose root or stores are not to be had can prove nothing, and its absence says nothing either. */
function trustGaps({ authorities }: Gathering): readonly EvidenceGap[] {
  return authorities.flatMap(({ name, authority, trust, stores }): readonly EvidenceGap[] => {
    if (authority.kind === "notation") {
      const detail = `no trust stores for ${name}`;
      return stores ? [] : [{ code: "notation-store-missing", detail, source: "notation" }];
    }
    const isMissing = rootOf(authority) !== undefined && !trust;
    return isMissing ? [{ code: "root-expired", detail: `no valid trusted root for ${name}` }] : [];
  });
}
