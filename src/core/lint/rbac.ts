import type { DefinitionSet, ObjectDefinition } from "../pipelines/definitions/definition.ts";
import { maps } from "../pipelines/definitions/read-task.ts";
import { scalarsAt, textAt, type MapNode } from "../pipelines/definitions/source-node.ts";

/** One rule of a Role or ClusterRole (rbac.authorization.k8s.io/v1). */
export type RoleRule = { readonly role: ObjectDefinition; readonly node: MapNode };

export type RoleBinding = {
  readonly object: ObjectDefinition;
  readonly roleKind: string;
  readonly roleName: string;
  readonly subjects: readonly Subject[];
};
export type Subject = {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly node: MapNode;
};

export function roleRules(set: DefinitionSet): readonly RoleRule[] {
  return set.objects
    .filter(({ kind, group }) => (kind === "Role" || kind === "ClusterRole") && isRbac(group))
    .flatMap((role) => maps(role.node, "rules").map((node) => ({ role, node })));
}

export function roleBindings(set: DefinitionSet): readonly RoleBinding[] {
  return set.objects
    .filter(({ kind, group }) => (kind === "RoleBinding" || kind === "ClusterRoleBinding") && isRbac(group))
    .map((object) => ({
      object,
      roleKind: textAt(object.node, "roleRef", "kind") ?? "",
      roleName: textAt(object.node, "roleRef", "name") ?? "",
      subjects: maps(object.node, "subjects").map((node) => ({
        kind: textAt(node, "kind") ?? "",
        name: textAt(node, "name") ?? "",
        namespace: textAt(node, "namespace") ?? object.namespace,
        node,
      })),
    }));
}

function isRbac(group: string): boolean {
  return group === "rbac.authorization.k8s.io";
}

/** Whether a rule lets one of the verbs be done to the resource; `*` is every verb, group and resource. */
export function allows(
  { node }: RoleRule,
  resource: string,
  verbs: readonly string[],
  groups: readonly string[],
): boolean {
  const has = (key: string, wanted: readonly string[]): boolean =>
    scalarsAt(node, key).some(({ text }) => text === "*" || wanted.includes(text));
  const [name = "", sub] = resource.split("/");
  const resources = sub === undefined ? [name] : [resource, `*/${sub}`];
  return has("verbs", verbs) && has("apiGroups", groups) && has("resources", resources);
}

/** Who administers a cluster may do anything anyway. */
export function isAdministrator({ kind, name }: Subject): boolean {
  return kind === "Group" && /^system:(?:masters|cluster-admins|nodes)$/.test(name);
}

/** Accounts of the system and of Tekton's own controllers. */
export function isController({ kind, namespace }: Subject): boolean {
  return kind === "ServiceAccount" && /^(?:kube-system|tekton-.*|openshift-.*|pipelines-as-code)$/.test(namespace);
}
