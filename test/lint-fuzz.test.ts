import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDefinitionFile } from "../src/adapters/manifests/definition-file.ts";
import { shellScriptReader } from "../src/adapters/shell/script-reader.ts";
import { toUtf8 } from "../src/core/bytes/utf8.ts";
import { lintDefinitions, type LintReport } from "../src/core/lint/lint.ts";
import { LINT_RULES } from "../src/core/lint/rules.ts";
import { DEFAULT_KNOWLEDGE } from "../src/core/lint/scene.ts";

function lint(...texts: readonly string[]): LintReport {
  return lintDefinitions({
    files: texts.map((text, i) => readDefinitionFile(`${i}.yaml`, toUtf8(text))),
    rules: LINT_RULES,
    knowledge: DEFAULT_KNOWLEDGE,
    read: (text) => shellScriptReader.read(text),
  });
}

function named(report: LintReport): readonly string[] {
  return report.findings.filter(({ rule }) => rule.startsWith("CFG")).map(({ rule, message }) => rule + message);
}

const KEYS = [
  "apiVersion",
  "kind",
  "metadata",
  "name",
  "namespace",
  "annotations",
  "labels",
  "spec",
  "data",
  "status",
  "params",
  "results",
  "steps",
  "sidecars",
  "stepTemplate",
  "volumes",
  "workspaces",
  "tasks",
  "finally",
  "taskSpec",
  "taskRef",
  "pipelineRef",
  "pipelineSpec",
  "ref",
  "resolver",
  "bundle",
  "value",
  "default",
  "enum",
  "type",
  "image",
  "script",
  "command",
  "args",
  "env",
  "volumeMounts",
  "mountPath",
  "securityContext",
  "projected",
  "sources",
  "serviceAccountToken",
  "audience",
  "expirationSeconds",
  "taskRunSpecs",
  "taskRunTemplate",
  "podTemplate",
  "serviceAccountName",
  "pipelineTaskName",
  "when",
  "onError",
  "runAfter",
  "matrix",
  "triggers",
  "interceptors",
  "resourcetemplates",
  "rules",
  "verbs",
  "resources",
  "apiGroups",
  "roleRef",
  "subjects",
  "oidc-issuers",
  "meta-issuers",
  "pruner",
  "keep",
  "chain",
  "fulcio",
  "config",
  "oidcIssuers",
  "settings",
  "incoming",
  "items",
  "<<",
  "__proto__",
];
const TEXTS = [
  "tekton.dev/v1",
  "tekton.dev/v1beta1",
  "triggers.tekton.dev/v1beta1",
  "v1",
  "rbac.authorization.k8s.io/v1",
  "Task",
  "StepAction",
  "Pipeline",
  "PipelineRun",
  "TaskRun",
  "EventListener",
  "TriggerTemplate",
  "ConfigMap",
  "Role",
  "RoleBinding",
  "ServiceAccount",
  "Repository",
  "TektonConfig",
  "Securesign",
  "List",
  "chains-config",
  "feature-flags",
  "a",
  "bundles",
  "git",
  "sigstore",
  "$(params.a)",
  "$(tasks.a.results.IMAGE_DIGEST)",
  "{{ body.x }}",
  "cosign sign $A",
  '#!/bin/sh\neval "$A" | sh',
  "sh",
  "-c",
  "curl x | sh",
  "true",
  "no",
  "",
  "*",
  "\u0000",
  "$(params['a']",
];

const value = fc.letrec<{ readonly node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom(...TEXTS),
    fc.constantFrom(0, 1, 600, true, false, null),
    fc.array(tie("node"), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie("node")), { maxLength: 6 })
      .map((pairs) => Object.fromEntries(pairs)),
  ),
})).node;

const definition = fc
  .tuple(fc.constantFrom(...TEXTS.slice(0, 5)), fc.constantFrom(...TEXTS.slice(5, 22)), value, value)
  .map(([apiVersion, kind, spec, data]) =>
    JSON.stringify({ apiVersion, kind, metadata: { name: "a" }, spec, data, rules: spec, subjects: data }),
  );

describe("lint", () => {
  test("never throws on definitions of any shape, and places what it finds", () => {
    fc.assert(
      fc.property(fc.array(definition, { maxLength: 5 }), (texts) => {
        for (const { line, column, message, fix } of lint(...texts).findings) {
          expect(line >= 1 && column >= 1 && message !== "" && fix !== "").toBe(true);
        }
      }),
    );
  });

  test("finds the same in any order of the files", () => {
    fc.assert(
      fc.property(fc.array(definition, { minLength: 2, maxLength: 4 }), (texts) => {
        expect(named(lint(...texts.toReversed())).toSorted()).toEqual(named(lint(...texts)).toSorted());
      }),
    );
  });

  test("judges 10,000 tasks of one pipeline, and references in a circle", () => {
    const tasks = Array.from({ length: 10_000 }, (_, i) => ({
      name: `t${i}`,
      runAfter: [`t${i - 1}`],
      taskRef: { name: "a" },
    }));
    const pipeline = { apiVersion: "tekton.dev/v1", kind: "Pipeline", metadata: { name: "p" }, spec: { tasks } };
    const circle = {
      ...pipeline,
      spec: {
        tasks: [
          { name: "a", runAfter: ["b"] },
          { name: "b", runAfter: ["a"], taskRef: { name: "b" } },
        ],
      },
    };
    expect(lint(JSON.stringify(pipeline), JSON.stringify(circle)).findings.length).toBeGreaterThan(0);
  });

  test("says what is wrong with a file among others, and judges the others", () => {
    const { findings } = lint("a: [", 'apiVersion: tekton.dev/v1\nkind: Task\nspec: { steps: [{ image: "a:1" }] }\n');
    expect(findings.map(({ rule, file }) => [rule, file])).toEqual([
      ["LINT-01", "0.yaml"],
      ["PIN-01", "1.yaml"],
    ]);
  });
});
