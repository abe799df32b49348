import type { ParamDeclaration, Reference } from "./definition.ts";
import { fieldsAt, itemsAt, mapAt, scalarAt, textAt, type MapNode, type SourceNode } from "./source-node.ts";

const RESOLVERS = ["bundles", "git", "http", "hub", "cluster"] as const;

/** Reads `taskRef`, `pipelineRef` or a step's `ref`. */
export function readReference(node: MapNode | undefined): Reference | undefined {
  if (!node) return undefined;
  const params = new Map(readValues(node));
  const bundle = scalarAt(node, "bundle");
  if (bundle) return { kind: "bundles", name: textAt(node, "name"), node, params: new Map([["bundle", bundle]]) };
  const resolver = textAt(node, "resolver");
  if (resolver === undefined) {
    const isTekton = (textAt(node, "apiVersion") ?? "tekton.dev/").startsWith("tekton.dev/");
    return { kind: isTekton ? "local" : "custom", name: textAt(node, "name"), node, params };
  }
  const kind = RESOLVERS.find((known) => known === resolver) ?? "remote";
  return { kind, name: textAt(params.get("name")), node, params };
}

/** `params: [{name, value}]` by name. */
export function readValues(node: SourceNode | undefined): readonly (readonly [string, SourceNode])[] {
  return itemsAt(node, "params").flatMap((param) => {
    const name = textAt(param, "name");
    const value = param.kind === "map" ? param.fields.get("value")?.node : undefined;
    return name !== undefined && value ? [[name, value] as const] : [];
  });
}

/** The parameters that a Task, StepAction or Pipeline declares. */
export function readParams(spec: SourceNode): ReadonlyMap<string, ParamDeclaration> {
  // v1alpha1 and early v1beta1 had them under `inputs`.
  const declared = [...itemsAt(spec, "params"), ...itemsAt(spec, "inputs", "params")];
  return new Map(
    declared.flatMap((node) => {
      const name = textAt(node, "name");
      if (name === undefined || node.kind !== "map") return [];
      const isEnum = itemsAt(node, "enum").length > 0;
      return [[name, { name, type: typeOf(node), isEnum, node }] as const];
    }),
  );
}

function typeOf(node: MapNode): ParamDeclaration["type"] {
  const type = textAt(node, "type");
  if (type === "array" || (type === undefined && itemsAt(node, "default").length > 0)) return "array";
  return type === "object" || fieldsAt(node, "properties").length > 0 || mapAt(node, "default") ? "object" : "string";
}

/** Maps of a list below, by their `name`. */
export function namedMaps(spec: SourceNode, key: string): ReadonlyMap<string, MapNode> {
  return new Map(
    itemsAt(spec, key).flatMap((node) => {
      const name = textAt(node, "name");
      return name !== undefined && node.kind === "map" ? [[name, node] as const] : [];
    }),
  );
}

/** Definitions that stand for what resolvers would fetch, by name and by the path of their file. */
export type Resolvable<T> = {
  readonly byName: ReadonlyMap<string, T>;
  readonly byPath: readonly (readonly [string, T])[];
};

/** What is in the folder that was given for a resolver, of those whose file the given test takes. */
export function resolvableOf<T extends { readonly name: string; readonly owner: { readonly node: MapNode } }>(
  units: readonly T[],
  isGiven: (path: string) => boolean,
): Resolvable<T> {
  const given = units.filter(({ owner }) => isGiven(owner.node.source.path));
  return {
    byName: new Map(given.map((unit) => [unit.name, unit])),
    byPath: given.map((unit) => [unit.owner.node.source.path, unit] as const),
  };
}

/**
 * What a resolver's reference means among given definitions: by the name that it says, or by the end of the path or URL from
 * which `git` and `http` would take it. Whether it is the same as there is not known here.
 */
export function resolve<T>({ kind, name, params }: Reference, { byName, byPath }: Resolvable<T>): T | undefined {
  if (kind === "local" || kind === "custom") return undefined;
  if (name !== undefined) return byName.get(name);
  const wanted = textAt(params.get(kind === "git" ? "pathInRepo" : "url"))?.replaceAll(
    /^https?:\/\/[^/]+|[?#].*$/g,
    "",
  );
  const end = wanted === undefined || wanted === "" ? undefined : `/${wanted.replace(/^\/+/, "")}`;
  return end === undefined ? undefined : byPath.find(([path]) => `/${path}`.endsWith(end))?.[1];
}
