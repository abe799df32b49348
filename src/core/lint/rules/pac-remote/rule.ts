import type { ObjectDefinition } from "../../../pipelines/definitions/definition.ts";
import { mapAt, placeInText, type ScalarNode } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const pacRemote: LintRule = {
  id: "pac-remote",
  code: "PIN-05",
  severity: "medium",
  source: ["tektoncd/pipelines-as-code docs/content/docs/guide/resolver.md, remote tasks"],
  check: ({ set }) => set.objects.flatMap(checkObject),
};

const ANNOTATION = /^pipelinesascode\.tekton\.dev\/(?:task|pipeline)(?:-\d+)?$/;

function checkObject({ node }: ObjectDefinition): readonly RuleFinding[] {
  const annotations = mapAt(node, "metadata", "annotations");
  return [...(annotations?.fields ?? [])]
    .filter(([name]) => ANNOTATION.test(name))
    .flatMap(([, { node: value }]) => (value.kind === "scalar" ? checkValue(value) : []));
}

function checkValue(value: ScalarNode): readonly RuleFinding[] {
  return [...value.text.matchAll(/[^\s,[\]"']+/g)]
    .filter(([entry]) => !isFixed(entry))
    .map((match) =>
      found(value, {
        at: placeInText(value, match.index),
        message: `${match[0].slice(0, 200)} is fetched for each run, and may be another thing tomorrow.`,
        fix: "Keep the definition in `.tekton/`, or give a URL that has the commit in it.",
      }),
    );
}

/** A path in the repository is of the same commit; a URL may have one in it. */
function isFixed(entry: string): boolean {
  if (/^https?:/.test(entry)) return /\b[0-9a-f]{40}\b/.test(entry);
  return /^\.{0,2}\/|\.ya?ml$/.test(entry);
}
