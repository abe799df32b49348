import type { TaskUnit, Volume } from "../../../pipelines/definitions/definition.ts";
import { itemsAt, textAt } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import { isForFulcio } from "../../signing.ts";

/** Documented and tested by `rule.md` beside this file. */
export const wideMount: LintRule = {
  id: "wide-mount",
  code: "ISO-11",
  severity: "medium",
  source: ["tektoncd/pipeline docs/tasks.md, stepTemplate", "pipelines chapter §5, G1"],
  reach: "step",
  check: ({ set, knowledge }) =>
    set.tasks.flatMap((task) =>
      task.volumes
        .filter(({ tokens }) => tokens.some((token) => isForFulcio(token, knowledge.audiences)))
        .flatMap((volume) => checkVolume(volume, task)),
    ),
};

function checkVolume({ name, node }: Volume, task: TaskUnit): readonly RuleFinding[] {
  const inTemplate = itemsAt(task.stepTemplate, "volumeMounts").find((mount) => textAt(mount, "name") === name);
  if (inTemplate) {
    return [
      found(inTemplate, {
        message: "The token for Fulcio is mounted in every step of the Task, by its stepTemplate.",
        fix: "Mount it in the one step that signs.",
      }),
    ];
  }
  const all = [...task.steps, ...task.sidecars];
  const isMounted = all.some((step) => step.mounts.some((mount) => mount.name === name));
  // A step that is not in sight may mount what the Task has for it.
  if (isMounted || all.some(({ origin }) => origin === "opaque")) return [];
  return [
    found(node, {
      message: `The volume ${name} holds a token for Fulcio, and no step mounts it: whoever adds a step has it at hand.`,
      fix: "Mount it in the step that signs, or take it out.",
    }),
  ];
}
