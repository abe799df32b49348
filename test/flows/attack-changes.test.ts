import { expect, test } from "vitest";
import { judgePipelines } from "../../src/core/gate/judge-pipelines.ts";
import { pipelineConfigOf, revisionOf } from "../vectors/gate-cases/pipeline.ts";

const IMAGE = `registry.example/sign@sha256:${"1".repeat(64)}`;
const SIGN = `
    - name: sign
      taskRef: { name: sign }
      params:
        - { name: url, value: $(tasks.build.results.IMAGE_URL) }
        - { name: digest, value: $(tasks.build.results.IMAGE_DIGEST) }`;
const BEFORE = `apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: release }
spec:
  params: [{ name: sign }]
  tasks:
    - name: build
      params: [{ name: IMAGE, value: registry.example/app:main }]
      taskSpec:
        params: [{ name: IMAGE }]
        results: [{ name: IMAGE_URL }, { name: IMAGE_DIGEST }]
        steps:
          - name: build
            image: "${IMAGE}"
            script: buildah push --digestfile $(results.IMAGE_DIGEST.path) $(params.IMAGE) && printf %s $(params.IMAGE) > $(results.IMAGE_URL.path)${SIGN}
---
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: sign }
spec:
  params: [{ name: url }, { name: digest }]
  volumes: [{ name: t, projected: { sources: [{ serviceAccountToken: { audience: sigstore, expirationSeconds: 600, path: t } }] } }]
  steps: [{ name: sign, image: "${IMAGE}", script: cosign sign $(params.url)@$(params.digest), volumeMounts: [{ name: t, mountPath: /t }] }]
`;

/** Attacks of the pipelines chapter §11 that begin with a change of definitions: the change gate tells them before they happen. */
test.each<[string, string, string, string]>([
  ["2, the signing task is removed", SIGN, "", "GS001"],
  [
    "2, the signing task is skipped by a when",
    "taskRef: { name: sign }",
    'taskRef: { name: sign }\n      when: [{ input: $(params.sign), operator: in, values: ["true"] }]',
    "GS002",
  ],
])("%s: the change gate says so", (_, from, to, code) => {
  expect(BEFORE).toContain(from);
  expect(codesOf(BEFORE.replace(from, to))).toContain(code);
});

test("no change is no finding", () => {
  expect(codesOf(BEFORE)).toEqual([]);
});

function codesOf(after: string): readonly string[] {
  const config = pipelineConfigOf("");
  const { findings } = judgePipelines({
    before: revisionOf("before", BEFORE),
    after: revisionOf("after", after),
    config,
  });
  return findings.flatMap(({ code, causes }) => [code, ...causes]);
}
