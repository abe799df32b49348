import { isSharedAccount, type AccountUse } from "../../accounts.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene } from "../../scene.ts";
import { tasksWithoutAccount } from "../../unplaced.ts";

/** Documented and tested by `rule.md` beside this file. */
export const sharedAccount: LintRule = {
  id: "shared-account",
  code: "ISO-04",
  severity: "high",
  source: ["sigstore/fulcio docs/oidc.md, Kubernetes", "pipelines chapter §1.1"],
  reach: "task",
  check: (scene) => [...scene.accountUses.flatMap((use) => checkUse(use, scene)), ...withoutAccount(scene)],
};

function checkUse(use: AccountUse, { accountUses }: LintScene): readonly RuleFinding[] {
  if (use.signs !== true) return [];
  const others = accountUses.filter(
    (other) =>
      other.account === use.account && other.run.owner.namespace === use.run.owner.namespace && other.signs !== true,
  );
  const [other] = others;
  if (!isSharedAccount(use.account) && !other) return [];
  const isSure = isSharedAccount(use.account) || others.some(({ signs }) => signs === false);
  return [
    found(use.node, {
      message: isSharedAccount(use.account)
        ? `${taskName(use)} signs as ${use.account}, the account that every run of the namespace has by default.`
        : `${taskName(use)} signs as ${use.account}, and ${other ? lowerName(other) : "another task"}, which does not sign, runs as it too.`,
      fix: "Give the signing task an account of its own: `taskRunSpecs: [{ pipelineTaskName: …, serviceAccountName: signer }]`.",
      ...(isSure ? {} : { verdict: "unknown" as const }),
    }),
  ];
}

function taskName({ task }: AccountUse): string {
  return task ? `Task ${task.name}` : "The run";
}

function lowerName({ task, run }: AccountUse): string {
  return task ? `task ${task.name}` : `run ${run.owner.name}`;
}

function withoutAccount(scene: LintScene): readonly RuleFinding[] {
  return tasksWithoutAccount(scene).map(({ spec, name }) =>
    found(spec, {
      message: `Nothing gives Task ${name} an account of its own: it signs as \`default\` or \`pipeline\`, which every build of the namespace has.`,
      fix: 'Name an account for it where it is run, and mark the Task with the label `countersign.dev/signing: "true"` so that admission asks for one.',
    }),
  );
}
