import type { ObjectDefinition } from "../../../pipelines/definitions/definition.ts";
import { pathOf, placeInText, scalarsIn, type ScalarNode } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import { taintedExpressions, taintedVariables, type Params } from "../../taint.ts";

/** Documented and tested by `rule.md` beside this file. */
export const eventInTemplate: LintRule = {
  id: "event-in-template",
  code: "INJ-04",
  severity: "high",
  source: [
    "boostsecurityio/poutine opa/rego/rules/injection.rego",
    "tektoncd/pipelines-as-code docs, dynamic variables",
    "tektoncd/triggers docs/triggertemplates.md",
  ],
  check: ({ set }) =>
    set.objects.filter((object) => object.isEventTemplate || object.template !== undefined).flatMap(checkObject),
};

/** Whatever a template declares, what it is given comes from the event. */
const NONE: Params = new Map();

function checkObject(object: ObjectDefinition): readonly RuleFinding[] {
  return [...scalarsIn(object.node)].flatMap((scalar) => {
    if (!/\$\(|\{\{/.test(scalar.text)) return [];
    const isCode = runs(scalar);
    const byEvent = isCode ? taintedVariables(scalar.text, NONE).filter(({ by }) => by === "event") : [];
    // Pipelines-as-Code replaces before the text is YAML: without quotes the value can end the scalar.
    const expressions = isCode || scalar.plain === true ? taintedExpressions(scalar.text) : [];
    return [...byEvent, ...expressions].map(({ offset, written, by }) =>
      found(scalar, {
        at: placeInText(scalar, offset),
        message: isCode
          ? `${written} is written by whoever sends the event, and becomes a part of what is run.`
          : `${written} is written by whoever sends the event, and stands unquoted in YAML: a line break or a colon in it changes the definition.`,
        fix: isCode
          ? 'Give it to the step by `params` and `env`, and write `"$NAME"` in the script.'
          : "Put it in double quotes.",
        ...(by === "unknown" && { verdict: "unknown" as const }),
      }),
    );
  });
}

/** `script`, `command` and `args` of a step. */
function runs(scalar: ScalarNode): boolean {
  return /(?:^|\.)(?:steps|sidecars)\[\d+\]\.(?:script$|command\[|args\[)/.test(pathOf(scalar));
}
