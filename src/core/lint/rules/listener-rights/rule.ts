import type { DefinitionSet, ObjectDefinition } from "../../../pipelines/definitions/definition.ts";
import { scalarAt, scalarsAt, textAt } from "../../../pipelines/definitions/source-node.ts";
import { roleBindings, roleRules, type RoleBinding, type RoleRule } from "../../rbac.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const listenerRights: LintRule = {
  id: "listener-rights",
  code: "TRG-06",
  severity: "high",
  source: ["tektoncd/triggers docs/eventlisteners.md, specifying the Kubernetes service account"],
  check: ({ set }) =>
    set.objects
      .filter(({ kind, group }) => kind === "EventListener" && group === "triggers.tekton.dev")
      .flatMap((listener) => checkListener(listener, set)),
};

/** What Triggers installs for listeners. */
const OWN_ROLES = new Set(["tekton-triggers-eventlistener-roles", "tekton-triggers-eventlistener-clusterroles"]);
const WIDE_ROLES = new Set(["cluster-admin", "admin", "edit"]);

function checkListener(listener: ObjectDefinition, set: DefinitionSet): readonly RuleFinding[] {
  const account =
    textAt(listener.node, "spec", "serviceAccountName") ??
    textAt(
      listener.node,
      "spec",
      "resources",
      "kubernetesResource",
      "spec",
      "template",
      "spec",
      "serviceAccountName",
    ) ??
    "default";
  return roleBindings(set)
    .filter(({ subjects }) =>
      subjects.some(
        ({ kind, name, namespace }) =>
          kind === "ServiceAccount" && name === account && namespace === listener.namespace,
      ),
    )
    .flatMap((binding) => checkBinding(binding, account, set));
}

function checkBinding(
  { object, roleKind, roleName }: RoleBinding,
  account: string,
  set: DefinitionSet,
): readonly RuleFinding[] {
  if (OWN_ROLES.has(roleName)) return [];
  const at = scalarAt(object.node, "roleRef", "name") ?? object.node;
  const fix = "Let it create runs, and read the kinds of Triggers, in its namespace.";
  if (roleKind === "ClusterRole" && WIDE_ROLES.has(roleName)) {
    return [
      found(at, {
        message: `The listener's account ${account} holds ${roleName}: whoever gets a request past it gets all of that.`,
        fix,
      }),
    ];
  }
  const rules = roleRules(set).filter(({ role }) => role.kind === roleKind && role.name === roleName);
  if (rules.length === 0) {
    const message = `What ${roleKind} ${roleName} gives the listener's account ${account} is not in the files that were read.`;
    return [found(at, { message, fix: "Give its definition to lint as well.", verdict: "unknown" })];
  }
  return rules
    .filter((rule) => !isNeeded(rule))
    .map((rule) =>
      found(rule.node, {
        message: `The listener's account ${account} may do more than create runs and read the kinds of Triggers.`,
        fix,
      }),
    );
}

const READS = new Set(["get", "list", "watch"]);

function isNeeded({ node }: RoleRule): boolean {
  const all = (key: string): readonly string[] => scalarsAt(node, key).map(({ text }) => text);
  const [verbs, groups, resources] = [all("verbs"), all("apiGroups"), all("resources")];
  if (groups.every((group) => group === "tekton.dev"))
    return (
      resources.every((name) => /^(?:pipelineruns|taskruns|customruns)$/.test(name)) &&
      verbs.every((verb) => verb === "create" || READS.has(verb))
    );
  const isRead = verbs.every((verb) => READS.has(verb));
  if (groups.every((group) => group === "triggers.tekton.dev")) return isRead && !resources.includes("*");
  const isEvents =
    resources.every((name) => name === "events") && verbs.every((verb) => verb === "create" || verb === "patch");
  return isEvents || (isRead && resources.every((name) => name === "configmaps"));
}
