import { apiVersionOf, type ApiResource } from "./resources.ts";

/** Answers `/version`, `/api`, `/apis`, `/api/v1` and `/apis/<group>/<version>`; `undefined` for other paths. */
export function answerDiscovery(resources: readonly ApiResource[], path: string): unknown {
  if (path === "/version") return { major: "1", minor: "33", gitVersion: "v1.33.0-stand-in" };
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"] };
  if (path === "/apis") return groupList(resources);
  const [, group = "", version] = /^\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(path) ?? [];
  const served = resources.filter((known) => known.group === group && known.version === version);
  const [first] = served;
  if (!first) return undefined;
  return {
    kind: "APIResourceList",
    groupVersion: apiVersionOf(first),
    resources: served.map(({ plural, kind, namespaced }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    })),
  };
}

function groupList(resources: readonly ApiResource[]): unknown {
  const groups = [...new Set(resources.map(({ group }) => group))].filter((group) => group !== "");
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: groups.map((name) => {
      const versions = [...new Set(resources.filter(({ group }) => group === name).map(({ version }) => version))];
      const named = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
      return { name, versions: named, preferredVersion: named[0] };
    }),
  };
}
