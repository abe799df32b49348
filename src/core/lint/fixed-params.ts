import type {
  DefinitionSet,
  ParamDeclaration,
  PipelineUnit,
  RunUnit,
  TaskUnit,
} from "../pipelines/definitions/definition.ts";
import { scalarAt, type MapNode, type SourceNode } from "../pipelines/definitions/source-node.ts";
import { taintsOf, type Params } from "./taint.ts";

/** Of tasks and pipelines that stand in a run: their parameters, with those marked that nobody but the run's author chooses. */
export type FixedParams = ReadonlyMap<TaskUnit | PipelineUnit, Params>;

/**
 * Follows the values of a run into the specs that are written in it. Such a spec has no other caller, so a parameter that
 * the run gives words, or an expression that no sender of an event chooses, holds nothing of a stranger's.
 */
export function fixedParamsOf({ runs }: Pick<DefinitionSet, "runs">): FixedParams {
  const found = new Map<TaskUnit | PipelineUnit, Params>();
  for (const run of runs) {
    // What a TriggerTemplate makes has its values from events, and its reader has no names for them.
    if (run.owner.template) continue;
    const given = fixedValues(run.params, new Map());
    if (run.task && isWithin(run, run.task)) found.set(run.task, marked(run.task, given));
    if (run.pipeline && isWithin(run, run.pipeline)) followPipeline(run.pipeline, given, found);
  }
  return found;
}

function isWithin(run: RunUnit, { owner }: TaskUnit | PipelineUnit): boolean {
  return owner === run.owner;
}

type Given = { readonly fixed: ReadonlySet<string>; readonly free: ReadonlySet<string> };

function followPipeline(pipeline: PipelineUnit, given: Given, found: Map<TaskUnit | PipelineUnit, Params>): void {
  const params = marked(pipeline, given);
  found.set(pipeline, params);
  for (const { task, params: values } of pipeline.tasks) {
    if (!task || task.owner !== pipeline.owner) continue;
    const own = fixedValues(values, params);
    // What a task is not given it has from the pipeline: parameters of embedded specs propagate.
    const above = [...params.values()].filter((param) => param.isFixed === true && !own.free.has(param.name));
    found.set(task, marked(task, { fixed: new Set([...own.fixed, ...above.map(({ name }) => name)]), free: own.free }));
  }
}

/** The names that get a value without a stranger's words in it, and those that get another. */
function fixedValues(values: ReadonlyMap<string, SourceNode>, around: Params): Given {
  const fixed = new Set<string>();
  const free = new Set<string>();
  for (const [name, value] of values) (isFixed(value, around) ? fixed : free).add(name);
  return { fixed, free };
}

function isFixed(value: SourceNode, around: Params): boolean {
  return value.kind === "scalar" && taintsOf(value.text, around).length === 0;
}

/** Declarations with the mark; one that is given nothing has its default. What is given and not declared is added. */
function marked({ params, spec }: { readonly params: Params; readonly spec: MapNode }, { fixed, free }: Given): Params {
  const own = [...params.values()].map((declared): [string, ParamDeclaration] => {
    const { name, node } = declared;
    const byDefault = !free.has(name) && scalarAt(node, "default") !== undefined;
    return [name, fixed.has(name) || byDefault ? { ...declared, isFixed: true } : declared];
  });
  const propagated = [...fixed]
    .filter((name) => !params.has(name))
    .map((name): [string, ParamDeclaration] => [
      name,
      { name, type: "string", isEnum: false, isFixed: true, node: spec },
    ]);
  return new Map([...own, ...propagated]);
}
