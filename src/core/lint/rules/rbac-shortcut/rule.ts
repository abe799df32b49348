import { allows, isAdministrator, isController, roleBindings, roleRules, type RoleRule } from "../../rbac.ts";
import { found, type LintRule } from "../../rule.ts";
import type { DefinitionSet } from "../../../pipelines/definitions/definition.ts";

/** Documented and tested by `rule.md` beside this file. */
export const rbacShortcut: LintRule = {
  id: "rbac-shortcut",
  code: "ISO-06",
  severity: "high",
  source: ["Kubernetes, RBAC Good Practices: privilege escalation risks", "pipelines chapter §5, G4 G6 G9"],
  check: ({ set }) =>
    roleRules(set)
      .filter((rule) => isTenants(rule, set))
      .flatMap((rule) => {
        const ways = SHORTCUTS.filter(({ resource, verbs, groups }) => allows(rule, resource, verbs, groups));
        if (ways.length === 0) return [];
        return [
          found(rule.node, {
            message: `${rule.role.kind} ${rule.role.name} lets its holders ${ways.map(({ what }) => what).join(", ")}.`,
            fix: "Name the resources and verbs that are needed, without these.",
          }),
        ];
      }),
};

const CORE = [""];
const SHORTCUTS: readonly {
  readonly resource: string;
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly what: string;
}[] = [
  {
    resource: "serviceaccounts/token",
    verbs: ["create"],
    groups: CORE,
    what: "take a token of any audience for any account",
  },
  { resource: "serviceaccounts", verbs: ["impersonate"], groups: CORE, what: "act as any account" },
  { resource: "pods/exec", verbs: ["create", "get"], groups: CORE, what: "run programs in the pods that sign" },
  { resource: "pods/attach", verbs: ["create", "get"], groups: CORE, what: "attach to the pods that sign" },
  {
    resource: "pods/ephemeralcontainers",
    verbs: ["update", "patch"],
    groups: CORE,
    what: "add containers to the pods that sign",
  },
  {
    resource: "taskruns/status",
    verbs: ["update", "patch"],
    groups: ["tekton.dev"],
    what: "write what a run says it built",
  },
  {
    resource: "pipelineruns/status",
    verbs: ["update", "patch"],
    groups: ["tekton.dev"],
    what: "write what a pipeline says it built",
  },
];

/** A role that is bound only to administrators and controllers is theirs; one that nobody is seen to hold may be anybody's. */
function isTenants({ role }: RoleRule, set: DefinitionSet): boolean {
  const holders = roleBindings(set)
    .filter(({ roleKind, roleName }) => roleKind === role.kind && roleName === role.name)
    .flatMap(({ subjects }) => subjects);
  return holders.length === 0 || holders.some((subject) => !isAdministrator(subject) && !isController(subject));
}
