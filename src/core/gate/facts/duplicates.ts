import { allReferences } from "../../lint/references.ts";
import type { LintScene } from "../../lint/scene.ts";
import type { ObjectDefinition } from "../../pipelines/definitions/definition.ts";

/** Two objects of one name, of which nobody knows which one the cluster will have. */
export type Duplicate = { readonly object: ObjectDefinition; readonly first: ObjectDefinition };

const REFERRED: ReadonlySet<string> = new Set(["Task", "ClusterTask", "Pipeline", "StepAction"]);

/**
 * Objects of one kind, namespace and name, where it matters which of them counts: something of the tree refers to them, or
 * they configure Tekton Chains. A catalogue that holds versions of a task beside each other refers to none of them.
 */
export function duplicatesIn({ set }: LintScene): readonly Duplicate[] {
  const referred = new Set(
    allReferences(set).flatMap(({ kind, name }) => (kind === "local" && name !== undefined ? [name] : [])),
  );
  const seen = new Map<string, ObjectDefinition>();
  return set.objects.flatMap((object) => {
    const { group, kind, namespace, name, template } = object;
    const isReferred = group === "tekton.dev" && REFERRED.has(kind) && referred.has(name);
    const isConfig = kind === "ConfigMap" && name === "chains-config";
    if (template || !(isReferred || isConfig)) return [];
    const key = JSON.stringify([kind, namespace, name]);
    const first = seen.get(key);
    if (first) return [{ object, first }];
    seen.set(key, object);
    return [];
  });
}
