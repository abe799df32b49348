import { pathOf, placeInText, scalarsIn } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule } from "../../rule.ts";
import { taintsOf } from "../../taint.ts";

/** Documented and tested by `rule.md` beside this file. */
export const eventChoosesIdentity: LintRule = {
  id: "event-chooses-identity",
  code: "TRG-05",
  severity: "high",
  source: ["tektoncd/triggers docs/triggertemplates.md", "tektoncd/pipelines-as-code docs, dynamic variables"],
  check: ({ set }) =>
    set.objects
      .filter(({ template, isEventTemplate }) => template !== undefined || isEventTemplate)
      .flatMap(({ node }) => [...scalarsIn(node)])
      .filter((scalar) => /\$\(|\{\{/.test(scalar.text) && CHOOSES.test(pathOf(scalar)))
      .flatMap((scalar) =>
        taintsOf(scalar.text, new Map())
          .filter(({ by }) => by !== "caller")
          .map(({ offset, written, by }) =>
            found(scalar, {
              at: placeInText(scalar, offset),
              message: `${written} comes from the event, and chooses as whom, where or by which definition the run works.`,
              fix: "Write it out.",
              ...(by === "unknown" && { verdict: "unknown" as const }),
            }),
          ),
      ),
};

const CHOOSES =
  /(?:^|\.)(?:serviceAccountName|taskServiceAccountName)$|(?:^|\.)(?:taskRef|pipelineRef|ref)\.|(?:^|\.)metadata\.namespace$/;
