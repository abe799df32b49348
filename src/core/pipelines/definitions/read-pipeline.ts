import type { ObjectDefinition, PipelineTask, PipelineUnit, RunUnit, TaskUnit } from "./definition.ts";
import { readParams, readReference, readValues, resolve, type Resolvable } from "./read-references.ts";
import { maps, readTaskSpec, type StepActions } from "./read-task.ts";
import {
  itemsAt,
  mapAt,
  scalarAt,
  scalarsAt,
  scalarsIn,
  textAt,
  type MapNode,
  type SourceNode,
} from "./source-node.ts";
import { scanVariables } from "./variables.ts";

/** What is known while pipelines and runs are read: references are looked up here. */
export type Known = {
  readonly actions: StepActions;
  readonly tasks: ReadonlyMap<string, TaskUnit>;
  readonly pipelines: ReadonlyMap<string, PipelineUnit>;
  /** What stands for that which resolvers would fetch. */
  readonly resolvable: { readonly tasks: Resolvable<TaskUnit>; readonly pipelines: Resolvable<PipelineUnit> };
  /** Embedded specs are added as they are met. */
  readonly embedded: { readonly tasks: TaskUnit[]; readonly pipelines: PipelineUnit[] };
};

/** Reads the spec of a Pipeline with the Tasks that its tasks mean. */
export function readPipelineSpec(
  spec: MapNode,
  home: { name: string; owner: ObjectDefinition },
  known: Known,
): PipelineUnit {
  const read = (key: string, isFinally: boolean): readonly PipelineTask[] =>
    maps(spec, key).map((node) => readPipelineTask(node, { isFinally, owner: home.owner, known }));
  return { ...home, spec, params: readParams(spec), tasks: [...read("tasks", false), ...read("finally", true)] };
}

type Around = { readonly isFinally: boolean; readonly owner: ObjectDefinition; readonly known: Known };

function readPipelineTask(node: MapNode, { isFinally, owner, known }: Around): PipelineTask {
  const name = textAt(node, "name") ?? "";
  const reference = readReference(mapAt(node, "taskRef"));
  const task =
    readEmbedded(mapAt(node, "taskSpec"), { name, owner, known, written: "pipeline" }) ?? findTask(reference, known);
  return {
    name,
    node,
    isFinally,
    ...(reference && { reference }),
    ...(task && { task }),
    params: new Map([...readValues(node), ...readValues(mapAt(node, "matrix"))]),
    workspaces: new Map(
      maps(node, "workspaces").map((bound) => {
        const inTask = textAt(bound, "name") ?? "";
        return [inTask, textAt(bound, "workspace") ?? inTask] as const;
      }),
    ),
    isConditional: itemsAt(node, "when").length > 0,
    continuesOnError: textAt(node, "onError") === "continue",
    runAfter: scalarsAt(node, "runAfter").map(({ text }) => text),
    uses: usesOf(node),
  };
}

function findTask(reference: PipelineTask["reference"], known: Known): TaskUnit | undefined {
  if (!reference) return undefined;
  const isNear = reference.kind === "local" || reference.kind === "cluster";
  return (isNear ? known.tasks.get(reference.name ?? "") : undefined) ?? resolve(reference, known.resolvable.tasks);
}

type Home = {
  readonly name: string;
  readonly owner: ObjectDefinition;
  readonly known: Known;
  readonly written: TaskUnit["written"];
};

function readEmbedded(spec: MapNode | undefined, { known, ...home }: Home): TaskUnit | undefined {
  // A custom task has a spec of its own kind.
  if (!spec || !(textAt(spec, "apiVersion") ?? "tekton.dev/").startsWith("tekton.dev/")) return undefined;
  const task = readTaskSpec(spec, home, known.actions);
  known.embedded.tasks.push(task);
  return task;
}

function usesOf(node: SourceNode): PipelineTask["uses"] {
  return [...scalarsIn(node)].flatMap((scalar) =>
    scanVariables(scalar.text).flatMap(({ names: [root, task, results, result] }) =>
      root === "tasks" && results === "results" && task !== undefined && result !== undefined
        ? [{ task, result, scalar }]
        : [],
    ),
  );
}

/** Reads a PipelineRun or TaskRun, v1 or v1beta1. */
export function readRun(owner: ObjectDefinition, spec: MapNode, known: Known): RunUnit {
  const kind = owner.kind === "TaskRun" ? "TaskRun" : "PipelineRun";
  const specs = maps(spec, "taskRunSpecs");
  const account = scalarAt(spec, "taskRunTemplate", "serviceAccountName") ?? scalarAt(spec, "serviceAccountName");
  const reference = readReference(mapAt(spec, kind === "TaskRun" ? "taskRef" : "pipelineRef"));
  const home = { name: owner.name, owner, known, written: "run" } as const;
  const pipeline = kind === "PipelineRun" ? readRunPipeline(spec, { owner, reference, known }) : undefined;
  const task =
    kind === "TaskRun" ? (readEmbedded(mapAt(spec, "taskSpec"), home) ?? findTask(reference, known)) : undefined;
  const podTemplates = [
    mapAt(spec, "podTemplate"),
    mapAt(spec, "taskRunTemplate", "podTemplate"),
    ...specs.flatMap((one) => [mapAt(one, "podTemplate"), mapAt(one, "taskPodTemplate")]),
  ];
  return {
    kind,
    owner,
    spec,
    account,
    accounts: new Map(
      specs.flatMap((one) => {
        const name = textAt(one, "pipelineTaskName");
        const own = scalarAt(one, "serviceAccountName") ?? scalarAt(one, "taskServiceAccountName");
        return name !== undefined && own ? [[name, own] as const] : [];
      }),
    ),
    podTemplates: podTemplates.filter((template) => template !== undefined),
    ...(reference && { reference }),
    ...(pipeline && { pipeline }),
    ...(task && { task }),
    params: new Map(readValues(spec)),
  };
}

type RunHome = {
  readonly owner: ObjectDefinition;
  readonly reference: RunUnit["reference"];
  readonly known: Known;
};

function readRunPipeline(spec: MapNode, { owner, reference, known }: RunHome): PipelineUnit | undefined {
  const embedded = mapAt(spec, "pipelineSpec");
  if (!embedded) {
    if (!reference) return undefined;
    const isNear = reference.kind === "local" || reference.kind === "cluster";
    const near = isNear ? known.pipelines.get(reference.name ?? "") : undefined;
    return near ?? resolve(reference, known.resolvable.pipelines);
  }
  const pipeline = readPipelineSpec(embedded, { name: owner.name, owner }, known);
  known.embedded.pipelines.push(pipeline);
  return pipeline;
}
