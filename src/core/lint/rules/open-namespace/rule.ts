import type { DefinitionSet } from "../../../pipelines/definitions/definition.ts";
import { scalarsIn } from "../../../pipelines/definitions/source-node.ts";
import { signingNamespaces } from "../../signing-namespaces.ts";
import { allows, isAdministrator, isController, roleBindings, roleRules, type RoleBinding } from "../../rbac.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const openNamespace: LintRule = {
  id: "open-namespace",
  code: "ISO-07",
  severity: "high",
  source: [
    "Kubernetes, RBAC Good Practices: workload creation",
    "tektoncd/pipeline config/200-clusterrole.yaml, aggregation into edit",
  ],
  check: (scene) => {
    if (hasAdmission(scene.set)) return [];
    const signing = signingNamespaces(scene);
    return roleBindings(scene.set)
      .filter(({ object }) => object.kind === "ClusterRoleBinding" || signing.has(object.namespace))
      .filter((binding) => signing.size > 0 && makesPods(binding, scene.set))
      .flatMap(({ roleName, subjects }) =>
        subjects
          .filter((subject) => !isAdministrator(subject) && !isController(subject))
          .map(({ node, kind, name }) =>
            found(node, {
              message: `${kind} ${name} (by ${roleName}) may make pods beside the account that signs, and a pod may run as any account of its namespace.`,
              fix: "Keep the signing account in a namespace of its own, or put the admission policies V1 to V3 in force.",
            }),
          ),
      );
  },
};

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

function makesPods({ roleKind, roleName }: RoleBinding, set: DefinitionSet): boolean {
  if (roleKind === "ClusterRole" && BUILT_IN.has(roleName)) return true;
  return roleRules(set)
    .filter(({ role }) => role.kind === roleKind && role.name === roleName)
    .some((rule) => POD_MAKERS.some(([resource, group]) => allows(rule, resource, ["create"], [group])));
}

/** A policy of the cluster that looks at who asks for a token of Fulcio's. */
function hasAdmission(set: DefinitionSet): boolean {
  return set.objects
    .filter(({ kind }) => kind === "ValidatingAdmissionPolicy")
    .some(({ node }) => [...scalarsIn(node)].some(({ text }) => text.includes("serviceAccountToken")));
}
