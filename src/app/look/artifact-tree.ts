import { provenIdentity } from "../../core/correlate/preconditions.ts";
import { isSignature } from "../../core/correlate/signature-link.ts";
import type { Estate } from "../../core/detect/estate.ts";
import type { DigestRef } from "../../core/digest.ts";
import { renderEventRef } from "../../core/entry/signing-event.ts";
import { renderIdentity } from "../../core/identity/identity.ts";
import { digestsOfSet, type ImageSet } from "../../core/image/image-set.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { visible } from "../output/visible.ts";

/** One digest with what is said about it, and the digests below it. */
export type ArtifactNode = {
  readonly digest: string;
  readonly kind: "index" | "manifest" | "config" | "unknown";
  readonly platform: string;
  readonly repositories: readonly string[];
  readonly statements: readonly ArtifactStatement[];
  readonly children: readonly ArtifactNode[];
};
export type ArtifactStatement = {
  /** `signature`, or the predicate type of an attestation. */
  readonly what: string;
  readonly event: string;
  readonly identity: string;
  readonly at: string;
  readonly grade: string;
};
export type ArtifactTree = {
  readonly digest: string;
  /** Whether a verified signature is over this digest itself, or over an index that holds it. */
  readonly isSigned: boolean;
  readonly roots: readonly ArtifactNode[];
};

/** The tree of a digest as the store knows it: the sets that hold it, or the digest alone. */
export function toArtifactTree(estate: Estate, digest: DigestRef): ArtifactTree {
  const holding = estate.imageSets.filter((set) => digestsOfSet(set).includes(digest));
  const sets = [...new Map(holding.map((set) => [set.subject, set])).values()];
  const roots = sets.length > 0 ? sets.map((set) => toNode(estate, set)) : [leaf(estate, digest, "unknown", "")];
  const signedRoots = roots.some(({ statements }) => statements.some(({ what }) => what === "signature"));
  const own = statementsOf(estate, digest).some(({ what }) => what === "signature");
  return { digest, isSigned: own || signedRoots, roots };
}

function toNode(estate: Estate, { subject, isIndex, children }: ImageSet): ArtifactNode {
  if (!isIndex) {
    const configs = children.flatMap(({ config }) => (config ? [leaf(estate, config, "config", "")] : []));
    return { ...leaf(estate, subject, "manifest", ""), children: configs };
  }
  return {
    ...leaf(estate, subject, "index", ""),
    children: children.map(({ manifest, platform, config }) => ({
      ...leaf(estate, manifest, "manifest", platform),
      children: config ? [leaf(estate, config, "config", "")] : [],
    })),
  };
}

function leaf(estate: Estate, digest: DigestRef, kind: ArtifactNode["kind"], platform: string): ArtifactNode {
  const links = estate.links.filter(({ subject }) => subject === digest);
  return {
    digest,
    kind,
    platform,
    repositories: [...new Set(links.map(({ repository }) => repository))],
    statements: statementsOf(estate, digest),
    children: [],
  };
}

function statementsOf(estate: Estate, digest: DigestRef): readonly ArtifactStatement[] {
  return estate.links
    .filter(({ subject }) => subject === digest)
    .flatMap((link) => {
      const act = estate.acts.get(renderEventRef(link));
      const identity = act && provenIdentity(act.event);
      if (!act || !identity) return [];
      return [
        {
          what: isSignature(link) ? "signature" : (link.predicateType ?? ""),
          event: renderEventRef(link),
          identity: renderIdentity(identity),
          at: renderRfc3339(act.event.eventTime),
          grade: act.correlation.grade,
        },
      ];
    });
}

/** The tree holds no judgement of the policy, and must not sound like one. */
const SIGNED = "signed; whether its signers are allowed to, countersign workload list and policy test say";

/** The tree as text, two spaces a level. */
export function renderArtifactTree({ roots, isSigned }: ArtifactTree): string {
  const lines = roots.flatMap((root) => renderNode(root, ""));
  return `${[...lines, isSigned ? SIGNED : "no verified signature is known"].join("\n")}\n`;
}

function renderNode(node: ArtifactNode, indent: string): readonly string[] {
  const where = node.repositories.length > 0 ? `  ${node.repositories.join(", ")}` : "";
  const platform = node.platform === "" ? "" : ` ${node.platform}`;
  return [
    visible(`${indent}${node.kind}${platform} ${node.digest}${where}`),
    ...node.statements.map(({ what, event, identity, at, grade }) =>
      visible(`${indent}  - ${what} by ${identity} ${at}, ${event}, grade ${grade}`),
    ),
    ...node.children.flatMap((child) => renderNode(child, `${indent}  `)),
  ];
}
