import { NAMESPACES, SANDBOX, TEAMS, type ClusterName } from "./estate.ts";
import { uidOf, type DemoObject } from "./objects.ts";

/** Every namespace with the accounts in it, the namespace first. */
export function namespaceObjects(): readonly {
  readonly cluster: ClusterName;
  readonly objects: readonly DemoObject[];
}[] {
  const signers = [...TEAMS.map(({ namespace, serviceAccount }) => ({ namespace, serviceAccount })), SANDBOX];
  return NAMESPACES.map(({ cluster, namespace }) => {
    const own = signers.filter((account) => account.namespace === namespace);
    const names = [...new Set(["default", ...own.map(({ serviceAccount }) => serviceAccount)])];
    const accounts = names.map((name): DemoObject => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace, uid: uidOf(cluster, namespace, "serviceaccounts", name) },
    }));
    const metadata = { name: namespace, uid: uidOf(cluster, "namespaces", namespace) };
    return { cluster, objects: [{ apiVersion: "v1", kind: "Namespace", metadata }, ...accounts] };
  });
}
