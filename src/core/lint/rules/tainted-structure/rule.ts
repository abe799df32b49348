import type { DefinitionSet } from "../../../pipelines/definitions/definition.ts";
import { placeInText, scalarAt, type ScalarNode } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";
import { taintsOf, type Params } from "../../taint.ts";

/** Documented and tested by `rule.md` beside this file. */
export const taintedStructure: LintRule = {
  id: "tainted-structure",
  code: "INJ-07",
  severity: "medium",
  source: [
    "tektoncd/pipeline docs/variables.md, fields that accept variables",
    "tektoncd/pipeline docs/security/threat-model.md",
  ],
  reach: "step",
  check: ({ bodies, set }) => [...bodies.flatMap(checkStep), ...referencesOf(set)],
};

function checkStep({ step, task, params }: StepFacts): readonly RuleFinding[] {
  const mounts = step.mounts.flatMap(({ node }) => [
    // The name of a volume in a StepAction has to be a parameter.
    ...(task ? [scalarAt(node, "name")] : []),
    scalarAt(node, "mountPath"),
    scalarAt(node, "subPath"),
  ]);
  const fields: readonly (readonly [string, ScalarNode | undefined])[] = [
    ["the image that runs", step.image],
    ["the folder in which it runs", scalarAt(step.body, "workingDir")],
    ...mounts.map((mount) => ["what is mounted", mount] as const),
  ];
  return fields.flatMap(([what, scalar]) => (scalar ? checkScalar(scalar, params, what) : []));
}

function referencesOf({ pipelines, runs }: DefinitionSet): readonly RuleFinding[] {
  const inPipelines = pipelines.flatMap(({ tasks, params }) =>
    tasks.flatMap(({ reference }) =>
      [...(reference?.params.values() ?? [])].flatMap((value) =>
        value.kind === "scalar" ? checkScalar(value, params, "which definition runs") : [],
      ),
    ),
  );
  const inRuns = runs.flatMap(({ account, accounts }) =>
    [account, ...accounts.values()].flatMap((scalar) =>
      scalar ? checkScalar(scalar, new Map(), "the account it runs as") : [],
    ),
  );
  return [...inPipelines, ...inRuns];
}

function checkScalar(scalar: ScalarNode, params: Params, what: string): readonly RuleFinding[] {
  const [taint] = taintsOf(scalar.text, params);
  if (!taint) return [];
  return [
    found(scalar, {
      at: placeInText(scalar, taint.offset),
      message: `${taint.written} lets its caller choose ${what}.`,
      fix: "Write it out, or declare the values it may have with `enum`.",
      ...(taint.by === "unknown" && { verdict: "unknown" as const }),
    }),
  ];
}
