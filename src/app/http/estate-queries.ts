import { correlate } from "../../core/correlate/correlate.ts";
import type { Correlation } from "../../core/correlate/correlation.ts";
import { provenIdentity } from "../../core/correlate/preconditions.ts";
import { isSignature, type SignatureLink } from "../../core/correlate/signature-link.ts";
import type { Estate } from "../../core/detect/estate.ts";
import type { Incident } from "../../core/detect/incidents.ts";
import { renderEventRef, type SigningEvent } from "../../core/entry/signing-event.ts";
import { judgeSigner } from "../../core/policy/judge-signer.ts";
import type { SignerPolicy } from "../../core/policy/signer-policy.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { ClusterStore } from "../../ports/cluster-store.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ArtifactRef, Expectation, IncidentItem } from "./contract.ts";
import type { Queries } from "./queries.ts";

export type EstateQueriesDeps = Pick<Queries, "version" | "events" | "bundleOf" | "proofOf" | "storyOf" | "health"> & {
  readonly clock: Pick<Clock, "now">;
  readonly clusters: Pick<ClusterStore, "gaps">;
  /** What is said of the estate now; see `cachedEstate`. */
  readonly estate: () => Promise<Estate>;
};

/** What the server asks, answered from one judged estate and the stores below it: the same for the demo and for `serve`. */
export function estateQueries(deps: EstateQueriesDeps): Queries {
  const { clock, clusters, estate, ...rest } = deps;
  return {
    ...rest,
    now: () => clock.now(),
    correlationsOf: async (events) => byRef(events, correlationIn(await estate())),
    expectationsOf: async (events) => byRef(events, expectationIn(await estate())),
    artifactsOf: async (events) => byRef(events, artifactsIn(await estate())),
    workloads: async () => {
      const [{ containers }, gaps] = await Promise.all([estate(), clusters.gaps()]);
      return { containers, gaps };
    },
    incidents: async () => (await estate()).incidents.map(toIncidentItem),
  };
}

function byRef<T>(events: readonly SigningEvent[], of: (event: SigningEvent) => T): ReadonlyMap<string, T> {
  return new Map(events.map((event) => [renderEventRef(event), of(event)]));
}

/** An event that is outside the estate's period is correlated now: the index knows every run. */
function correlationIn({ acts, index }: Estate): (event: SigningEvent) => Correlation {
  return (event) => acts.get(renderEventRef(event))?.correlation ?? correlate(index, event);
}

function artifactsIn({ index }: Estate): (event: SigningEvent) => readonly ArtifactRef[] {
  return (event) => {
    const links = index.links.get(renderEventRef(event)) ?? [];
    const refs = links.map(({ repository, subject }): ArtifactRef => ({ repository, digest: subject }));
    return [...new Map(refs.map((ref) => [`${ref.repository}@${ref.digest}`, ref])).values()];
  };
}

function expectationIn({ policy, index }: Estate): (event: SigningEvent) => Expectation {
  return (event) => {
    if (!policy) return { state: "unknown", reason: "no policy is configured" };
    const links = index.links.get(renderEventRef(event)) ?? [];
    if (links.length === 0) return { state: "unknown", reason: "no bundle was seen that says what this entry signed" };
    const judged = links.map((link) => judgeLink(policy, event, link));
    return (
      judged.find(({ state }) => state === "no") ??
      judged.find(({ state }) => state === "unknown") ??
      judged[0] ??
      NOTHING
    );
  };
}

const NOTHING: Expectation = { state: "unknown", reason: "nothing is known of what this entry signed" };

function judgeLink(policy: SignerPolicy, event: SigningEvent, link: SignatureLink): Expectation {
  const { repository } = link;
  const identity = provenIdentity(event);
  if (!identity) return { state: "no", reason: "the certificate does not chain to a CA of the trusted root" };
  const verdict = judgeSigner(policy, { repository, identity, at: event.eventTime });
  if (verdict.kind === "pass")
    return { state: "yes", reason: `policy ${policy.name} allows this identity for ${repository}` };
  if (verdict.kind === "unknown") return { state: "unknown", reason: verdict.gaps[0].detail };
  const [{ reason, detail }] = verdict.reasons;
  // The policy says who signs images; whoever attests to something about them is not judged by it.
  if (reason === "no-family" || !isSignature(link)) return { state: "unknown", reason: detail };
  return { state: "no", reason: detail };
}

function toIncidentItem(incident: Incident): IncidentItem {
  const { id, severity, title, at, state, detectors, sentences, events, digests } = incident;
  return {
    id,
    severity,
    title,
    at: renderRfc3339(at),
    state,
    detectors,
    sentences,
    events: events.map(({ log, logIndex }) => ({ log, index: logIndex })),
    digests,
  };
}

/**
 * Judges an estate when it is asked for and the last judgement is older than `freshMs`. Whoever asks meanwhile waits for
 * the same one. A judgement that fails is not kept.
 */
export function cachedEstate(
  read: () => Promise<Estate>,
  clock: Pick<Clock, "now">,
  freshMs: number,
): () => Promise<Estate> {
  let last: { readonly at: number; readonly estate: Promise<Estate> } | undefined;
  return async () => {
    const now = clock.now();
    if (last && now - last.at < freshMs) return last.estate;
    const asked = { at: now, estate: read() };
    last = asked;
    try {
      return await asked.estate;
    } catch (error) {
      if (last === asked) last = undefined;
      throw error;
    }
  };
}
