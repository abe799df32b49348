import type { SigningEvent } from "../entry/signing-event.ts";
import { sameIdentity, type Identity } from "../identity/identity.ts";
import { addMs, type UnixMs } from "../time.ts";
import { fail, pass, unknown, type Verdict } from "../verdict.ts";
import type { Correlation } from "./correlation.ts";
import { clustersOf, type WorldIndex } from "./index-world.ts";
import { provenIdentity } from "./preconditions.ts";

/** A signing run lists its entries when it is done; until then an unclaimed entry is merely young. */
const CLAIM_GRACE_MS = 15 * 60_000;
const COVER_BEFORE_MS = 2 * 3_600_000;
const COVER_AFTER_MS = 10 * 60_000;

export type ClosedWorld = {
  readonly index: WorldIndex;
  /** The identities as whom signing steps of watched clusters sign. */
  readonly stepIdentities: readonly Identity[];
  readonly asOf: UnixMs;
};

/**
 * Judges whether a run claims an entry of a step identity. Every legitimate signing run lists its entries, so an entry that
 * no run lists was signed with that identity outside of any run (pipelines chapter §7, "Closed world").
 * `undefined` when the entry is not by a step identity: nobody has to claim it.
 */
export function judgeClaimed(
  world: ClosedWorld,
  event: SigningEvent,
  correlation: Correlation,
): Verdict<"run-missing"> | undefined {
  const identity = provenIdentity(event);
  if (!identity || !world.stepIdentities.some((known) => sameIdentity(known, identity))) return undefined;
  // Grade A, not the record alone: anyone who may run a Task can write another's entry into its results.
  const claimed = correlation.candidates.some(
    ({ grade, evidence }) => grade === "A" && evidence.some(({ kind }) => kind === "record"),
  );
  if (claimed) return pass;

  const clusters = clustersOf(world.index, identity).map(({ cluster }) => cluster);
  if (clusters.length === 0) return unknown("cluster", `no watched cluster issues tokens as ${identity.issuer}`);
  const gap = world.index.gaps.find(
    ({ cluster, resource, since, until }) =>
      clusters.includes(cluster) &&
      resource.endsWith("taskruns") &&
      since <= addMs(event.firstSeen, COVER_AFTER_MS) &&
      (until === undefined || until >= addMs(event.eventTime, -COVER_BEFORE_MS)),
  );
  if (gap) return unknown("taskruns", `${gap.cluster} was not watched around that time: ${gap.reason}`);
  if (world.asOf < addMs(event.firstSeen, CLAIM_GRACE_MS)) {
    return unknown("time", "the entry is younger than 15 minutes; a run may still list it");
  }
  return fail("run-missing", "no TaskRun lists this entry, and every signing run lists its own");
}
