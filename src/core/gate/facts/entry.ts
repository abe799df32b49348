import { eventAnnotations } from "../../lint/pac.ts";
import type { LintScene } from "../../lint/scene.ts";
import type {
  ObjectDefinition,
  PipelineTask,
  PipelineUnit,
  Reference,
  RunUnit,
  TaskUnit,
} from "../../pipelines/definitions/definition.ts";
import type { readParams } from "../../pipelines/definitions/read-references.ts";
import { mapAt, textAt, type MapNode, type SourceNode } from "../../pipelines/definitions/source-node.ts";
import { pipelineDefaults } from "../../lint/controller-config.ts";
import { pipelineByReference, taskByReference, type FoundPipeline, type Revision } from "./revision.ts";

/** Anything that can start work: a run, or a Pipeline or Task that no run of the tree uses. */
export type Entry = {
  /** `PipelineRun release-`, `PipelineRun ci/release`: the same in every revision. */
  readonly id: string;
  /** The event that starts it, when it is started by one. */
  readonly trigger: string | undefined;
  readonly owner: ObjectDefinition;
  /** The Pipeline that a run refers to. */
  readonly pipelineOwner?: ObjectDefinition;
  readonly tasks: readonly EntryTask[];
  /** Values of the run. */
  readonly params: ReadonlyMap<string, SourceNode>;
  /** Declarations of the pipeline. */
  readonly declared: ReturnType<typeof readParams>;
  /** References from the entry down to its pipeline or task. */
  readonly references: readonly Reference[];
  readonly namespace: string;
  /** What it runs is not in sight. */
  readonly isOpaque: boolean;
};

/** One task of an entry. */
export type EntryTask = {
  readonly task: PipelineTask;
  readonly unit: TaskUnit | undefined;
  /** The scene that has read the unit. */
  readonly scene: LintScene;
  /** `undefined` where no run says so. */
  readonly account: string | undefined;
};

/** Everything in a revision that can start work. */
export function entriesOf(revision: Revision): readonly Entry[] {
  const { set } = revision.scene;
  const runs = set.runs.filter(({ owner }) => !isRecorded(owner)).map((run) => entryOfRun(run, revision));
  const usedPipelines = new Set(set.runs.map(({ pipeline }) => pipeline));
  const usedTasks = new Set([
    ...set.runs.map(({ task }) => task),
    ...set.pipelines.flatMap(({ tasks }) => tasks.map(({ task }) => task)),
  ]);
  const pipelines = set.pipelines
    .filter((pipeline) => pipeline.owner.kind === "Pipeline" && !usedPipelines.has(pipeline))
    .map((pipeline) => entryOfPipeline(pipeline, revision));
  const tasks = set.tasks
    .filter((task) => task.written === "task" && !usedTasks.has(task))
    .map((task) => entryOfTask(task, revision));
  return withOwnNames([...runs, ...pipelines, ...tasks]);
}

/** Runs with one `generateName` are told apart by their order. */
function withOwnNames(entries: readonly Entry[]): readonly Entry[] {
  const seen = new Map<string, number>();
  return entries.map((entry) => {
    const count = (seen.get(entry.id) ?? 0) + 1;
    seen.set(entry.id, count);
    return count === 1 ? entry : { ...entry, id: `${entry.id}#${count}` };
  });
}

/** What a cluster recorded starts nothing. */
function isRecorded({ node }: ObjectDefinition): boolean {
  return textAt(node, "status", "completionTime") !== undefined;
}

function entryOfRun(run: RunUnit, revision: Revision): Entry {
  const { owner, reference } = run;
  const tasks = tasksOfRun(run, revision);
  const pipeline = pipelineOfRun(run, revision)?.unit;
  return {
    id: titleOfRun(owner),
    trigger: triggerOf(owner),
    owner,
    ...(pipeline && { pipelineOwner: pipeline.owner }),
    tasks,
    params: run.params,
    declared: pipeline?.params ?? new Map(),
    references: reference ? [reference] : [],
    namespace: owner.namespace,
    isOpaque: run.kind === "PipelineRun" ? pipeline === undefined : tasks.every(({ unit }) => unit === undefined),
  };
}

