import type { DefinitionSet } from "../pipelines/definitions/definition.ts";
import { scalarsIn } from "../pipelines/definitions/source-node.ts";
import { allows, roleRules, type RoleBinding } from "./rbac.ts";

/** Kinds that lead to a pod, by group. */
const POD_MAKERS: readonly (readonly [string, string])[] = [
  ["pods", ""],
  ["replicationcontrollers", ""],
  ["deployments", "apps"],
  ["replicasets", "apps"],
  ["statefulsets", "apps"],
  ["daemonsets", "apps"],
  ["jobs", "batch"],
  ["cronjobs", "batch"],
  ["taskruns", "tekton.dev"],
  ["pipelineruns", "tekton.dev"],
  ["customruns", "tekton.dev"],
  ["eventlisteners", "triggers.tekton.dev"],
  ["repositories", "pipelinesascode.tekton.dev"],
  ["deploymentconfigs", "apps.openshift.io"],
  ["builds", "build.openshift.io"],
];

/** Roles of the cluster itself that may; Tekton adds its kinds to `edit`. */
const BUILT_IN = new Set(["edit", "admin", "cluster-admin"]);

/** Whether a binding lets its subjects make pods, or anything that leads to one. */
export function makesPods({ roleKind, roleName }: RoleBinding, set: DefinitionSet): boolean {
  if (roleKind === "ClusterRole" && BUILT_IN.has(roleName)) return true;
  return roleRules(set)
    .filter(({ role }) => role.kind === roleKind && role.name === roleName)
    .some((rule) => POD_MAKERS.some(([resource, group]) => allows(rule, resource, ["create"], [group])));
}

/** A policy of the cluster that looks at who asks for a token of Fulcio's. */
export function hasTokenAdmission(set: DefinitionSet): boolean {
  return set.objects
    .filter(({ kind }) => kind === "ValidatingAdmissionPolicy")
    .some(({ node }) => [...scalarsIn(node)].some(({ text }) => text.includes("serviceAccountToken")));
}
