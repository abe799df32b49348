import type { LintScene } from "./scene.ts";

/** Namespaces in which something of the set signs. */
export function signingNamespaces({ accountUses, set, isSigningTask }: LintScene): ReadonlySet<string> {
  const byRuns = accountUses.filter(({ signs }) => signs === true).map(({ run }) => run.owner.namespace);
  const byTasks = set.tasks.filter(isSigningTask).map(({ owner }) => owner.namespace);
  return new Set([...byRuns, ...byTasks].filter((namespace) => namespace !== ""));
}
