import { placeInText } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule } from "../../rule.ts";
import { taintedVariables } from "../../taint.ts";
import { inSigningPod } from "../../signing-pod.ts";

/** Documented and tested by `rule.md` beside this file. */
export const paramInScript: LintRule = {
  id: "param-in-script",
  code: "INJ-01",
  severity: "high",
  source: ["tektoncd/pipeline docs/stepactions.md, params in script", "tektoncd/pipeline docs/variables.md"],
  reach: "step",
  check: (scene) =>
    scene.bodies.flatMap((facts) =>
      facts.scripts.flatMap(({ scalar }) =>
        taintedVariables(scalar.text, facts.params)
          .filter(({ by }) => by !== "event")
          .map(({ offset, written }) =>
            found(scalar, {
              at: placeInText(scalar, offset),
              message: `${written} is put into the text of the script before it runs: a value such as \`x; curl …\` is code here.`,
              fix: 'Give it to the step as `env`, and write `"$NAME"` in the script.',
              ...(inSigningPod(facts, scene) && { severity: "critical" as const }),
            }),
          ),
      ),
    ),
};
