import type { ObjectDefinition } from "../../../pipelines/definitions/definition.ts";
import { fieldsAt, mapAt, nodeAt, scalarAt } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const chainsSkipped: LintRule = {
  id: "chains-skipped",
  code: "SIG-14",
  severity: "critical",
  source: ["tektoncd/chains pkg/chains/annotations/annotations.go", "tektoncd/chains pkg/reconciler/filter.go"],
  check: ({ set }) => set.objects.filter(isRunOrDefinition).flatMap(checkObject),
};

const KINDS = new Set(["Task", "Pipeline", "TaskRun", "PipelineRun"]);

function isRunOrDefinition({ kind, group, node }: ObjectDefinition): boolean {
  // What a cluster recorded has the annotation because Chains is done with it.
  return group === "tekton.dev" && KINDS.has(kind) && nodeAt(node, "status", "completionTime") === undefined;
}

function checkObject({ node }: ObjectDefinition): readonly RuleFinding[] {
  const annotations = mapAt(node, "metadata", "annotations");
  const preset = annotations
    ? [...annotations.fields]
        .filter(([name]) => name.startsWith("chains.tekton.dev/"))
        .map(([name, field]) =>
          found(field.node, {
            message: `Tekton Chains reads ${name} as its own note about this run, and may pass over the run without signing it.`,
            fix: "Take the annotation out: only Chains writes it.",
          }),
        )
    : [];
  const manager = scalarAt(node, "spec", "managedBy");
  const isForeign = manager !== undefined && manager.text !== "tekton.dev/pipeline";
  const managed = isForeign
    ? [
        found(manager, {
          message: `The run is given to ${manager.text}: the controller of Tekton leaves it alone, and Chains does not see it.`,
          fix: "Take `managedBy` out.",
        }),
      ]
    : [];
  const specs = fieldsAt(node, "spec", "taskRunTemplate", "metadata", "annotations");
  return [
    ...preset,
    ...managed,
    ...specs
      .filter(([name]) => name.startsWith("chains.tekton.dev/"))
      .map(([name, at]) =>
        found(at, {
          message: `Runs made from this carry ${name}, which Tekton Chains takes for its own note.`,
          fix: "Take the annotation out.",
        }),
      ),
  ];
}
