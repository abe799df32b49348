import { eventTriggers, isBuiltIn, isFiltering } from "../../triggers.ts";
import { eventAnnotations } from "../../pac.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const unfilteredEvent: LintRule = {
  id: "unfiltered-event",
  code: "TRG-04",
  severity: "medium",
  source: [
    "tektoncd/triggers docs/interceptors.md, eventTypes and CEL filters",
    "tektoncd/pipelines-as-code docs, matching",
  ],
  check: (scene) => [...listeners(scene), ...templates(scene)],
};

function listeners({ set }: LintScene): readonly RuleFinding[] {
  return eventTriggers(set)
    .filter(({ interceptors }) => !interceptors.some(isFiltering))
    .map(({ node, name, interceptors, isOpen }) =>
      found(node, {
        message: `Trigger ${name} starts a run for every event, of any type and branch.`,
        fix: "Add `eventTypes`, or a CEL `filter` on the branch.",
        ...(isOpen || interceptors.some((one) => !isBuiltIn(one)) ? { verdict: "unknown" as const } : {}),
      }),
    );
}

/** Of Pipelines-as-Code: every branch. */
function templates({ set }: LintScene): readonly RuleFinding[] {
  return set.runs.flatMap(({ owner }) => {
    const event = eventAnnotations(owner);
    if (!event || event.cel !== undefined || event.branches === undefined) return [];
    if (!/\*/.test(event.branches.text.replaceAll(/[[\]\s"']/g, "").replaceAll(/[^,*]+\*|\*[^,*]+/g, ""))) return [];
    return [
      found(event.branches, {
        message: `The run starts for ${event.branches.text}, every branch that anybody makes.`,
        fix: "Name the protected branches.",
      }),
    ];
  });
}
