import { found, type LintRule } from "../../rule.ts";
import type { LintScene, StepFacts } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const sharedPod: LintRule = {
  id: "shared-pod",
  code: "ISO-02",
  severity: "critical",
  source: ["tektoncd/pipeline docs/security/threat-model.md", "pipelines chapter §5"],
  reach: "step",
  check: (scene) => scene.set.tasks.filter(scene.isSigningTask).flatMap((task) => checkTask(task, scene)),
};

function checkTask(task: LintScene["set"]["tasks"][number], { stepsOf }: LintScene) {
  const all = stepsOf(task);
  if (all.length < 2) return [];
  const signer = all.find(runsSigner) ?? all.find(({ signs }) => signs !== undefined);
  return all
    .filter((facts) => facts !== signer && !runsSigner(facts))
    .map(({ step }) =>
      found(step.node, {
        message: `${step.role === "step" ? "Step" : "Sidecar"} ${step.name} shares its pod with ${signer?.step.name ?? "a step"}, which signs: files, network and processes of the pod are in its reach.`,
        fix: "Move the signing step into a Task of its own.",
      }),
    );
}

/** Whether a step runs a program that signs. One that only holds a token is another step, and the worse one. */
function runsSigner({ signs }: StepFacts): boolean {
  return signs !== undefined && signs !== "token" && signs !== "spiffe";
}
