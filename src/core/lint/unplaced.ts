import type { TaskUnit } from "../pipelines/definitions/definition.ts";
import { textAt } from "../pipelines/definitions/source-node.ts";
import type { LintScene } from "./scene.ts";

/**
 * Signing Tasks that nothing gives an account: no run in the set names one for them, and they lack the label by which
 * admission asks for one (pipelines chapter §3, V3 and V4).
 */
export function tasksWithoutAccount({ set, isSigningTask, accountUses }: LintScene): readonly TaskUnit[] {
  const placed = accountUses.filter(({ named }) => named !== undefined);
  return set.tasks
    .filter(
      ({ written, owner }) =>
        written === "task" && textAt(owner.node, "metadata", "labels", "countersign.dev/signing") !== "true",
    )
    .filter(isSigningTask)
    .filter((task) => !placed.some((use) => use.unit === task || use.task?.reference?.name === task.name));
}
