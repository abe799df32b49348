import { expect, test } from "vitest";
import { arePlainWorkloads } from "./plain-workloads.ts";

const DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n";

test.each<[string, string, boolean]>([
  ["a workload", DEPLOYMENT, true],
  ["two of them", `${DEPLOYMENT}---\nkind: Service\r\n`, true],
  ["nothing", "", false],
  ["no kind", "a: 1\n", false],
  ["another kind beside", `${DEPLOYMENT}---\nkind: ConfigMap\n`, false],
  ["another kind in quotes", `${DEPLOYMENT}---\n"kind": Role\n`, false],
  ["another kind in flow style", `${DEPLOYMENT}---\n{kind: Role}\n`, false],
  ["a kind that goes on", "kind: Deployment\n  Config\n", true],
  ["a longer kind", "kind: DeploymentConfig\n", false],
  ["a kind in an escape", `${DEPLOYMENT}---\n{"\\u006bind": Role}\n`, false],
  ["a policy without kind", `${DEPLOYMENT}---\n{"trustPolicies": []}\n`, false],
  ["a policy without kind that only refuses", `${DEPLOYMENT}---\n{"default": [{"type": "reject"}]}\n`, false],
  ["a list of objects", "kind: List\nitems:\n- kind: Deployment\n", false],
  ["a policy's group", `${DEPLOYMENT}---\napiVersion: tekton.dev/v1\n`, false],
])("%s", (_, text, expected) => {
  expect(arePlainWorkloads(text)).toBe(expected);
});
