import type { MapNode, ScalarNode, SourceNode } from "./source-node.ts";

/** One object of a set of manifests: what it calls itself, and all of it. */
export type ObjectDefinition = {
  readonly kind: string;
  /** `tekton.dev`; empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Empty when it has none, such as a run with `generateName`. */
  readonly name: string;
  readonly namespace: string;
  readonly node: MapNode;
  /** The text is a template that an event fills (Pipelines-as-Code). */
  readonly isEventTemplate: boolean;
  /** The TriggerTemplate that holds this run. */
  readonly template?: ObjectDefinition;
};

/** What a reference says of the thing it means. `opaque` ones are not in the set that was read: nothing is known of their content. */
export type Reference = {
  readonly kind: "local" | "bundles" | "git" | "http" | "hub" | "cluster" | "remote" | "custom";
  /** The name of the thing meant, where the reference says one. */
  readonly name: string | undefined;
  readonly node: MapNode;
  /** Parameters of a resolver by name; a v1beta1 `bundle` counts as one. */
  readonly params: ReadonlyMap<string, SourceNode>;
};

export type ParamDeclaration = {
  readonly name: string;
  readonly type: "string" | "array" | "object";
  /** The caller chooses among values that the definition lists. */
  readonly isEnum: boolean;
  /** The run in which the definition stands gives the value, and leaves nobody a choice. */
  readonly isFixed?: true;
  readonly node: MapNode;
};

export type EnvVariable = { readonly name: string; readonly value: ScalarNode | undefined; readonly node: MapNode };

/** A mount of a step; `name` and `path` have the values of a StepAction's parameters in them. */
export type VolumeMount = { readonly name: string; readonly path: string; readonly node: MapNode };

/**
 * A step or sidecar as it would run: its own fields or those of its StepAction, over the stepTemplate (Tekton
 * `pkg/apis/pipeline/v1/merge.go`).
 */
export type Step = {
  readonly role: "step" | "sidecar";
  readonly name: string;
  /** As written in the Task. */
  readonly node: MapNode;
  /** Where its content is written: the node itself, or the StepAction's spec. */
  readonly body: MapNode;
  readonly origin: "inline" | "step-action" | "opaque";
  readonly reference?: Reference;
  readonly image?: ScalarNode;
  readonly script?: ScalarNode;
  readonly command: readonly ScalarNode[];
  readonly args: readonly ScalarNode[];
  readonly env: readonly EnvVariable[];
  readonly mounts: readonly VolumeMount[];
  readonly securityContext: readonly MapNode[];
  /** What the step gives its StepAction's parameters. */
  readonly values: ReadonlyMap<string, ScalarNode>;
};

export type Volume = { readonly name: string; readonly node: MapNode; readonly tokens: readonly TokenSource[] };

/** One `serviceAccountToken` source of a projected volume. */
export type TokenSource = {
  readonly node: MapNode;
  /** `undefined` when left out: the token is for the API server then. */
  readonly audience: ScalarNode | undefined;
  readonly lifetime: ScalarNode | undefined;
  readonly path: string;
};

/** The spec of a Task, wherever it is written. */
export type TaskUnit = {
  readonly name: string;
  readonly owner: ObjectDefinition;
  /** `task`: an object of its own; else embedded. */
  readonly written: "task" | "pipeline" | "run";
  readonly spec: MapNode;
  readonly params: ReadonlyMap<string, ParamDeclaration>;
  readonly results: ReadonlyMap<string, MapNode>;
  readonly steps: readonly Step[];
  readonly sidecars: readonly Step[];
  readonly volumes: readonly Volume[];
  readonly workspaces: readonly { readonly name: string; readonly readOnly: boolean; readonly node: MapNode }[];
  readonly stepTemplate?: MapNode;
};

export type StepActionUnit = {
  readonly name: string;
  readonly owner: ObjectDefinition;
  readonly spec: MapNode;
  readonly params: ReadonlyMap<string, ParamDeclaration>;
  readonly results: ReadonlyMap<string, MapNode>;
  readonly step: Step;
};

export type PipelineTask = {
  readonly name: string;
  readonly node: MapNode;
  readonly isFinally: boolean;
  readonly reference?: Reference;
  /** Embedded, or found in the set; `undefined` is opaque, or a custom task. */
  readonly task?: TaskUnit;
  readonly params: ReadonlyMap<string, SourceNode>;
  /** Workspace of the Task -> workspace of the Pipeline. */
  readonly workspaces: ReadonlyMap<string, string>;
  readonly isConditional: boolean;
  readonly continuesOnError: boolean;
  readonly runAfter: readonly string[];
  /** Results of other tasks that this one is given. */
  readonly uses: readonly { readonly task: string; readonly result: string; readonly scalar: ScalarNode }[];
};

export type PipelineUnit = {
  readonly name: string;
  readonly owner: ObjectDefinition;
  readonly spec: MapNode;
  readonly params: ReadonlyMap<string, ParamDeclaration>;
  readonly tasks: readonly PipelineTask[];
};

/** A PipelineRun or TaskRun, of its own or in a TriggerTemplate. */
export type RunUnit = {
  readonly kind: "PipelineRun" | "TaskRun";
  readonly owner: ObjectDefinition;
  readonly spec: MapNode;
  readonly account: ScalarNode | undefined;
  /** By task of the pipeline. */
  readonly accounts: ReadonlyMap<string, ScalarNode>;
  readonly podTemplates: readonly MapNode[];
  readonly reference?: Reference;
  readonly pipeline?: PipelineUnit;
  readonly task?: TaskUnit;
  readonly params: ReadonlyMap<string, SourceNode>;
};

/** All that was read, each thing once. */
export type DefinitionSet = {
  readonly objects: readonly ObjectDefinition[];
  readonly tasks: readonly TaskUnit[];
  readonly stepActions: readonly StepActionUnit[];
  readonly pipelines: readonly PipelineUnit[];
  readonly runs: readonly RunUnit[];
  readonly notes: readonly DefinitionNote[];
};

/** Something of the set that is not judged, and why. */
export type DefinitionNote = {
  readonly code: "removed-kind" | "no-kind";
  readonly message: string;
  readonly node: SourceNode;
};
