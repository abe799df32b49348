import type { RunRef } from "../correlate/correlation.ts";
import { provenIdentity } from "../correlate/preconditions.ts";
import { renderEventRef } from "../entry/signing-event.ts";
import { renderIdentity, type Identity } from "../identity/identity.ts";
import type { RunningContainer } from "../inventory/running-container.ts";
import type { Finding, ObservedAct } from "./detector.ts";

/** The parts of a finding that an act brings: entries, digests, runs and the keys by which incidents are made. */
export function refsOfAct(act: ObservedAct): Pick<Finding, "events" | "digests" | "runs" | "workloads" | "keys"> {
  const { event, links, correlation } = act;
  const identity = provenIdentity(event);
  const digests = [...new Set(links.map(({ subject }) => subject))];
  const run = signingRun(act);
  return {
    events: [{ log: event.log, logIndex: event.logIndex }],
    digests,
    runs: run ? [run] : [],
    workloads: [],
    keys: [
      `entry:${renderEventRef(event)}`,
      ...digests.map((digest) => `digest:${digest}`),
      ...(identity ? [identityKey(identity)] : []),
      ...(event.certificate ? [`serial:${event.certificate.serialHex}`] : []),
      ...correlation.candidates.slice(0, 1).map((candidate) => `run:${candidate.run.uid}`),
    ],
  };
}

/** The run that firmly signed, if one did. */
export function signingRun({ correlation }: ObservedAct): RunRef | undefined {
  const [first] = correlation.candidates;
  return first && (first.grade === "A" || first.grade === "A-") ? first.run : undefined;
}

export function identityKey(identity: Identity): string {
  return `identity:${renderIdentity(identity)}`;
}

/** `host/` off the front, for sentences. */
export function shortRepository(repository: string): string {
  return repository.slice(repository.indexOf("/") + 1);
}

/** `cluster/namespace/pod`. */
export function workloadName({ cluster, namespace, pod }: RunningContainer): string {
  return `${cluster}/${namespace}/${pod}`;
}

/** Containers that run as somebody's workload now: neither steps of a build nor ended. */
export function runsNow(container: RunningContainer): boolean {
  return container.containerKind !== "build" && container.startedAt !== undefined && container.finishedAt === undefined;
}
