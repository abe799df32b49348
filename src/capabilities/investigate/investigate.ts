import type { ClusterIdentity } from "../../core/correlate/world.ts";
import type { Estate } from "../../core/detect/estate.ts";
import type { LogProof, Story, StoryPeriod, StoryQuery } from "../../core/detect/story.ts";
import { tellStory } from "../../core/detect/tell-story.ts";
import type { DigestRef } from "../../core/digest.ts";
import { digestsOfSet, type ImageSet } from "../../core/image/image-set.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { ClusterStore } from "../../ports/cluster-store.ts";
import type { EventStore } from "../../ports/event-store.ts";
import type { SignatureStore } from "../../ports/signature-store.ts";

export type InvestigatePorts = {
  /** The estate, as the verb `correlate` reads it; wiring passes it as a function. */
  readonly readEstate: () => Promise<Estate>;
  readonly events: Pick<EventStore, "positions">;
  readonly clusters: Pick<ClusterStore, "gaps">;
  readonly signatures: Pick<SignatureStore, "imageSets">;
  readonly names: { readonly clusters: readonly ClusterIdentity[] };
};

/** Gathers all that is known of a digest, an identity or a run, and tells it as a story. */
export function investigate(ports: InvestigatePorts): (query: StoryQuery, period?: StoryPeriod) => Promise<Story> {
  return async (query, period = {}) => {
    // All of it, whatever period is asked for: "the first signature ever" is a sentence about all of history.
    const [estate, positions, gaps, sets] = await Promise.all([
      ports.readEstate(),
      ports.events.positions(),
      ports.clusters.gaps(),
      ports.signatures.imageSets(),
    ]);
    const proofs = positions.map(({ log, state, reason, indexedUpto, head }): LogProof => ({
      log,
      state,
      reason,
      indexedUpto,
      ...(head && { treeSize: head.size }),
    }));
    const open = gaps.filter(({ until }) => until === undefined);
    const related = query.kind === "digest" ? relatedTo(query.digest, sets) : new Set<DigestRef>();
    return tellStory(
      {
        estate,
        related,
        proofs,
        clusters: ports.names.clusters.map(({ cluster }) => cluster),
        gaps: open.map(
          ({ cluster, resource, since, reason }) => `${cluster} ${resource} since ${renderRfc3339(since)}: ${reason}`,
        ),
        period,
      },
      query,
    );
  };
}

/** Everything that stands for the same image as a digest: its index, children and configurations. */
function relatedTo(digest: DigestRef, sets: readonly ImageSet[]): ReadonlySet<DigestRef> {
  const holding = sets.map(digestsOfSet).filter((digests) => digests.includes(digest));
  return new Set([digest, ...holding.flat()]);
}
