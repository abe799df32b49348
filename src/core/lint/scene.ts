import type {
  DefinitionSet,
  ObjectDefinition,
  PipelineTask,
  Step,
  TaskUnit,
} from "../pipelines/definitions/definition.ts";
import { accountUsesOf, type AccountUse } from "./accounts.ts";
import { callsOf, scriptsOf, type ReadScript, type StepScript, type ToolCall } from "./calls.ts";
import { fixedParamsOf } from "./fixed-params.ts";
import { isSigningReference, isSpiffeVolume, signingWayOf, tokensOf, type SigningWay } from "./signing.ts";
import { signingRunsOf, type SigningRun } from "./signing-runs.ts";
import type { Params } from "./taint.ts";

/** What is known of the installation beside the definitions. */
export type LintKnowledge = {
  /** The audiences that Fulcio accepts. */
  readonly audiences: readonly string[];
  /** Where signatures belong; `undefined` when nobody said. */
  readonly placement?: "public" | "private" | "hybrid";
};

export const DEFAULT_KNOWLEDGE: LintKnowledge = { audiences: ["sigstore", "trusted-artifact-signer"] };

/** A step with what it runs. */
export type StepFacts = {
  readonly step: Step;
  /** The Task in which it runs; absent for a StepAction by itself. */
  readonly task?: TaskUnit;
  readonly owner: ObjectDefinition;
  readonly params: Params;
  readonly scripts: readonly StepScript[];
  readonly calls: readonly ToolCall[];
  readonly signs: SigningWay | undefined;
  /** The calls that sign. */
  readonly signings: readonly ToolCall[];
};

/** The definitions, and everything that more than one rule asks of them. */
export type LintScene = {
  readonly set: DefinitionSet;
  readonly knowledge: LintKnowledge;
  /** Steps and sidecars of every Task, as they would run. */
  readonly steps: readonly StepFacts[];
  /** Each place where a step is written, once: inline steps, sidecars and StepActions. */
  readonly bodies: readonly StepFacts[];
  readonly stepsOf: (task: TaskUnit) => readonly StepFacts[];
  readonly signingSteps: readonly StepFacts[];
  readonly isSigningTask: (task: TaskUnit) => boolean;
  /** `undefined` when what the task means is not in sight. */
  readonly signs: (task: PipelineTask) => boolean | undefined;
  /** Which account runs which task in which run. */
  readonly accountUses: readonly AccountUse[];
  readonly signingRuns: readonly SigningRun[];
};

export function makeScene(set: DefinitionSet, knowledge: LintKnowledge, read: ReadScript): LintScene {
  const reading = onceEach(read);
  const actionParams = new Map(set.stepActions.map(({ spec, params }) => [spec, params]));
  const fixed = fixedParamsOf(set);
  const byTask = new Map(
    set.tasks.map((task) => [
      task,
      [...task.steps, ...task.sidecars].map((step) =>
        factsOf(step, {
          task,
          owner: task.owner,
          params: actionParams.get(step.body) ?? fixed.get(task) ?? task.params,
          knowledge,
          read: reading,
        }),
      ),
    ]),
  );
  const steps = [...byTask.values()].flat();
  const actions = set.stepActions.map(({ step, owner, params }) =>
    factsOf(step, { owner, params, knowledge, read: reading }),
  );
  const stepsOf = (task: TaskUnit): readonly StepFacts[] => byTask.get(task) ?? [];
  const isSigningTask = (task: TaskUnit): boolean => stepsOf(task).some(({ signs }) => signs !== undefined);
  const signs = (task: PipelineTask): boolean | undefined => signsTask(task, isSigningTask);
  const accountUses = accountUsesOf(set, signs, isSigningTask);
  return {
    set,
    knowledge,
    steps,
    bodies: [...steps.filter(({ step }) => step.origin === "inline"), ...actions],
    stepsOf,
    signingSteps: steps.filter((facts) => facts.signs !== undefined),
    isSigningTask,
    signs,
    accountUses,
    signingRuns: signingRunsOf(set, accountUses),
  };
}

/** A StepAction that many steps use is read once. */
function onceEach(read: ReadScript): ReadScript {
  const known = new Map<string, ReturnType<ReadScript>>();
  return (text) => {
    const facts = known.get(text) ?? read(text);
    known.set(text, facts);
    return facts;
  };
}

type Home = Pick<StepFacts, "owner" | "params"> & {
  readonly task?: TaskUnit;
  readonly knowledge: LintKnowledge;
  readonly read: ReadScript;
};

function factsOf(step: Step, { task, owner, params, knowledge, read }: Home): StepFacts {
  const scripts = scriptsOf(step, read);
  const calls = callsOf(step, scripts);
  const signings = calls.filter((call) => signingWayOf(call) !== undefined);
  const [first] = signings;
  const way = (first && signingWayOf(first)) ?? wayByReference(step) ?? (task && wayByToken(step, task, knowledge));
  return { step, ...(task && { task }), owner, params, scripts, calls, signs: way, signings };
}

function wayByReference({ origin, reference }: Step): SigningWay | undefined {
  return origin === "opaque" && reference?.name === "countersign-sign" ? "countersign" : undefined;
}

function wayByToken(step: Step, task: TaskUnit, { audiences }: LintKnowledge): SigningWay | undefined {
  if (tokensOf(step, task, audiences).length > 0) return "token";
  const mounted = new Set(step.mounts.map(({ name }) => name));
  return task.volumes.some((volume) => mounted.has(volume.name) && isSpiffeVolume(volume)) ? "spiffe" : undefined;
}

function signsTask(task: PipelineTask, isSigningTask: (unit: TaskUnit) => boolean): boolean | undefined {
  if (task.task) return isSigningTask(task.task) || undefinedWhenOpaque(task.task);
  return task.reference && isSigningReference(task.reference) ? true : undefined;
}

function undefinedWhenOpaque(task: TaskUnit): false | undefined {
  return task.steps.some(({ origin }) => origin === "opaque") ? undefined : false;
}
