import type { DrillAnswer } from "../core/drill/answer.ts";
import type { DrillCase, Trial } from "../core/drill/drill-case.ts";
import type { DrillRun, PastAnswers } from "../core/drill/run.ts";
import type { Exhibit } from "../core/drill/exhibit.ts";

/** Whoever holds the keys of the drill's trust domain. Faults: those of the registry that it pushes to. */
export interface DrillKit {
  /** Makes an artifact and puts it where verifiers find it; says so where it cannot. */
  prepare(
    drillCase: DrillCase,
    trial: Trial,
    signal: AbortSignal,
  ): Promise<{ readonly exhibit: Exhibit } | { readonly notMade: string }>;
}

/** A verifier under test. */
export interface DrillTarget {
  /** As the history knows it. */
  readonly name: string;
  /** What it answers; `not-run` where it cannot be asked that, or did not answer. */
  ask(exhibit: Exhibit, signal: AbortSignal): Promise<DrillAnswer>;
}

/** What verifiers answered in earlier drills. Faults: those of a store. */
export interface DrillHistory {
  /** Of one verifier: for every trial the last time that it was run. */
  lastAnswers(target: string): Promise<PastAnswers>;
  append(run: DrillRun): Promise<void>;
}
