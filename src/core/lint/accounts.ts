import type { DefinitionSet, PipelineTask, RunUnit, TaskUnit } from "../pipelines/definitions/definition.ts";
import { isSigningReference } from "./signing.ts";
import type { ScalarNode, SourceNode } from "../pipelines/definitions/source-node.ts";

/** One task of a run and the account it runs as. */
export type AccountUse = {
  readonly run: RunUnit;
  /** `default` unless the run names one (Tekton `default-service-account`). */
  readonly account: string;
  readonly named?: ScalarNode;
  readonly task?: PipelineTask;
  readonly unit?: TaskUnit;
  readonly signs: boolean | undefined;
  /** Where the run says so. */
  readonly node: SourceNode;
};

export function accountUsesOf(
  set: DefinitionSet,
  signs: (task: PipelineTask) => boolean | undefined,
  isSigningTask: (task: TaskUnit) => boolean,
): readonly AccountUse[] {
  return set.runs.flatMap((run): readonly AccountUse[] => {
    if (run.kind === "TaskRun") {
      const base = { run, account: run.account?.text ?? "default", ...(run.account && { named: run.account }) };
      const isSigning = run.task
        ? isSigningTask(run.task)
        : run.reference && isSigningReference(run.reference)
          ? true
          : undefined;
      return [{ ...base, signs: isSigning, node: run.account ?? run.owner.node, ...(run.task && { unit: run.task }) }];
    }
    return (run.pipeline?.tasks ?? []).map((task) => {
      const named = run.accounts.get(task.name) ?? run.account;
      return {
        run,
        account: named?.text ?? "default",
        ...(named && { named }),
        task,
        ...(task.task && { unit: task.task }),
        signs: signs(task),
        node: named ?? run.owner.node,
      };
    });
  });
}

/** Accounts that every build of a namespace shares. */
export function isSharedAccount(name: string): boolean {
  return name === "default" || name === "pipeline";
}

/** Names of the accounts that sign in some run of the set. */
export function signingAccountsOf(uses: readonly AccountUse[]): ReadonlySet<string> {
  return new Set(uses.filter(({ signs }) => signs === true).map(({ account }) => account));
}