function pipelineOfRun({ pipeline, reference }: RunUnit, revision: Revision): FoundPipeline | undefined {
  if (pipeline) return { unit: pipeline, scene: revision.scene };
  return reference && pipelineByReference(reference, revision);
}

function tasksOfRun(run: RunUnit, revision: Revision): readonly EntryTask[] {
  const shared = run.account?.text ?? defaultAccount(revision);
  if (run.kind === "TaskRun") return [singleTask(run.spec, { revision, account: shared, run })];
  const { unit, scene } = pipelineOfRun(run, revision) ?? {};
  return (unit?.tasks ?? []).map((task) =>
    toEntryTask(task, {
      scene: scene ?? revision.scene,
      revision,
      account: run.accounts.get(task.name)?.text ?? shared,
    }),
  );
}

function entryOfPipeline(pipeline: PipelineUnit, revision: Revision): Entry {
  return {
    id: titleOf("Pipeline", pipeline.owner.namespace, pipeline.name),
    trigger: undefined,
    owner: pipeline.owner,
    tasks: pipeline.tasks.map((task) => toEntryTask(task, { scene: revision.scene, revision, account: undefined })),
    params: new Map(),
    declared: pipeline.params,
    references: [],
    namespace: pipeline.owner.namespace,
    isOpaque: false,
  };
}

function entryOfTask(unit: TaskUnit, revision: Revision): Entry {
  return {
    id: titleOf("Task", unit.owner.namespace, unit.name),
    trigger: undefined,
    owner: unit.owner,
    tasks: [{ task: pseudoTask(unit.name, unit.spec, unit), unit, scene: revision.scene, account: undefined }],
    params: new Map(),
    declared: unit.params,
    references: [],
    namespace: unit.owner.namespace,
    isOpaque: false,
  };
}

type Around = {
  readonly scene: LintScene;
  readonly revision: Revision;
  readonly account: string | undefined;
};

function toEntryTask(task: PipelineTask, { scene, revision, account }: Around): EntryTask {
  const found = task.task || !task.reference ? undefined : taskByReference(task.reference, revision);
  return { task, unit: task.task ?? found?.unit, scene: found?.scene ?? scene, account };
}

type OfRun = { readonly revision: Revision; readonly account: string; readonly run: RunUnit };

function singleTask(spec: MapNode, { revision, account, run }: OfRun): EntryTask {
  const found = run.task || !run.reference ? undefined : taskByReference(run.reference, revision);
  const unit = run.task ?? found?.unit;
  const task = { ...pseudoTask(unit?.name ?? run.reference?.name ?? "", spec, unit), params: run.params };
  return {
    task: run.reference ? { ...task, reference: run.reference } : task,
    unit,
    scene: found?.scene ?? revision.scene,
    account,
  };
}

/** A Task that runs by itself, in the form of the only task of a pipeline. */
function pseudoTask(name: string, node: MapNode, unit: TaskUnit | undefined): PipelineTask {
  return {
    name,
    // Not the spec itself, whose `params` and `when` are not those of a pipeline's task.
    node: { ...node, fields: new Map() },
    isFinally: false,
    ...(unit && { task: unit }),
    params: new Map(),
    workspaces: new Map(),
    isConditional: false,
    continuesOnError: false,
    runAfter: [],
    uses: [],
  };
}

function defaultAccount({ scene }: Revision): string {
  const settings = pipelineDefaults(scene.set).map(({ get }) => get("default-service-account")?.text);
  return settings.find((name) => name !== undefined) ?? "default";
}

/** `PipelineRun ci/release-`, with the template that makes it. */
export function titleOfRun({ kind, name, namespace, node, template }: ObjectDefinition): string {
  const own = name === "" ? (textAt(node, "metadata", "generateName") ?? "") : name;
  const home = template ? `TriggerTemplate ${template.name}: ` : "";
  return `${home}${titleOf(kind, namespace, own)}`;
}

function titleOf(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}

function triggerOf(owner: ObjectDefinition): string | undefined {
  const { events, branches, cel, comment } = eventAnnotations(owner) ?? {};
  const parts = [events, branches, cel, comment].map((one) => one?.text ?? "");
  if (parts.some((part) => part !== "")) return parts.join("|");
  return owner.template && mapAt(owner.template.node, "spec") ? `template ${owner.template.name}` : undefined;
}
