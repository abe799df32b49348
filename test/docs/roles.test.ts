import { expect, test } from "vitest";
import { WATCHED_RESOURCES } from "../../src/capabilities/correlate/watched-resource.ts";
import { documentedObjects } from "../setup/documented-objects.ts";

test("the documented reader may read exactly what is watched, and write nothing", () => {
  const role = documentedObjects("watch-a-cluster.md").find(({ kind }) => kind === "ClusterRole");
  const granted = (role?.rules ?? []).flatMap(({ apiGroups, resources }) =>
    apiGroups.flatMap((group) => resources.map((plural) => `${group}/${plural}`)),
  );
  expect(granted.toSorted()).toEqual(WATCHED_RESOURCES.map(({ group, plural }) => `${group}/${plural}`).toSorted());
  expect(new Set((role?.rules ?? []).flatMap(({ verbs }) => verbs))).toEqual(new Set(["get", "list", "watch"]));
});
