import type { TaskUnit } from "../../../pipelines/definitions/definition.ts";
import { operandsOf, optionOf, type ToolCall } from "../../calls.ts";
import { chainsSigns } from "../../controller-config.ts";
import { found, type LintRule } from "../../rule.ts";
import type { LintScene } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const attestationsMissing: LintRule = {
  id: "attestations-missing",
  code: "SIG-12",
  severity: "medium",
  source: ["SLSA v1.1, Provenance", "pipelines chapter §3"],
  reach: "step",
  check: (scene) => {
    if (chainsSigns(scene.set) === true) return [];
    return scene.signingSteps.flatMap(({ task, signings }) => {
      const sign = signings.find(signsImage);
      if (!sign || !task || tasksAround(task, scene).some((near) => isAttested(near, scene))) return [];
      return [
        found(sign.name.scalar, {
          at: sign.name.at,
          message: "The image is signed, and nothing signed says what is in it or how it was made.",
          fix: "Attest an SBOM and the provenance of the build, or let Tekton Chains attest the provenance.",
        }),
      ];
    });
  },
};

function signsImage(call: ToolCall): boolean {
  return operandsOf(call)[0]?.value === "sign" && (call.tool === "cosign" || call.tool === "notation");
}

/** The Task, and those of the pipelines that it is a part of. */
function tasksAround(task: TaskUnit, { set }: LintScene): readonly TaskUnit[] {
  const beside = set.pipelines
    .filter(({ tasks }) => tasks.some((one) => one.task === task))
    .flatMap(({ tasks }) => tasks.flatMap((one) => (one.task ? [one.task] : [])));
  return [task, ...beside];
}

function isAttested(task: TaskUnit, { stepsOf }: LintScene): boolean {
  return stepsOf(task).some(({ calls }) =>
    calls.some(
      (call) =>
        (call.tool === "cosign" && operandsOf(call)[0]?.value === "attest") ||
        (call.tool === "countersign-sign" && optionOf(call, "--sbom") !== undefined),
    ),
  );
}
