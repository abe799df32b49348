import { describe, expect, test } from "vitest";
import { readDefinitionFile } from "../../../adapters/manifests/definition-file.ts";
import { shellScriptReader } from "../../../adapters/shell/script-reader.ts";
import { toUtf8 } from "../../bytes/utf8.ts";
import { DEFAULT_KNOWLEDGE } from "../scene.ts";
import { findObtainers, type Obtainers } from "./obtainers.ts";

const PINNED = `registry.example/tool@sha256:${"0".repeat(64)}`;
const TOKEN =
  "projected: { sources: [{ serviceAccountToken: { audience: sigstore, expirationSeconds: 600, path: t } }] }";
const MOUNT = "volumeMounts: [{ name: token, mountPath: /token }]";

const sign = (steps: string): string => `apiVersion: tekton.dev/v1
kind: Task
metadata: { name: sign, namespace: payments }
spec:
  params: [{ name: x }]
  steps: [${steps}]
  volumes: [{ name: token, ${TOKEN} }]
---
`;
/** A run, and a role that lets nobody near it. */
const run = (account: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: none, namespace: payments }
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: { generateName: sign-, namespace: payments }
spec: { ${account === "" ? "" : `serviceAccountName: ${account}, `}taskRef: { name: sign } }
---
`;
const GOOD = `{ name: sign, image: "${PINNED}", command: [tool], ${MOUNT} }`;
const role = (rule: string, subject: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: r, namespace: payments }
rules: [${rule}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: b, namespace: payments }
roleRef: { kind: Role, name: r }
subjects: [${subject}]
---
`;
const DEVELOPERS = "{ kind: Group, name: developers }";

function find(text: string): Obtainers {
  const file = readDefinitionFile("a.yaml", toUtf8(text));
  expect(file.problems).toEqual([]);
  return findObtainers([file], DEFAULT_KNOWLEDGE, (script) => shellScriptReader.read(script));
}

