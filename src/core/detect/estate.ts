import { judgeClaimed } from "../correlate/closed-world.ts";
import type { Correlation } from "../correlate/correlation.ts";
import { correlate } from "../correlate/correlate.ts";
import { indexWorld, type WorldIndex } from "../correlate/index-world.ts";
import { parseAccount } from "../correlate/preconditions.ts";
import { findOrphans } from "../correlate/orphans.ts";
import type { SignatureLink } from "../correlate/signature-link.ts";
import { tokenOrigin } from "../correlate/token-origin.ts";
import type { ClusterIdentity, CorrelationWorld } from "../correlate/world.ts";
import { renderEventRef, type SigningEvent } from "../entry/signing-event.ts";
import { sameIdentity, type Identity } from "../identity/identity.ts";
import { digestsOfSet, type ImageSet } from "../image/image-set.ts";
import { listContainers } from "../inventory/inventory.ts";
import type { Owned } from "../inventory/owner-chain.ts";
import type { RunningContainer } from "../inventory/running-container.ts";
import type { SignerPolicy } from "../policy/signer-policy.ts";
import type { UnixMs } from "../time.ts";
import { pass } from "../verdict.ts";
import type { Finding, ObservedAct } from "./detector.ts";
import { detect } from "./detectors.ts";
import { groupFindings, type Incident } from "./incidents.ts";

/** All that was gathered of an estate: logs, clusters and registries, and the policy it is held against. */
export type EstateEvidence = {
  readonly world: CorrelationWorld;
  /** Everything that may own a pod, runs included. */
  readonly owners: readonly Owned[];
  readonly imageSets: readonly ImageSet[];
  /** Those to judge, and those that links name. */
  readonly events: readonly SigningEvent[];
  readonly policy?: SignerPolicy;
  readonly asOf: UnixMs;
};

/** What is said of an estate at a time. A pure function of the evidence. */
export type Estate = {
  readonly asOf: UnixMs;
  readonly index: WorldIndex;
  readonly events: ReadonlyMap<string, SigningEvent>;
  readonly links: readonly SignatureLink[];
  readonly imageSets: readonly ImageSet[];
  /** By `renderEventRef`. */
  readonly acts: ReadonlyMap<string, ObservedAct>;
  readonly containers: readonly RunningContainer[];
  readonly policy?: SignerPolicy;
  readonly findings: readonly Finding[];
  readonly incidents: readonly Incident[];
};

/** Correlates every event, joins every container, and runs the detectors. Without a policy nothing is detected. */
export function judgeEstate(evidence: EstateEvidence): Estate {
  const { world, events, policy, asOf } = evidence;
  const index = indexWorld(world);
  const stepIdentities = policy ? stepIdentitiesOf(policy, world.clusters) : [];
  const acts = new Map<string, ObservedAct>(
    events.map((event) => {
      const correlation = correlate(index, event);
      const claimed = judgeClaimed({ index, stepIdentities, asOf }, event, correlation);
      const origin = claimed?.kind === "fail" ? tokenOrigin(index, event) : undefined;
      const ref = renderEventRef(event);
      const links = index.links.get(ref) ?? [];
      return [ref, { event, correlation, links, ...(claimed && { claimed }), ...(origin !== undefined && { origin }) }];
    }),
  );
  forgiveOrphans(acts);
  const byRef = new Map(events.map((event) => [renderEventRef(event), event]));
  const containers = listContainers({
    pods: world.pods,
    owners: evidence.owners,
    imageSets: evidence.imageSets,
    links: world.links,
    events: byRef,
    correlations: new Map([...acts].map(([ref, { correlation }]): [string, Correlation] => [ref, correlation])),
    ...(policy && { policy }),
  });
  const resolved = new Set(evidence.imageSets.flatMap(digestsOfSet));
  const findings = policy
    ? detect({ acts: [...acts.values()], containers, policy, estate: world, stepIdentities, resolved, asOf })
    : [];
  return {
    asOf,
    index,
    events: byRef,
    links: world.links,
    imageSets: evidence.imageSets,
    acts,
    containers,
    ...(policy && { policy }),
    findings,
    incidents: groupFindings(findings),
  };
}

/** An entry that a cut-short attempt left is claimed by the run that tried again. */
function forgiveOrphans(acts: Map<string, ObservedAct>): void {
  for (const [ref, run] of findOrphans([...acts.values()])) {
    const act = acts.get(ref);
    if (!act) continue;
    const { origin: _, correlation, ...rest } = act;
    const reason = `left by an attempt that was cut short: TaskRun ${run.namespace}/${run.name} signed the same payload again`;
    acts.set(ref, {
      ...rest,
      claimed: pass,
      correlation: { ...correlation, reasons: [...correlation.reasons, reason] },
    });
  }
}

/** The identities as whom signing steps sign: the service accounts that the policy allows, of clusters that are watched. */
export function stepIdentitiesOf(policy: SignerPolicy, clusters: readonly ClusterIdentity[]): readonly Identity[] {
  return policy.families
    .flatMap(({ identities }) => identities)
    .filter(
      (identity) =>
        parseAccount(identity) !== undefined &&
        clusters.some(({ issuers }) => issuers.includes(identity.issuer)) &&
        !clusters.some(({ chains }) => chains && sameIdentity(chains, identity)),
    );
}
