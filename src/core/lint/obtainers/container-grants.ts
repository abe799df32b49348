import type { Step, TaskUnit } from "../../pipelines/definitions/definition.ts";
import { readTokens } from "../../pipelines/definitions/read-task.ts";
import { itemsAt, textAt } from "../../pipelines/definitions/source-node.ts";
import { isSharedAccount } from "../accounts.ts";
import { pipelineDefaults } from "../controller-config.ts";
import type { LintScene, StepFacts } from "../scene.ts";
import { isForFulcio, isSpiffeVolume, tokensOf } from "../signing.ts";
import { whyUserControlled } from "../user-controlled.ts";
import { grantAt, type Grant, type GrantVerdict } from "./grant.ts";

/** Whether others may make pods in a namespace; `undefined` when no roles are in the files. */
export type IsOpen = (namespace: string) => boolean | undefined;

/** Steps and sidecars that can read a token for Fulcio (G1) or ask for one of any audience (G8). */
export function stepGrants(scene: LintScene, isOpen: IsOpen): readonly Grant[] {
  return scene.steps.flatMap((facts) => {
    const { step, task } = facts;
    const via = task && viaOf(step, task, scene);
    return task && via
      ? accountsOf(task, scene).map((account) => toGrant({ facts, task, via, account }, scene, isOpen))
      : [];
  });
}

type Holding = {
  readonly facts: StepFacts;
  readonly task: TaskUnit;
  readonly via: "G1" | "G8";
  readonly account: Account;
};

function viaOf(step: Step, task: TaskUnit, { knowledge }: LintScene): "G1" | "G8" | undefined {
  if (tokensOf(step, task, knowledge.audiences).length > 0) return "G1";
  const mounted = new Set(step.mounts.map(({ name }) => name));
  return task.volumes.some((volume) => mounted.has(volume.name) && isSpiffeVolume(volume)) ? "G8" : undefined;
}

type Account = { readonly name: string; readonly namespace: string; readonly isOwn: boolean };

/** As which accounts runs of the set run a Task; `?` when no run of the set does. */
function accountsOf(task: TaskUnit, { accountUses }: LintScene): readonly Account[] {
  const uses = accountUses.filter(
    (use) => use.unit === task || (use.unit === undefined && use.task?.reference?.name === task.name),
  );
  const found = new Map(
    uses.map(({ account, run }): readonly [string, Account] => {
      const { namespace } = run.owner;
      const others = accountUses.some(
        (other) => other.account === account && other.run.owner.namespace === namespace && other.signs === false,
      );
      return [`${namespace}/${account}`, { name: account, namespace, isOwn: !others && !isSharedAccount(account) }];
    }),
  );
  return found.size > 0 ? [...found.values()] : [{ name: "?", namespace: task.owner.namespace, isOwn: false }];
}

function toGrant({ facts, task, via, account }: Holding, scene: LintScene, isOpen: IsOpen): Grant {
  const { step } = facts;
  const { verdict, why } = judge(facts, task, { account, scene, isOpen });
  return grantAt(step.node, {
    holder: `Task ${task.name}, ${step.role} ${step.name}`,
    namespace: account.namespace,
    serviceAccount: account.name,
    via,
    why,
    verdict,
  });
}

type Around = { readonly account: Account; readonly scene: LintScene; readonly isOpen: IsOpen };
type Judged = { readonly verdict: GrantVerdict; readonly why: string };

function judge(facts: StepFacts, task: TaskUnit, { account, scene, isOpen }: Around): Judged {
  const own = whyUserControlled(facts);
  if (own?.isSure) return { verdict: "unsafe", why: own.text };
  const beside = scene.stepsOf(task).filter((other) => other !== facts);
  const neighbours = beside.map((other) => ({ name: other.step.name, why: whyUserControlled(other) }));
  const sure = neighbours.find(({ why }) => why?.isSure);
  if (sure)
    return { verdict: "unsafe", why: `it shares its pod with ${sure.name}, and of that ${sure.why?.text ?? ""}` };
  if (own) return { verdict: "unknown", why: own.text };
  const open = neighbours.find(({ why }) => why !== undefined);
  if (open)
    return { verdict: "unknown", why: `it shares its pod with ${open.name}, and of that ${open.why?.text ?? ""}` };
  return judgeHome(account, beside.length, isOpen(account.namespace));
}

/** Of a step that runs what its author wrote: what its pod, account and namespace make of that. */
function judgeHome(account: Account, besideCount: number, isOpen: boolean | undefined): Judged {
  if (account.name === "?") return { verdict: "unknown", why: "no run in these files says as which account it runs" };
  if (besideCount > 0) return { verdict: "weak", why: "it is not alone in its pod" };
  if (!account.isOwn) return { verdict: "weak", why: "tasks that do not sign run as the same account" };
  if (isOpen === true) return { verdict: "weak", why: "others may make pods in its namespace" };
  if (isOpen === undefined)
    return { verdict: "unknown", why: "who may make pods in its namespace is not in these files" };
  return { verdict: "safe", why: "it is alone in its pod, runs what its author wrote, and has an account of its own" };
}

/** Workspaces that are bound to a token: every step of every task that gets the workspace holds it (G2). */
export function workspaceGrants({ set, knowledge }: LintScene): readonly Grant[] {
  const bound = set.runs.flatMap((run) =>
    itemsAt(run.spec, "workspaces").flatMap((workspace) =>
      readTokens(workspace)
        .filter((token) => isForFulcio(token, knowledge.audiences))
        .map((token) =>
          grantAt(token.node, {
            holder: `every step of ${run.kind} ${run.owner.name || "(generated)"} that gets the workspace ${textAt(workspace, "name") ?? ""}`,
            namespace: run.owner.namespace,
            serviceAccount: run.account?.text ?? "default",
            via: "G2",
            why: "a workspace is mounted into every step of the tasks it is given to",
            verdict: "unsafe",
          }),
        ),
    ),
  );
  const byDefault = pipelineDefaults(set).flatMap(({ get }) => {
    const binding = get("default-task-run-workspace-binding");
    const tokens = binding?.nested ? readTokens(binding.nested) : [];
    return tokens
      .filter((token) => isForFulcio(token, knowledge.audiences))
      .map((token) =>
        grantAt(token.node, {
          holder: "every TaskRun of the cluster with an optional workspace left open",
          namespace: "*",
          serviceAccount: "*",
          via: "G2",
          why: "config-defaults binds it",
          verdict: "unsafe",
        }),
      );
  });
  return [...bound, ...byDefault];
}
