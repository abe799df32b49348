import { judgeAnswer, type DrillAnswer } from "../../core/drill/answer.ts";
import type { DrillCase, Trial } from "../../core/drill/drill-case.ts";
import {
  toCaseResult,
  toDrillRun,
  toTrialResult,
  type CaseResult,
  type DrillRun,
  type TrialResult,
} from "../../core/drill/run.ts";
import { Fault } from "../../core/fault.ts";
import type { NonEmpty } from "../../core/verdict.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DrillHistory, DrillKit, DrillTarget } from "../../ports/drill.ts";

export type DrillPorts = {
  readonly kit: DrillKit;
  readonly target: DrillTarget;
  /** Without one there is nothing that an answer could have become worse than. */
  readonly history?: DrillHistory;
  readonly clock: Pick<Clock, "now">;
};

export type RunDrill = (cases: readonly DrillCase[], signal: AbortSignal) => Promise<DrillRun>;

/**
 * Puts every case to a verifier, judges its answers, and keeps them. Where an artifact cannot be made or the verifier does
 * not answer, the case was not run; it never counts as good.
 */
export function runDrill(ports: DrillPorts): RunDrill {
  return async (cases, signal) => {
    const { target, history, clock } = ports;
    const at = clock.now();
    const past = (await history?.lastAnswers(target.name)) ?? new Map();
    const results: CaseResult[] = [];
    for (const drillCase of cases) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: a verifier under load answers otherwise
      results.push(toCaseResult(drillCase, await runCase(ports, drillCase, signal)));
    }
    const run = toDrillRun(target.name, at, results, past);
    await history?.append(run);
    return run;
  };
}

async function runCase(ports: DrillPorts, drillCase: DrillCase, signal: AbortSignal): Promise<NonEmpty<TrialResult>> {
  const [first, ...others] = drillCase.trials;
  const results: [TrialResult, ...TrialResult[]] = [await runTrial(ports, drillCase, first, signal)];
  // oxlint-disable-next-line no-await-in-loop -- as above
  for (const trial of others) results.push(await runTrial(ports, drillCase, trial, signal));
  return results;
}

async function runTrial(
  { kit, target }: DrillPorts,
  drillCase: DrillCase,
  trial: Trial,
  signal: AbortSignal,
): Promise<TrialResult> {
  const answer = await orNotRun(async () => {
    const prepared = await kit.prepare(drillCase, trial, signal);
    return "exhibit" in prepared ? target.ask(prepared.exhibit, signal) : { kind: "not-run", detail: prepared.notMade };
  });
  return toTrialResult(trial, answer, judgeAnswer(trial.expected, answer));
}

/** What the world around the drill does is no answer of the verifier. */
async function orNotRun(ask: () => Promise<DrillAnswer>): Promise<DrillAnswer> {
  return ask().catch((error: unknown): DrillAnswer => {
    if (error instanceof Fault) return { kind: "not-run", detail: `${error.id}: ${error.subject}` };
    throw error;
  });
}
