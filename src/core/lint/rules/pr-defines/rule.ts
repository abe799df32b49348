import { scalarAt, textAt } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const prDefines: LintRule = {
  id: "pr-defines",
  code: "TRG-02",
  severity: "high",
  source: ["tektoncd/pipelines-as-code docs/content/docs/guides/repository-crd, pipelinerun_provenance"],
  check: ({ set, accountUses, signingSteps }) => {
    const signsSomewhere = signingSteps.length > 0 || accountUses.some(({ signs }) => signs === true);
    return set.objects
      .filter(({ kind, group }) => kind === "Repository" && group === "pipelinesascode.tekton.dev")
      .filter(({ node }) => textAt(node, "spec", "settings", "pipelinerun_provenance") !== "default_branch")
      .map(({ node, name }) =>
        found(scalarAt(node, "spec", "settings", "pipelinerun_provenance") ?? node, {
          message: `The pipelines of ${name} are taken from the branch of the event: a pull request brings its own definition of what signs.`,
          fix: "Set `settings: { pipelinerun_provenance: default_branch }`.",
          ...(signsSomewhere ? {} : { verdict: "unknown" as const }),
        }),
      );
  },
};
