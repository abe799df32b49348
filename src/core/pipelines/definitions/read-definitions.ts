import type { DefinitionNote, DefinitionSet, ObjectDefinition, PipelineUnit, RunUnit } from "./definition.ts";
import { readPipelineSpec, readRun, type Known } from "./read-pipeline.ts";
import { resolvableOf } from "./read-references.ts";
import { maps, readStepAction, readTaskSpec, type StepActions } from "./read-task.ts";
import { itemsAt, mapAt, textAt, type MapNode, type SourceDocument } from "./source-node.ts";

/** Objects of one set; more is no set that somebody wrote. */
const OBJECTS_MAX = 200_000;

/**
 * Reads documents into definitions, and finds what they refer to among each other. Never throws. Those of files for which
 * `isGiven` holds stand for what resolvers would fetch from elsewhere.
 */
export function readDefinitions(
  documents: readonly SourceDocument[],
  isGiven: (path: string) => boolean = () => false,
): DefinitionSet {
  const notes: DefinitionNote[] = [];
  const all = documents.flatMap((document) => objectsOf(document, notes)).slice(0, OBJECTS_MAX);
  const objects = [...all, ...all.flatMap(templatesOf)];
  const ofKind = (...kinds: readonly string[]): readonly (readonly [ObjectDefinition, MapNode])[] =>
    objects.flatMap((object) => {
      const spec = isTekton(object) && kinds.includes(object.kind) ? mapAt(object.node, "spec") : undefined;
      return spec ? [[object, spec] as const] : [];
    });
  const stepActions = ofKind("StepAction").map(([owner, spec]) => readStepAction(spec, owner));
  const actions: StepActions = {
    near: new Map(stepActions.map((action) => [action.name, action])),
    resolvable: resolvableOf(stepActions, isGiven),
  };
  const ownTasks = ofKind("Task", "ClusterTask").map(([owner, spec]) =>
    readTaskSpec(spec, { name: owner.name, owner, written: "task" }, actions),
  );
  const known: Known = {
    actions,
    tasks: new Map(ownTasks.map((task) => [task.name, task])),
    pipelines: new Map(),
    resolvable: { tasks: resolvableOf(ownTasks, isGiven), pipelines: resolvableOf<PipelineUnit>([], isGiven) },
    embedded: { tasks: [], pipelines: [] },
  };
  const ownPipelines = ofKind("Pipeline").map(([owner, spec]) =>
    readPipelineSpec(spec, { name: owner.name, owner }, known),
  );
  const withPipelines = {
    ...known,
    pipelines: new Map(ownPipelines.map((pipeline) => [pipeline.name, pipeline])),
    resolvable: { ...known.resolvable, pipelines: resolvableOf(ownPipelines, isGiven) },
  };
  const runs = ofKind("PipelineRun", "TaskRun").map(([owner, spec]): RunUnit => readRun(owner, spec, withPipelines));
  return {
    objects,
    tasks: [...ownTasks, ...known.embedded.tasks],
    stepActions,
    pipelines: [...ownPipelines, ...known.embedded.pipelines],
    runs,
    notes,
  };
}

function isTekton({ group }: ObjectDefinition): boolean {
  return group === "tekton.dev";
}

function objectsOf({ root, isEventTemplate }: SourceDocument, notes: DefinitionNote[]): readonly ObjectDefinition[] {
  if (root.kind !== "map") {
    const isEmpty = root.kind === "scalar" && root.value === null;
    if (!isEmpty)
      notes.push({ code: "no-kind", message: "The document is no object, so nothing in it is judged.", node: root });
    return [];
  }
  const kind = textAt(root, "kind");
  if (kind === undefined) {
    if (isFulcioConfig(root)) return [toObject(root, "FulcioConfig", isEventTemplate)];
    notes.push({ code: "no-kind", message: "The document has no kind, so nothing in it is judged.", node: root });
    return [];
  }
  if (kind.endsWith("List") && itemsAt(root, "items").length > 0) {
    return itemsAt(root, "items").flatMap((item) => objectsOf({ root: item, isEventTemplate }, notes));
  }
  const object = toObject(root, kind, isEventTemplate);
  if (isRemoved(object)) {
    const message = `Tekton no longer has ${kind} of ${object.group}/${object.version}, so clusters of today refuse it.`;
    notes.push({ code: "removed-kind", message, node: root });
  }
  return [object];
}

function toObject(node: MapNode, kind: string, isEventTemplate: boolean): ObjectDefinition {
  const [version = "", group = ""] = (textAt(node, "apiVersion") ?? "").split("/").toReversed();
  const name = textAt(node, "metadata", "name") ?? "";
  const namespace = textAt(node, "metadata", "namespace") ?? "";
  return { kind, group, version, name, namespace, node, isEventTemplate };
}

function isRemoved({ kind, group, version }: ObjectDefinition): boolean {
  if (group !== "tekton.dev") return false;
  const isOld = version === "v1alpha1" && ["Task", "TaskRun", "Pipeline", "PipelineRun"].includes(kind);
  return kind === "ClusterTask" || kind === "PipelineResource" || kind === "Condition" || isOld;
}

/** Fulcio's configuration file is a document without a kind. */
function isFulcioConfig(root: MapNode): boolean {
  return ["oidc-issuers", "meta-issuers", "OIDCIssuers", "MetaIssuers"].some((key) => root.fields.has(key));
}

/** The runs that a TriggerTemplate makes. */
function templatesOf(object: ObjectDefinition): readonly ObjectDefinition[] {
  if (object.kind !== "TriggerTemplate") return [];
  return maps(object.node, "spec", "resourcetemplates").map((node: MapNode) => {
    const made = toObject(node, textAt(node, "kind") ?? "", object.isEventTemplate);
    return { ...made, template: object };
  });
}
