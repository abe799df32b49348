import type { RunRef } from "../correlate/correlation.ts";
import type { DigestRef } from "../digest.ts";
import type { EventRef, LogName } from "../entry/signing-event.ts";
import type { Identity } from "../identity/identity.ts";
import type { UnixMs } from "../time.ts";
import type { Severity } from "./detector.ts";

/** What is asked about. An identity without issuer is any with that name. */
export type StoryQuery =
  | { readonly kind: "digest"; readonly digest: DigestRef }
  | { readonly kind: "identity"; readonly san: string; readonly issuer?: string }
  | { readonly kind: "run"; readonly namespace: string; readonly name: string };

/** Which entries to tell, by the time of the event; half-open. What is wrong is told whenever it was. */
export type StoryPeriod = { readonly since?: UnixMs; readonly until?: UnixMs };

export function isWithin({ since, until }: StoryPeriod, at: UnixMs): boolean {
  return (since === undefined || at >= since) && (until === undefined || at < until);
}

/** How a log stood when it was asked: what proves an entry. */
export type LogProof = {
  readonly log: LogName;
  readonly state: string;
  readonly reason: string;
  readonly indexedUpto: number;
  /** Size of the largest checkpoint proven consistent; absent before the first. */
  readonly treeSize?: number;
};

/** One fact of a story. */
export type StoryFact = {
  readonly number: number;
  readonly label: StoryLabel;
  readonly at?: UnixMs;
  readonly text: string;
  /** What stands for it: a grade, a log, an object of a cluster, the policy. */
  readonly proof: string;
  /** What is wrong with it. */
  readonly problems: readonly string[];
};
export type StoryLabel =
  | "runs"
  | "ran"
  | "was signed"
  | "attested"
  | "by TaskRun"
  | "was let in"
  | "evidence"
  | "also"
  | "signed"
  | "recorded"
  | "acted";

/** The story of a digest, an identity or a run: facts, then what is wrong, then what could not be seen, then what to do. */
export type Story = {
  readonly subject: string;
  readonly headline: string;
  /** `unknown`: too little could be seen to say that all is well. */
  readonly verdict: "pass" | "fail" | "unknown";
  readonly incident?: { readonly id: string; readonly severity: Severity };
  readonly facts: readonly StoryFact[];
  /** Heaviest first. */
  readonly reasons: readonly { readonly severity: Severity; readonly text: string }[];
  readonly notCovered: readonly string[];
  /** One command that works. */
  readonly next?: string;
  readonly identities: readonly Identity[];
  readonly runs: readonly RunRef[];
  /** Every entry that it is about, in the order in which they are told, beyond those that are told one by one too. */
  readonly events: readonly EventRef[];
};

/** A fact before it has its number. */
export type Telling = Omit<StoryFact, "number">;

export function numbered(facts: readonly Telling[]): readonly StoryFact[] {
  return facts.map((fact, i) => ({ number: i + 1, ...fact }));
}
