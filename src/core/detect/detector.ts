import { sha256 } from "../digest.ts";
import { toHex } from "../bytes/hex.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { Correlation, RunRef } from "../correlate/correlation.ts";
import type { CorrelationWorld } from "../correlate/world.ts";
import type { SignatureLink } from "../correlate/signature-link.ts";
import type { DigestRef } from "../digest.ts";
import type { LogName, SigningEvent } from "../entry/signing-event.ts";
import type { Identity } from "../identity/identity.ts";
import type { RunningContainer } from "../inventory/running-container.ts";
import type { SignerPolicy } from "../policy/signer-policy.ts";
import type { UnixMs } from "../time.ts";
import type { Verdict } from "../verdict.ts";

export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One signing event with all that is known around it. */
export type ObservedAct = {
  readonly event: SigningEvent;
  readonly correlation: Correlation;
  readonly links: readonly SignatureLink[];
  /** Whether a run claims it; absent for identities of which none has to. */
  readonly claimed?: Verdict<"run-missing">;
  /** Where its token may come from, when no run claims it. */
  readonly origin?: string;
};

/** All that detectors look at. */
export type DetectWorld = {
  readonly acts: readonly ObservedAct[];
  readonly containers: readonly RunningContainer[];
  readonly policy: SignerPolicy;
  /** What clusters showed: runs, pods, accounts and tokens. */
  readonly estate: CorrelationWorld;
  /** As whom the signing steps of watched clusters sign. */
  readonly stepIdentities: readonly Identity[];
  /** Digests that a registry was asked about: of those that are not here, nothing is known. */
  readonly resolved: ReadonlySet<DigestRef>;
  readonly asOf: UnixMs;
};

/** One thing that is wrong, said by one detector. */
export type Finding = {
  /** Of detector, subject and the time it began: the same in every replay. */
  readonly id: string;
  readonly detector: string;
  readonly name: string;
  readonly severity: Severity;
  readonly at: UnixMs;
  /** In a few words; what it is about comes first. */
  readonly title: string;
  /** What is true, and what it is measured against. */
  readonly sentence: string;
  readonly events: readonly { readonly log: LogName; readonly logIndex: number }[];
  readonly digests: readonly DigestRef[];
  readonly runs: readonly RunRef[];
  /** `cluster/namespace/pod`. */
  readonly workloads: readonly string[];
  /** What findings of one incident share: `digest:…`, `identity:…`, `serial:…`, `run:…`, `entry:…`. */
  readonly keys: readonly string[];
  readonly playbook: string;
};

/** Pure, total, and independent of every other. */
export type Detector = {
  /** As in the detection chapter: `D01`. */
  readonly id: string;
  /** The folder. */
  readonly name: string;
  readonly playbook: string;
  readonly detect: (world: DetectWorld) => readonly Finding[];
};

/** A finding without what follows from the rest. */
export type Observation = Omit<Finding, "id" | "detector" | "name" | "playbook"> & {
  /** What the same finding is told by: repeated within a day it is one. */
  readonly subject: string;
};

const REPEATS_MS = 86_400_000;

/** Makes a detector out of what it observes: ids, and one finding for what repeats within 24 hours. */
export function detectorOf(
  { id, name, playbook }: Pick<Detector, "id" | "name" | "playbook">,
  observe: (world: DetectWorld) => readonly Observation[],
): Detector {
  return {
    id,
    name,
    playbook,
    detect: (world) =>
      mergeRepeats(observe(world)).map(({ subject, ...observation }): Finding => {
        const named = toUtf8(`${id}\n${subject}\n${observation.at}`);
        return { id: toHex(sha256(named)).slice(0, 16), detector: id, name, playbook, ...observation };
      }),
  };
}

function mergeRepeats(observations: readonly Observation[]): readonly Observation[] {
  const first = new Map<string, Observation[]>();
  for (const observation of observations.toSorted((a, b) => a.at - b.at)) {
    const known = first.get(observation.subject) ?? [];
    const last = known.at(-1);
    const repeats = last !== undefined && observation.at - last.at < REPEATS_MS;
    first.set(
      observation.subject,
      repeats ? [...known.slice(0, -1), merge(last, observation)] : [...known, observation],
    );
  }
  return [...first.values()].flat();
}

function merge(first: Observation, again: Observation): Observation {
  return {
    ...first,
    events: distinct([...first.events, ...again.events]),
    digests: distinct([...first.digests, ...again.digests]),
    runs: distinct([...first.runs, ...again.runs]),
    workloads: distinct([...first.workloads, ...again.workloads]),
    keys: distinct([...first.keys, ...again.keys]),
  };
}

/** Without what is there already; compared by what it says. */
function distinct<T>(items: readonly T[]): readonly T[] {
  const seen = new Map(items.map((item) => [JSON.stringify(item), item]));
  return [...seen.values()];
}
