import type { LogName } from "../entry/signing-event.ts";
import type { UnixMs } from "../time.ts";

/** How firmly an entry is joined to a run; strongest first (pipelines chapter §7). */
export const GRADES = ["A", "A-", "B", "C", "D", "none"] as const;
export type Grade = (typeof GRADES)[number];

/** What was compared, exactly; the letters of the chapter in the comment. */
export type JoinKind =
  | "record" // E1
  | "invocation" // E2
  | "certificate" // E3
  | "credential" // E4
  | "claim" // E5
  | "audit-body" // E6
  | "audit-metadata" // E6m
  | "results" // E7
  | "annotation" // E8
  | "window"; // E9

export type RunRef = {
  readonly cluster: string;
  readonly kind: "TaskRun" | "PipelineRun";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
};

/** One comparison that held, with the object it was read from. Kept for ever: grades join, they do not overwrite. */
export type JoinEvidence = {
  readonly kind: JoinKind;
  readonly detail: string;
  readonly source: { readonly object: string; readonly resourceVersion: string };
  readonly observedAt: UnixMs;
};

export type CorrelationConflict =
  | "correlation-identity-conflict"
  | "correlation-time-conflict"
  | "correlation-claim-without-run"
  | "correlation-conflict";

/** One run that may have signed the entry. */
export type Candidate = {
  readonly run: RunRef;
  /** Of the PipelineRun above it, when there is one. */
  readonly pipelineRun?: RunRef;
  readonly serviceAccount: string;
  readonly pod?: string;
  readonly grade: Grade;
  readonly evidence: readonly JoinEvidence[];
  readonly conflicts: readonly CorrelationConflict[];
};

/** What one log entry is joined to. `candidates` by grade, strongest first; several at the top are all shown. */
export type Correlation = {
  readonly log: LogName;
  readonly logIndex: number;
  readonly grade: Grade;
  readonly candidates: readonly Candidate[];
  /** Runs whose results name the signed digest and that did not sign this entry: they built it. */
  readonly builtBy?: readonly RunRef[];
  /** Conflicts of the entry as a whole: a statement that names a run nobody knows, two runs that both claim it. */
  readonly conflicts?: readonly CorrelationConflict[];
  /** Sentences: why this grade and not a better one. */
  readonly reasons: readonly string[];
  /** What could not be seen: watches that stood still, runs already pruned. */
  readonly gaps: readonly string[];
};
