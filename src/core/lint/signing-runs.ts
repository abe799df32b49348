import type { RunUnit } from "../pipelines/definitions/definition.ts";
import { signingAccountsOf } from "./accounts.ts";
import type { LintScene } from "./scene.ts";

/** A run that signs; not sure where what it runs is not in the set. */
export type SigningRun = { readonly run: RunUnit; readonly isSure: boolean };

export function signingRuns({ set, accountUses }: LintScene): readonly SigningRun[] {
  const accounts = signingAccountsOf(accountUses);
  return set.runs.flatMap((run): readonly SigningRun[] => {
    const uses = accountUses.filter((use) => use.run === run);
    const isSure = uses.some(
      ({ signs, account, named }) => signs === true || (named !== undefined && accounts.has(account)),
    );
    if (isSure) return [{ run, isSure }];
    const isOpen = uses.length === 0 || uses.some(({ signs }) => signs === undefined);
    return isOpen ? [{ run, isSure }] : [];
  });
}
