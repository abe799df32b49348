import { signingNamespaces } from "../../signing-namespaces.ts";
import { isAdministrator, isController, roleBindings } from "../../rbac.ts";
import { hasTokenAdmission, makesPods } from "../../pod-makers.ts";
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
    if (hasTokenAdmission(scene.set)) return [];
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