describe("findObtainers", () => {
  test.each([
    ["a step alone, pinned, with its own account", sign(GOOD) + run("signer"), ["G1 safe signer"]],
    ["the same as the account of all builds", sign(GOOD) + run("pipeline"), ["G1 weak pipeline"]],
    ["the same with no account named", sign(GOOD) + run(""), ["G1 weak default"]],
    ["the same that nothing runs", sign(GOOD), ["G1 unknown ?"]],
    ["a tag", sign(GOOD.replace(PINNED, "registry.example/tool:1")) + run("signer"), ["G1 unsafe signer"]],
    [
      "a parameter in its script",
      sign(GOOD.replace("command: [tool]", 'script: "echo $(params.x)"')) + run("signer"),
      ["G1 unsafe signer"],
    ],
    ["a build", sign(GOOD.replace("command: [tool]", "script: make")) + run("signer"), ["G1 unsafe signer"]],
    [
      "a script that is not shell",
      sign(GOOD.replace("command: [tool]", 'script: "#!/usr/bin/env python3"')) + run("signer"),
      ["G1 unknown signer"],
    ],
    [
      "a build beside it",
      sign(`${GOOD}, { name: b, image: "${PINNED}", script: make }`) + run("signer"),
      ["G1 unsafe signer"],
    ],
    [
      "a harmless step beside it",
      sign(`${GOOD}, { name: b, image: "${PINNED}", command: [x] }`) + run("signer"),
      ["G1 weak signer"],
    ],
    ["no mount", sign(GOOD.replace(MOUNT, "env: []")) + run("signer"), []],
    ["another audience", (sign(GOOD) + run("signer")).replace("audience: sigstore", "audience: vault"), []],
    [
      "an audience that is a parameter",
      (sign(GOOD) + run("signer")).replace("audience: sigstore", "audience: $(params.x)"),
      ["G1 safe signer"],
    ],
    [
      "a SPIFFE volume",
      (sign(GOOD) + run("signer")).replace(TOKEN, "csi: { driver: csi.spiffe.io }"),
      ["G8 safe signer"],
    ],
    [
      "a workspace bound to a token",
      run("builder").replace("taskRef", `workspaces: [{ name: w, ${TOKEN} }], taskRef`),
      ["G2 unsafe builder"],
    ],
    [
      "a role for tokens",
      sign(GOOD) +
        run("signer") +
        role('{ apiGroups: [""], resources: [serviceaccounts/token], verbs: [create] }', DEVELOPERS),
      ["G4 unsafe *", "G1 safe signer"],
    ],
    [
      "a role for pods",
      sign(GOOD) + run("signer") + role('{ apiGroups: [""], resources: [pods], verbs: [create] }', DEVELOPERS),
      ["G5 unsafe *", "G1 weak signer"],
    ],
    [
      "a role for runs, held by who runs the cluster",
      sign(GOOD) +
        run("signer") +
        role(
          "{ apiGroups: [tekton.dev], resources: [taskruns], verbs: [create] }",
          '{ kind: Group, name: "system:masters" }',
        ),
      ["G5 weak *", "G1 safe signer"],
    ],
    [
      "a role for reading",
      sign(GOOD) + run("signer") + role('{ apiGroups: [""], resources: [pods], verbs: [get] }', DEVELOPERS),
      ["G1 safe signer"],
    ],
    [
      "a role for exec",
      sign(GOOD) + run("signer") + role('{ apiGroups: [""], resources: [pods/exec], verbs: [create] }', DEVELOPERS),
      ["G6 unsafe *", "G1 safe signer"],
    ],
    [
      "a role for roles",
      sign(GOOD) +
        run("signer") +
        role("{ apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [create] }", DEVELOPERS),
      ["G9 unsafe *", "G1 safe signer"],
    ],
    [
      "a role in another namespace",
      sign(GOOD) +
        run("signer") +
        role('{ apiGroups: [""], resources: [pods], verbs: ["*"] }', DEVELOPERS).replaceAll(
          "namespace: payments",
          "namespace: other",
        ),
      ["G1 safe signer"],
    ],
    [
      "a pod on the kubelet's folder",
      "apiVersion: v1\nkind: Pod\nmetadata: { name: p, namespace: x }\nspec: { volumes: [{ name: v, hostPath: { path: /var/lib } }] }\n",
      ["G7 unsafe *"],
    ],
    [
      "a pod on another folder",
      "apiVersion: v1\nkind: Pod\nmetadata: { name: p, namespace: x }\nspec: { volumes: [{ name: v, hostPath: { path: /var/log } }] }\n",
      [],
    ],
    [
      "an audience of the API server",
      'oidc-issuers: { "https://a.example": { issuer-url: "https://a.example", client-id: "https://a.example", type: kubernetes } }\n',
      ["G3 unsafe *"],
    ],
  ])("%s", (_, text, grants) => {
    expect(find(text).grants.map(({ via, verdict, serviceAccount }) => `${via} ${verdict} ${serviceAccount}`)).toEqual(
      grants,
    );
  });

  test("calls nothing safe when no roles are in sight", () => {
    const [grant] = find((sign(GOOD) + run("signer")).replace("rbac.authorization.k8s.io", "other.example")).grants;
    expect([grant?.verdict, grant?.why]).toEqual([
      "unknown",
      "who may make pods in its namespace is not in these files",
    ]);
  });

  test("names the namespaces in which an account is no wall", () => {
    const rule = "{ apiGroups: [tekton.dev], resources: [pipelineruns], verbs: [create] }";
    expect(find(sign(GOOD) + run("signer") + role(rule, DEVELOPERS)).openNamespaces).toEqual(["payments"]);
    expect(find(sign(GOOD) + run("signer")).openNamespaces).toEqual([]);
  });

  test("says what it could not see", () => {
    expect(find(sign(GOOD)).gaps).toEqual([
      "no roles or bindings are in these files: who may make pods or tokens is not known",
    ]);
  });
});
