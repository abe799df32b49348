import type { DefinitionSet, ObjectDefinition } from "../../../pipelines/definitions/definition.ts";
import {
  flagAt,
  mapAt,
  nodeAt,
  scalarAt,
  type MapNode,
  type ScalarNode,
  type SourceNode,
} from "../../../pipelines/definitions/source-node.ts";
import { configMaps } from "../../controller-config.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const retention: LintRule = {
  id: "retention",
  code: "CFG-13",
  severity: "medium",
  source: ["tektoncd/operator docs/TektonConfig.md, pruner", "tektoncd/pruner docs/tutorials/getting-started.md"],
  check: ({ set }) => (hasResults(set) ? [] : [...set.objects.flatMap(operatorPruner), ...pruners(set)]),
};

const DAYS_MIN = 30;
const MINUTES_MIN = DAYS_MIN * 24 * 60;
const SECONDS_MIN = MINUTES_MIN * 60;
const FIX = `Keep runs for ${DAYS_MIN} days, or install Tekton Results.`;

function hasResults({ objects }: DefinitionSet): boolean {
  return objects.some(
    ({ kind, node }) =>
      kind === "TektonResult" ||
      (kind === "TektonConfig" &&
        mapAt(node, "spec", "result") !== undefined &&
        flagAt(node, "spec", "result", "disabled") !== true),
  );
}

function operatorPruner({ kind, node }: ObjectDefinition): readonly RuleFinding[] {
  const pruner = kind === "TektonConfig" ? mapAt(node, "spec", "pruner") : undefined;
  if (!pruner || flagAt(pruner, "disabled") === true) return [];
  const keep = scalarAt(pruner, "keep");
  const since = scalarAt(pruner, "keep-since");
  if (keep) return [count(keep)];
  return since && Number(since.text) < MINUTES_MIN ? [age(since, `${since.text} minutes`)] : [];
}

/** The pruner of its own, whose settings stand as a text in a ConfigMap. */
function pruners(set: DefinitionSet): readonly RuleFinding[] {
  return configMaps(set, "tekton-pruner-default-spec").flatMap(({ get }) => {
    const nested = get("global-config")?.nested;
    return nested?.kind === "map" ? checkSpec(nested) : [];
  });
}

function checkSpec(spec: MapNode): readonly RuleFinding[] {
  const seconds = scalarAt(spec, "ttlSecondsAfterFinished");
  const limits = ["historyLimit", "successfulHistoryLimit", "failedHistoryLimit"].map((key) => nodeAt(spec, key));
  const limit = limits.find((node): node is ScalarNode => node?.kind === "scalar" && node.value !== null);
  return [
    ...(limit ? [count(limit)] : []),
    ...(seconds && Number(seconds.text) < SECONDS_MIN ? [age(seconds, `${seconds.text} seconds`)] : []),
  ];
}

function count(node: ScalarNode): RuleFinding {
  return found(node, {
    message: `Only the last ${node.text} runs are kept: after a busy hour nobody can say which run made a signature.`,
    fix: FIX,
  });
}

function age(node: SourceNode, what: string): RuleFinding {
  return found(node, {
    message: `Runs are kept for ${what}, less than the time in which a signature is looked into.`,
    fix: FIX,
  });
}
