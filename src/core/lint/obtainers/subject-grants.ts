import type { DefinitionSet, ObjectDefinition } from "../../pipelines/definitions/definition.ts";
import { flagAt, itemsAt, mapAt, textAt, type MapNode } from "../../pipelines/definitions/source-node.ts";
import { fulcioIssuers } from "../controller-config.ts";
import { hasTokenAdmission, makesPods } from "../pod-makers.ts";
import {
  allows,
  isAdministrator,
  isController,
  roleBindings,
  roleRules,
  type RoleBinding,
  type RoleRule,
  type Subject,
} from "../rbac.ts";
import type { LintScene } from "../scene.ts";
import { signingNamespaces } from "../signing-namespaces.ts";
import { grantAt, type Grant, type GrantVia } from "./grant.ts";

/** A right that leads to the token of an account that signs. */
type Right = {
  readonly via: GrantVia;
  readonly resource: string;
  readonly verbs: readonly string[];
  readonly group: string;
  readonly why: string;
};

const RBAC = "rbac.authorization.k8s.io";
const RIGHTS: readonly Right[] = [
  right("G4", "serviceaccounts/token", ["create"], "may take a token of any audience"),
  right("G6", "pods/exec", ["create", "get"], "may run programs in the pod that signs"),
  right("G6", "pods/attach", ["create", "get"], "may attach to the pod that signs"),
  right("G6", "pods/ephemeralcontainers", ["update", "patch"], "may add a container to the pod that signs"),
  right("G6", "pods/portforward", ["create", "get"], "may reach the ports of the pod that signs"),
  right("G7", "nodes/proxy", ["create", "get"], "may run programs in every pod of a node, by its kubelet"),
  right("G9", "serviceaccounts", ["impersonate"], "may act as the account"),
  { ...right("G9", "rolebindings", ["create", "update", "patch"], "may give itself a role"), group: RBAC },
  { ...right("G9", "roles", ["escalate", "bind"], "may write itself a role"), group: RBAC },
  {
    ...right("G9", "validatingadmissionpolicies", ["update", "patch", "delete"], "may take the admission policies out"),
    group: "admissionregistration.k8s.io",
  },
];

function right(via: GrantVia, resource: string, verbs: readonly string[], why: string): Right {
  return { via, resource, verbs, group: "", why };
}

/** Roles of the cluster itself, whose rules are in no file. */
const BUILT_IN: ReadonlyMap<string, readonly string[]> = new Map([
  ["cluster-admin", RIGHTS.map(({ resource }) => resource)],
  [
    "admin",
    ["serviceaccounts/token", "pods/exec", "pods/attach", "pods/portforward", "serviceaccounts", "rolebindings"],
  ],
  ["edit", ["serviceaccounts/token", "pods/exec", "pods/attach", "pods/portforward", "serviceaccounts"]],
]);

/** People and accounts that roles let near the accounts that sign (G4 to G7, G9). */
export function subjectGrants(scene: LintScene): readonly Grant[] {
  const { set } = scene;
  const signing = signingNamespaces(scene);
  const rules = Map.groupBy(roleRules(set), ({ role }) => `${role.kind}/${role.name}`);
  return roleBindings(set)
    .filter(({ object }) => object.kind === "ClusterRoleBinding" || signing.has(object.namespace))
    .flatMap((binding) => {
      const own = rules.get(`${binding.roleKind}/${binding.roleName}`) ?? [];
      const held = RIGHTS.filter((one) => holds(one, own, binding)).map(({ via, why }) => ({ via, why }));
      const pods = makesPods(binding, set)
        ? [{ via: "G5" as const, why: "may make pods, and a pod may run as any account of its namespace" }]
        : [];
      return binding.subjects.flatMap((subject) =>
        [...pods, ...held].map((one) => toGrant(subject, binding, { ...one, set })),
      );
    });
}

