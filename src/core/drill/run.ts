import { renderRfc3339, type UnixMs } from "../time.ts";
import type { NonEmpty } from "../verdict.ts";
import type { DrillAnswer, DrillOutcome } from "./answer.ts";
import type { DrillCase, Expected, Trial } from "./drill-case.ts";

/** One trial with its answer and what that is worth. */
export type TrialResult = {
  readonly name: string;
  readonly expected: string;
  /** `admit`, `not-run`, or the reason for a refusal; `refuse` where the verifier has no words of ours. */
  readonly answer: string;
  readonly detail: string;
} & Pick<DrillOutcome, "outcome"> & { readonly way?: "admit" | "deny" | "reason" };

/** A case is as good as its worst trial, whose words it has. */
export type CaseResult = Omit<TrialResult, "name"> & {
  readonly id: string;
  readonly name: string;
  readonly trials: NonEmpty<TrialResult>;
};

/** What one verifier made of the drill. */
export type DrillRun = {
  readonly target: string;
  /** RFC 3339. */
  readonly at: string;
  readonly cases: readonly CaseResult[];
  readonly counts: Readonly<Record<"ok" | "wrong" | "not-run", number>>;
  /** It used to refuse these, and admits them now. */
  readonly alarms: readonly string[];
};

export function toTrialResult({ name, expected }: Trial, answer: DrillAnswer, outcome: DrillOutcome): TrialResult {
  return {
    name,
    expected: renderExpected(expected),
    answer: renderAnswer(answer),
    outcome: outcome.outcome,
    ...(outcome.outcome === "wrong" && { way: outcome.way }),
    detail: outcome.detail,
  };
}

function renderExpected(expected: Expected): string {
  return expected.kind === "admit" ? "admit" : expected.codes.join(" or ");
}

function renderAnswer(answer: DrillAnswer): string {
  if (answer.kind === "admitted") return "admit";
  return answer.kind === "not-run" ? "not-run" : (answer.codes[0] ?? "refuse");
}

const WORST = ["wrong", "not-run", "ok"] as const;

/** A case with one trial not run is not run: nobody knows what the answer would have been. */
export function toCaseResult({ id, name }: DrillCase, trials: NonEmpty<TrialResult>): CaseResult {
  const [first] = trials;
  const worst = WORST.flatMap((outcome) => trials.find((trial) => trial.outcome === outcome) ?? [])[0] ?? first;
  const { name: trial, ...result } = worst;
  const detail = trial === "" ? result.detail : `${trial}: ${result.detail}`;
  return { id, name, ...result, detail, trials };
}

/** What is remembered of earlier runs: whether a trial was refused the last time that it was run. */
export type PastAnswers = ReadonlyMap<string, "admit" | "refuse">;

/** Puts a run together, and says what has become worse in the one way that matters. */
export function toDrillRun(target: string, at: UnixMs, cases: readonly CaseResult[], past: PastAnswers): DrillRun {
  const count = (outcome: TrialResult["outcome"]): number =>
    cases.filter((result) => result.outcome === outcome).length;
  const alarms = cases.flatMap(({ id, trials }) =>
    trials
      .filter(({ name, way }) => way === "admit" && past.get(trialKey(id, name)) === "refuse")
      .map(({ name }) => trialKey(id, name)),
  );
  const counts = { ok: count("ok"), wrong: count("wrong"), "not-run": count("not-run") };
  return { target, at: renderRfc3339(at), cases, counts, alarms };
}

/** `C06 expression`. */
export function trialKey(id: string, trial: string): string {
  return trial === "" ? id : `${id} ${trial}`;
}
