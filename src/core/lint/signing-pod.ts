import type { LintScene, StepFacts } from "./scene.ts";

/** Whether a step runs in a pod that signs: it signs itself, or another step of its Task does. */
export function inSigningPod({ signs, task }: StepFacts, { isSigningTask }: Pick<LintScene, "isSigningTask">): boolean {
  return signs !== undefined || (task !== undefined && isSigningTask(task));
}
