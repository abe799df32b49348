import type { DefinitionSet, ObjectDefinition } from "../pipelines/definitions/definition.ts";
import { maps } from "../pipelines/definitions/read-task.ts";
import { readValues } from "../pipelines/definitions/read-references.ts";
import { itemsAt, mapAt, nodeAt, textAt, type MapNode, type SourceNode } from "../pipelines/definitions/source-node.ts";

/** One trigger of a listener, with the interceptors before it. */
export type EventTrigger = {
  readonly node: MapNode;
  readonly name: string;
  readonly interceptors: readonly Interceptor[];
  /** Defined elsewhere, and not in the set. */
  readonly isOpen: boolean;
};
type Interceptor = { readonly kind: string; readonly params: ReadonlyMap<string, SourceNode> };

/** Every trigger by which an event reaches a template: of EventListeners and, where those refer to them, Triggers. */
export function eventTriggers(set: DefinitionSet): readonly EventTrigger[] {
  return ofKind(set, "EventListener").flatMap(({ node }) => [
    ...maps(node, "spec", "triggers").map((trigger) => toTrigger(trigger, set, [])),
    ...maps(node, "spec", "triggerGroups").map((group) => ({ ...toTrigger(group, set, []), isOpen: true })),
  ]);
}

function ofKind({ objects }: DefinitionSet, kind: string): readonly ObjectDefinition[] {
  return objects.filter((object) => object.kind === kind && object.group === "triggers.tekton.dev");
}

function toTrigger(node: MapNode, set: DefinitionSet, before: readonly Interceptor[]): EventTrigger {
  const reference = textAt(node, "triggerRef");
  const target = reference === undefined ? undefined : ofKind(set, "Trigger").find(({ name }) => name === reference);
  const spec = mapAt(target?.node, "spec");
  return {
    node: spec ?? node,
    name: textAt(node, "name") ?? reference ?? "(unnamed)",
    interceptors: [...before, ...interceptorsOf(spec ?? node)],
    isOpen: reference !== undefined && !spec,
  };
}

/** The forms before `ref` named the interceptor by a field. */
const OLD_FORMS = ["github", "gitlab", "bitbucket", "cel", "webhook"];

function interceptorsOf(node: MapNode): readonly Interceptor[] {
  return maps(node, "interceptors").map((one) => {
    const old = OLD_FORMS.find((name) => mapAt(one, name) !== undefined);
    if (old === undefined) return { kind: textAt(one, "ref", "name") ?? "", params: new Map(readValues(one)) };
    const fields = mapAt(one, old)?.fields ?? new Map<string, never>();
    return { kind: old, params: new Map([...fields].map(([name, field]) => [name, field.node] as const)) };
  });
}

const VERIFYING = new Set(["github", "gitlab", "bitbucket", "slack"]);

/** It refuses events without the sender's secret. */
export function isVerifying({ kind, params }: Interceptor): boolean {
  return VERIFYING.has(kind) && nodeAt(params.get("secretRef"), "secretName") !== undefined;
}

/** It passes some events only. */
export function isFiltering({ params }: Interceptor): boolean {
  return itemsAt(params.get("eventTypes")).length > 0 || (textAt(params.get("filter")) ?? "") !== "";
}

/** What it does is known; any other interceptor may do anything. */
export function isBuiltIn({ kind }: Interceptor): boolean {
  return VERIFYING.has(kind) || kind === "cel";
}
