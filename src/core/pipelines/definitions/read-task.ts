import type {
  EnvVariable,
  ObjectDefinition,
  Reference,
  Step,
  StepActionUnit,
  TaskUnit,
  TokenSource,
  Volume,
  VolumeMount,
} from "./definition.ts";
import { namedMaps, readParams, readReference, readValues, resolve, type Resolvable } from "./read-references.ts";
import {
  flagAt,
  itemsAt,
  mapAt,
  scalarAt,
  scalarsAt,
  textAt,
  type MapNode,
  type ScalarNode,
  type SourceNode,
} from "./source-node.ts";

export type TaskHome = Pick<TaskUnit, "name" | "owner" | "written">;
/** Those of the set by name, and those that stand for what resolvers would fetch. */
export type StepActions = {
  readonly near: ReadonlyMap<string, StepActionUnit>;
  readonly resolvable: Resolvable<StepActionUnit>;
};
const NO_ACTIONS: StepActions = { near: new Map(), resolvable: { byName: new Map(), byPath: [] } };

/** Reads the spec of a Task with its steps as they would run. */
export function readTaskSpec(spec: MapNode, home: TaskHome, actions: StepActions): TaskUnit {
  const stepTemplate = mapAt(spec, "stepTemplate");
  const steps = maps(spec, "steps").map((node, i) => readStep(node, { role: "step", index: i, stepTemplate, actions }));
  const sidecars = maps(spec, "sidecars").map((node, i) => readStep(node, { role: "sidecar", index: i, actions }));
  return {
    ...home,
    spec,
    params: readParams(spec),
    results: namedMaps(spec, "results"),
    steps,
    sidecars,
    volumes: readVolumes(spec),
    workspaces: maps(spec, "workspaces").map((node) => ({
      name: textAt(node, "name") ?? "",
      readOnly: flagAt(node, "readOnly") === true,
      node,
    })),
    ...(stepTemplate && { stepTemplate }),
  };
}

/** Reads a StepAction, whose spec is a step. */
export function readStepAction(spec: MapNode, owner: ObjectDefinition): StepActionUnit {
  const step = readStep(spec, { role: "step", index: 0, actions: NO_ACTIONS });
  return {
    name: owner.name,
    owner,
    spec,
    params: readParams(spec),
    results: namedMaps(spec, "results"),
    step: { ...step, name: owner.name },
  };
}

type Around = {
  readonly role: Step["role"];
  readonly index: number;
  readonly stepTemplate?: MapNode | undefined;
  readonly actions: StepActions;
};

function readStep(node: MapNode, { role, index, stepTemplate, actions }: Around): Step {
  const reference = readReference(mapAt(node, "ref"));
  const action = reference && findAction(reference, actions);
  const body = action?.spec ?? node;
  const values = new Map([
    ...defaultsOf(action),
    ...readValues(node).flatMap(([name, value]) => scalarPair(name, value)),
  ]);
  const contexts = [mapAt(body, "securityContext"), mapAt(stepTemplate, "securityContext")];
  return {
    role,
    name: textAt(node, "name") ?? `unnamed-${index}`,
    node,
    body,
    origin: originOf(reference !== undefined, action !== undefined),
    ...(reference && { reference }),
    ...readContent(body, stepTemplate),
    mounts: [...readMounts(body, values), ...readMounts(stepTemplate, values)],
    securityContext: contexts.filter((context) => context !== undefined),
    values,
  };
}

function findAction(reference: Reference, { near, resolvable }: StepActions): StepActionUnit | undefined {
  return reference.kind === "local" ? near.get(reference.name ?? "") : resolve(reference, resolvable);
}

type Content = Pick<Step, "image" | "script" | "command" | "args" | "env">;

/** A step's own fields; those of the stepTemplate where it has none. */
function readContent(body: MapNode, stepTemplate: MapNode | undefined): Content {
  const image = scalarAt(body, "image") ?? scalarAt(stepTemplate, "image");
  const script = scalarAt(body, "script");
  const own = { command: scalarsAt(body, "command"), args: scalarsAt(body, "args"), env: readEnv(body) };
  const names = new Set(own.env.map(({ name }) => name));
  return {
    ...(image && { image }),
    ...(script && { script }),
    command: own.command.length > 0 ? own.command : scalarsAt(stepTemplate, "command"),
    args: own.args.length > 0 ? own.args : scalarsAt(stepTemplate, "args"),
    env: [...own.env, ...readEnv(stepTemplate).filter(({ name }) => !names.has(name))],
  };
}

function originOf(isReference: boolean, isFound: boolean): Step["origin"] {
  if (!isReference) return "inline";
  return isFound ? "step-action" : "opaque";
}

function defaultsOf(action: StepActionUnit | undefined): readonly (readonly [string, ScalarNode])[] {
  return [...(action?.params.values() ?? [])].flatMap(({ name, node }) => {
    const value = scalarAt(node, "default");
    return value ? [[name, value] as const] : [];
  });
}

function scalarPair(name: string, value: SourceNode): readonly (readonly [string, ScalarNode])[] {
  return value.kind === "scalar" ? [[name, value]] : [];
}

function readEnv(body: MapNode | undefined): readonly EnvVariable[] {
  return maps(body, "env").map((node) => ({
    name: textAt(node, "name") ?? "",
    value: scalarAt(node, "value"),
    node,
  }));
}

function readMounts(body: MapNode | undefined, values: ReadonlyMap<string, ScalarNode>): readonly VolumeMount[] {
  return maps(body, "volumeMounts").map((node) => ({
    name: fillIn(textAt(node, "name") ?? "", values),
    path: fillIn(textAt(node, "mountPath") ?? "", values),
    node,
  }));
}

/** Puts the values that a step gives into the text of its StepAction; what is not given stays as written. */
export function fillIn(text: string, values: ReadonlyMap<string, ScalarNode>): string {
  if (values.size === 0 || !text.includes("$(params")) return text;
  return text.replaceAll(
    /\$\(params(?:\.([\w-]+)|\[["']([^"']+)["']\])\)/g,
    (whole, dotted?: string, quoted?: string) => {
      return values.get(dotted ?? quoted ?? "")?.text ?? whole;
    },
  );
}

function readVolumes(spec: MapNode): readonly Volume[] {
  return maps(spec, "volumes").map((node) => ({
    name: textAt(node, "name") ?? "",
    node,
    tokens: readTokens(node),
  }));
}

/** The token sources of anything with a `projected` volume: a volume, or the binding of a workspace. */
export function readTokens(node: SourceNode): readonly TokenSource[] {
  return itemsAt(node, "projected", "sources").flatMap((source) => {
    const token = mapAt(source, "serviceAccountToken");
    if (!token) return [];
    const path = textAt(token, "path") ?? "";
    return [
      { node: token, audience: scalarAt(token, "audience"), lifetime: scalarAt(token, "expirationSeconds"), path },
    ];
  });
}

export function maps(node: SourceNode | undefined, ...keys: readonly string[]): readonly MapNode[] {
  return itemsAt(node, ...keys).filter((item): item is MapNode => item.kind === "map");
}
