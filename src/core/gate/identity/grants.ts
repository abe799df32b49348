import { makesPods } from "../../lint/pod-makers.ts";
import {
  allows,
  isAdministrator,
  isController,
  roleBindings,
  roleRules,
  type RoleBinding,
  type RoleRule,
  type Subject,
} from "../../lint/rbac.ts";
import type { DefinitionSet } from "../../pipelines/definitions/definition.ts";
import { placeOf, pointerOf, scalarsAt } from "../../pipelines/definitions/source-node.ts";
import type { IdentityFinding, IdentityQuestion } from "./identity-question.ts";
import { accountOf, type RegisterEntry } from "./register.ts";

/** One subject that can act as a managed account. */
type Use = {
  readonly subject: Subject;
  readonly name: string;
  readonly account: string;
  readonly entry: RegisterEntry;
  readonly verb: string;
  readonly role: string;
};

/** GI004: no role lets others than the allowed subjects use the account of a managed identity. */
export function judgeGrants({ before, after, config }: IdentityQuestion): readonly IdentityFinding[] {
  const entries = (before.register?.entries ?? []).filter(({ state }) => state !== "revoked");
  const allowed = new Set(config.allowedSubjects);
  const old = new Set(usesOf(before.scene.set, entries).map(keyOf));
  return usesOf(after.scene.set, entries)
    .filter(({ name }) => !allowed.has(name))
    .map((use) => {
      const { file, line } = placeOf(use.subject.node);
      return {
        code: "GI004" as const,
        isNew: !old.has(keyOf(use)),
        says: `${use.name} may ${use.verb} by ${use.role}, and so sign as ${use.account} (register entry ${use.entry.id})`,
        witness: { subject: use.name, serviceAccount: use.account, verb: use.verb },
        where: { revision: "head" as const, file, line, pointer: pointerOf(use.subject.node) },
      };
    });
}

function keyOf({ name, account, verb }: Use): string {
  return `${name} ${account} ${verb}`;
}

/** By subject and account, the first right that leads there. */
function usesOf(set: DefinitionSet, entries: readonly RegisterEntry[]): readonly Use[] {
  const rules = Map.groupBy(roleRules(set), ({ role }) => `${role.kind}/${role.namespace}/${role.name}`);
  const accounts = new Map(
    entries.flatMap((entry) => {
      const account = accountOf(entry);
      return account === undefined ? [] : [[account, entry] as const];
    }),
  );
  const all = roleBindings(set).flatMap((binding) =>
    [...accounts].flatMap(([account, entry]) => {
      const [namespace = "", serviceAccount = ""] = account.split("/");
      const isHere = binding.object.kind === "ClusterRoleBinding" || binding.object.namespace === namespace;
      const verb = isHere ? verbOf(binding, rulesOf(binding, rules), { set, serviceAccount }) : undefined;
      return verb === undefined
        ? []
        : binding.subjects.filter(isForeign).map((subject) => ({
            subject,
            name: nameOf(subject),
            account,
            entry,
            verb,
            role: `${binding.roleKind} ${binding.roleName}`,
          }));
    }),
  );
  return [
    ...new Map(all.toReversed().map((use) => [`${use.name} ${use.account}`, use] as const)).values(),
  ].toReversed();
}

function isForeign(subject: Subject): boolean {
  return !isAdministrator(subject) && !isController(subject);
}

function nameOf({ kind, namespace, name }: Subject): string {
  return kind === "ServiceAccount" ? `ServiceAccount ${namespace}/${name}` : `${kind} ${name}`;
}

type Rules = ReadonlyMap<string, readonly RoleRule[]>;

function rulesOf({ roleKind, roleName, object }: RoleBinding, rules: Rules): readonly RoleRule[] {
  return (
    rules.get(roleKind === "ClusterRole" ? `ClusterRole//${roleName}` : `Role/${object.namespace}/${roleName}`) ?? []
  );
}

type Target = { readonly set: DefinitionSet; readonly serviceAccount: string };

function verbOf(binding: RoleBinding, rules: readonly RoleRule[], { set, serviceAccount }: Target): string | undefined {
  const isBuiltIn = binding.roleKind === "ClusterRole" && BUILT_IN.has(binding.roleName);
  const has = (resource: string, verb: string): boolean =>
    rules.some((rule) => allows(rule, resource, [verb], [""]) && isAbout(rule, serviceAccount));
  if (isBuiltIn || has("serviceaccounts/token", "create")) return "create serviceaccounts/token";
  if (has("serviceaccounts", "impersonate")) return "impersonate serviceaccounts";
  return makesPods(binding, set) ? "create pods" : undefined;
}

/** Roles of the cluster itself, whose rules are in no file. */
const BUILT_IN: ReadonlySet<string> = new Set(["cluster-admin", "admin", "edit"]);

/** `resourceNames` keeps a rule to the objects it names. */
function isAbout({ node }: RoleRule, name: string): boolean {
  const names = scalarsAt(node, "resourceNames").map(({ text }) => text);
  return names.length === 0 || names.includes(name);
}
