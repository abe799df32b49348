import type { DefinitionSet, RunUnit } from "../pipelines/definitions/definition.ts";
import { signingAccountsOf, type AccountUse } from "./accounts.ts";

/** A run that signs; not sure where what it runs is not in the set. */
export type SigningRun = { readonly run: RunUnit; readonly isSure: boolean };

export function signingRunsOf(set: DefinitionSet, accountUses: readonly AccountUse[]): readonly SigningRun[] {
  const accounts = signingAccountsOf(accountUses);
  const byRun = Map.groupBy(accountUses, ({ run }) => run);
  return set.runs.flatMap((run): readonly SigningRun[] => {
    const uses = byRun.get(run) ?? [];
    const isSure = uses.some(
      ({ signs, account, named }) => signs === true || (named !== undefined && accounts.has(account)),
    );
    if (isSure) return [{ run, isSure }];
    const isOpen = uses.length === 0 || uses.some(({ signs }) => signs === undefined);
    return isOpen ? [{ run, isSure }] : [];
  });
}
