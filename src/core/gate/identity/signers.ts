import { titleOfRun } from "../facts/entry.ts";
import { toServiceAccountSan } from "../../identity/identity.ts";
import type { AccountUse } from "../../lint/accounts.ts";
import type { LintScene } from "../../lint/scene.ts";
import { placeOf, pointerOf } from "../../pipelines/definitions/source-node.ts";
import type { UnixMs } from "../../time.ts";
import type { IdentityFinding, IdentityQuestion } from "./identity-question.ts";
import type { GateGap } from "../report.ts";
import { accountOf, whyNotValid, type IdentityRegister, type RegisterEntry } from "./register.ts";

/** GI003: tasks that sign, or hold a token for Fulcio, run as accounts that the register has. */
export function judgeSigners({ before, after, now }: IdentityQuestion): readonly IdentityFinding[] {
  const { register } = before;
  if (!register) return [];
  const old = new Set(signingUses(before.scene).map(keyOf));
  const seen = new Set<string>();
  return signingUses(after.scene).flatMap((use) => {
    const key = keyOf(use);
    const isNew = !old.has(key);
    const why = whyNot(use, { register, now, isNew });
    if (seen.has(key) || why === undefined) return [];
    seen.add(key);
    const { namespace } = use.run.owner;
    const account = `${namespace}/${use.account}`;
    const san = toServiceAccountSan({ namespace, serviceAccount: use.account });
    const { file, line } = placeOf(use.node);
    return [
      {
        code: "GI003" as const,
        isNew,
        says: `${titleOf(use)} signs as ${account}, and ${why}`,
        witness: { san, serviceAccount: account },
        where: { revision: "head" as const, file, line, pointer: pointerOf(use.node) },
      },
    ];
  });
}

/** Runs that sign and have no namespace in the tree: of those nobody knows whose account it is. */
export function unplacedSigners({ before, after }: IdentityQuestion): readonly GateGap[] {
  const open = after.scene.accountUses.filter(({ signs, run }) => signs === true && run.owner.namespace === "");
  const files = new Map(open.map(({ run }) => [titleOfRun(run.owner), run.owner.node.source.path]));
  const why = "it has no namespace in the tree, so whether anybody manages its account is not known";
  return before.register ? [...files].map(([what, file]) => ({ what, why, file })) : [];
}

function signingUses({ accountUses }: LintScene): readonly AccountUse[] {
  return accountUses.filter(({ signs, run }) => signs === true && run.owner.namespace !== "");
}

function keyOf(use: AccountUse): string {
  return `${use.run.owner.namespace}/${use.account} ${pipelineOf(use)}`;
}

function pipelineOf({ run }: AccountUse): string {
  return `${run.owner.namespace}/${run.pipeline?.name ?? run.task?.name ?? run.owner.name}`;
}

function titleOf({ run, task }: AccountUse): string {
  return `${titleOfRun(run.owner)}${task ? `, task ${task.name},` : ""}`;
}

type Around = { readonly register: IdentityRegister; readonly now: UnixMs; readonly isNew: boolean };

function whyNot(use: AccountUse, { register, now, isNew }: Around): string | undefined {
  const account = `${use.run.owner.namespace}/${use.account}`;
  const entries = register.entries.filter((entry) => accountOf(entry) === account);
  if (entries.length === 0) return "the register has no such account";
  const reasons = entries.map((entry) => whyNotValid(entry, now) ?? whyNotHere(entry, use, isNew));
  return reasons.some((reason) => reason === undefined) ? undefined : reasons[0];
}

function whyNotHere({ id, state, pipelines }: RegisterEntry, use: AccountUse, isNew: boolean): string | undefined {
  if (state === "retiring" && isNew) return `register entry ${id} is retiring: no new use`;
  const pipeline = pipelineOf(use);
  return pipelines.length === 0 || pipelines.includes(pipeline)
    ? undefined
    : `register entry ${id} is for ${pipelines.join(", ")} only`;
}

/** Accounts that a register lets sign, for the ratchet and the floor of pipelines. */
export function managedAccounts(register: IdentityRegister, now: UnixMs): ReadonlySet<string> {
  return new Set(
    register.entries
      .filter((entry) => whyNotValid(entry, now) === undefined)
      .flatMap((entry) => accountOf(entry) ?? []),
  );
}
