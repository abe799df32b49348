import { scalarAt, type ScalarNode } from "../../../pipelines/definitions/source-node.ts";
import { allReferences } from "../../references.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const retiredLocation: LintRule = {
  id: "retired-location",
  code: "PIN-06",
  severity: "medium",
  source: ["sigstore/cosign README.md, container images", "tektoncd/community, moving images off gcr.io"],
  check: ({ bodies, set }) => [
    ...bodies.flatMap(({ step }) => checkScalar(scalarAt(step.body, "image"))),
    ...set.tasks.flatMap(({ stepTemplate }) => checkScalar(scalarAt(stepTemplate, "image"))),
    ...allReferences(set).flatMap(({ params }) => {
      const named = params.get("bundle");
      return named?.kind === "scalar" ? checkScalar(named) : [];
    }),
  ],
};

/** Where things were, and where they are. */
const MOVED: readonly (readonly [string, string])[] = [
  ["gcr.io/projectsigstore/", "ghcr.io/sigstore/"],
  ["gcr.io/tekton-releases/", "ghcr.io/tektoncd/"],
  ["gcr.io/tekton-nightly/", "ghcr.io/tektoncd/"],
  ["k8s.gcr.io/", "registry.k8s.io/"],
  ["gcr.io/kaniko-project/", "an image that is maintained"],
];

function checkScalar(scalar: ScalarNode | undefined): readonly RuleFinding[] {
  const moved = MOVED.find(([from]) => scalar?.text.startsWith(from));
  if (!scalar || !moved) return [];
  return [
    found(scalar, {
      message: `${moved[0].slice(0, -1)} is no longer maintained: what is there is old, and what is new is elsewhere.`,
      fix: `Take it from ${moved[1].replace(/\/$/, "")}.`,
    }),
  ];
}