function holds(
  { resource, verbs, group }: Right,
  rules: readonly RoleRule[],
  { roleKind, roleName }: RoleBinding,
): boolean {
  const builtIn = roleKind === "ClusterRole" ? BUILT_IN.get(roleName) : undefined;
  return builtIn?.includes(resource) === true || rules.some((rule) => allows(rule, resource, verbs, [group]));
}

type Held = { readonly via: GrantVia; readonly why: string; readonly set: DefinitionSet };

function toGrant(subject: Subject, { object, roleName }: RoleBinding, { via, why, set }: Held): Grant {
  const isTrusted = isAdministrator(subject) || isController(subject);
  const isHeld = via === "G5" && hasTokenAdmission(set);
  const account = subject.kind === "ServiceAccount" ? `${subject.namespace}/` : "";
  return grantAt(subject.node, {
    holder: `${subject.kind} ${account}${subject.name}`,
    namespace: object.kind === "ClusterRoleBinding" ? "*" : object.namespace,
    serviceAccount: "*",
    via,
    why: `${why} (by ${roleName})${isTrusted ? ", and runs the cluster" : ""}${isHeld ? ", where admission looks" : ""}`,
    verdict: isTrusted || isHeld ? "weak" : "unsafe",
  });
}

/** With an audience that the API server has too, every pod that Kubernetes gives a token holds it (G3). */
export function audienceGrants({ set }: LintScene): readonly Grant[] {
  return fulcioIssuers(set)
    .filter(({ clientId, url }) => clientId !== undefined && isApiAudience(clientId.text, url))
    .map(({ clientId, node }) =>
      grantAt(clientId ?? node, {
        holder: "every pod with a mounted token of the API server",
        namespace: "*",
        serviceAccount: "*",
        via: "G3",
        why: `Fulcio takes ${clientId?.text ?? ""} for its own audience`,
        verdict: "unsafe",
      }),
    );
}

function isApiAudience(audience: string, issuer: string): boolean {
  const plain = audience.replace(/\/$/, "");
  return (
    plain === issuer.replace(/\/$/, "") || /^https:\/\/kubernetes\.default(?:\.svc(?:\.cluster\.local)?)?$/.test(plain)
  );
}

/** Pods that can reach into others of their node (G7). */
export function nodeGrants({ set }: LintScene): readonly Grant[] {
  return set.objects.flatMap((object) => {
    const spec = podSpecOf(object);
    const why = spec ? reachOf(spec) : undefined;
    if (!spec || why === undefined) return [];
    return [
      grantAt(spec, {
        holder: `${object.kind} ${object.name}`,
        namespace: object.namespace,
        serviceAccount: "*",
        via: "G7",
        why,
        verdict: /^(?:kube-system|openshift-)/.test(object.namespace) ? "weak" : "unsafe",
      }),
    ];
  });
}

function podSpecOf({ kind, node }: ObjectDefinition): MapNode | undefined {
  if (kind === "Pod") return mapAt(node, "spec");
  if (kind === "CronJob") return mapAt(node, "spec", "jobTemplate", "spec", "template", "spec");
  return mapAt(node, "spec", "template", "spec");
}

function reachOf(spec: MapNode): string | undefined {
  const containers = [...itemsAt(spec, "containers"), ...itemsAt(spec, "initContainers")];
  const privileged = containers.find((one) => flagAt(one, "securityContext", "privileged") === true);
  if (privileged) return `its container ${textAt(privileged, "name") ?? ""} is privileged`;
  if (flagAt(spec, "hostPID") === true) return "it sees the processes of its node";
  const kubelet = itemsAt(spec, "volumes").some((one) => {
    const path = textAt(one, "hostPath", "path");
    return path !== undefined && "/var/lib/kubelet/".startsWith(path.replace(/\/?$/, "/"));
  });
  return kubelet ? "it mounts the folder in which the kubelet keeps the tokens of its node" : undefined;
}
