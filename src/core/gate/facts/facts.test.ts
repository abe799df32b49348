import { describe, expect, test } from "vitest";
import { readDefinitionFile } from "../../../adapters/manifests/definition-file.ts";
import { shellScriptReader } from "../../../adapters/shell/script-reader.ts";
import { toUtf8 } from "../../bytes/utf8.ts";
import { DEFAULT_KNOWLEDGE } from "../../lint/scene.ts";
import { factsOf, type RevisionFacts } from "./facts.ts";
import { toRevision } from "./revision.ts";

function read(...documents: readonly unknown[]): RevisionFacts {
  const text = documents.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n---\n");
  const files = [readDefinitionFile("all.yaml", toUtf8(text))];
  return factsOf(toRevision({ files, knowledge: DEFAULT_KNOWLEDGE, read: (script) => shellScriptReader.read(script) }));
}

/** `entry | artifact | family strength` of every fact. */
const told = ({ facts }: RevisionFacts): readonly string[] =>
  facts.map(({ entry, artifact, family, strength }) => `${entry} | ${artifact} | ${family} ${strength}`);

const IMAGE = `tool@sha256:${"1".repeat(64)}`;
const step = (script: string, more: object = {}) => ({ name: "s", image: IMAGE, script, ...more });
const task = (name: string, script: string, more: object = {}) => ({
  name,
  ...more,
  taskSpec: { results: [{ name: "IMAGE_DIGEST" }, { name: "IMAGE_URL" }], steps: [step(script)] },
});
const BUILD = task("build", "buildah push r.example/app:1");
const SIGN = "cosign sign r.example/app@$(tasks.build.results.IMAGE_DIGEST)";
const run = (tasks: readonly unknown[], more: object = {}, spec: object = {}) => ({
  apiVersion: "tekton.dev/v1",
  kind: "PipelineRun",
  metadata: { name: "r", namespace: "ci", ...more },
  spec: { pipelineSpec: { tasks, ...spec }, taskRunTemplate: { serviceAccountName: "signer" } },
});
const signedBy = (script: string, more: object = {}) =>
  read(run([BUILD, { ...task("sign", script), ...more }])).facts.find(({ family }) => family === "image");

const round = (name: string, other: string) => ({
  ...task(name, `docker push $(params.i); echo $(params.i) > $(results.IMAGE_URL.path)`),
  params: [{ name: "i", value: `$(tasks.${other}.results.IMAGE_URL)$(tasks.${other}.results.IMAGE_URL)` }],
});
const chains = (data: object) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "chains-config" }, data });

describe("entries", () => {
  const made = run([BUILD]);
  test.each([
    ["a run", [made], "PipelineRun ci/r"],
    ["a run with a generated name", [{ ...made, metadata: { generateName: "r-" } }], "PipelineRun r-"],
    ["two of one name", [made, made], "PipelineRun ci/r#2"],
    [
      "a run in a template",
      [
        {
          apiVersion: "triggers.tekton.dev/v1beta1",
          kind: "TriggerTemplate",
          metadata: { name: "t" },
          spec: { resourcetemplates: [made] },
        },
      ],
      "TriggerTemplate t: PipelineRun ci/r",
    ],
    [
      "a Pipeline that no run of the tree uses",
      [{ apiVersion: "tekton.dev/v1", kind: "Pipeline", metadata: { name: "p" }, spec: { tasks: [BUILD] } }],
      "Pipeline p",
    ],
    [
      "a Task that nothing of the tree uses",
      [{ apiVersion: "tekton.dev/v1", kind: "Task", metadata: { name: "t" }, spec: BUILD.taskSpec }],
      "Task t",
    ],
    [
      "a TaskRun",
      [{ apiVersion: "tekton.dev/v1", kind: "TaskRun", metadata: { name: "t" }, spec: { taskSpec: BUILD.taskSpec } }],
      "TaskRun t",
    ],
  ])("%s", (_, documents, id) => {
    expect(told(read(...documents))).toContain(`${id} | r.example/app | image none`);
  });

  test("what a cluster recorded starts nothing", () => {
    expect(told(read({ ...made, status: { completionTime: "2026-01-01T00:00:00Z" } }))).toEqual([]);
  });

  test("says of a run what is not in sight", () => {
    const spec = { pipelineRef: { resolver: "git", params: [] } };
    expect(read({ ...made, spec }).gaps).toMatchObject([{ what: "PipelineRun ci/r" }]);
  });
});

describe("what is made", () => {
  test.each([
    ["buildah bud . && buildah push r.example/app:1", "r.example/app"],
    ["buildah $FLAGS push --digestfile d app docker://r.example/app:1", "r.example/app"],
    ["docker push r.example:5000/app", "r.example:5000/app"],
    ["docker buildx build --push -t r.example/app:1 .", "r.example/app"],
    ["/kaniko/executor --destination=r.example/app:1", "r.example/app"],
    ["buildctl build --output type=image,name=r.example/app:1,push=true", "r.example/app"],
    ["skopeo copy oci:out docker://r.example/app:1", "r.example/app"],
    ["crane append -f x.tar -t r.example/app:1", "r.example/app"],
    ["oras push r.example/app:1 file.txt", "r.example/app"],
    ["helm push chart.tgz oci://r.example/charts", "r.example/charts"],
    ["IMG=r.example/app; podman push ${IMG}:1", "r.example/app"],
  ])("%s goes to %s", (script, artifact) => {
    expect(told(read(run([task("build", script)])))).toContain(`PipelineRun ci/r | ${artifact} | image none`);
  });

  test.each([
    "buildah push app oci:out",
    "kaniko --no-push --destination r.example/app",
    "docker build -t r.example/app .",
  ])("%s pushes nowhere", (script) => {
    const bare = { name: "build", taskSpec: { steps: [step(script)] } };
    expect(told(read(run([bare])))).toEqual([]);
  });

  test("a parameter that says it all is followed to the run, to a default, and no further", () => {
    const build = { ...task("build", "docker push $(params.i)"), params: [{ name: "i", value: "$(params.image)" }] };
    const params = [{ name: "image", default: "r.example/d:1" }];
    const given = { ...run([build], {}, { params }) };
    expect(told(read(run([build])))).toEqual(["PipelineRun ci/r | param:image | image none"]);
    expect(told(read(given))).toEqual(["PipelineRun ci/r | r.example/d | image none"]);
    const spec = { ...given.spec, params: [{ name: "image", value: "r.example/v:1" }] };
    expect(told(read({ ...given, spec }))).toEqual(["PipelineRun ci/r | r.example/v | image none"]);
  });

  test("ends where values go round in a circle, or grow without end", () => {
    expect(read(run([round("a", "b"), round("b", "a")])).facts).toHaveLength(2);
    const chain = Array.from({ length: 40 }, (_, i) => round(`t${i}`, `t${i - 1}`));
    expect(read(run(chain)).facts.every(({ artifact }) => artifact.length <= 4096)).toBe(true);
  });
});

describe("strength", () => {
  test.each([
    [SIGN, "guaranteed"],
    [`${SIGN} || exit 1`, "guaranteed"],
    [`if ! ${SIGN}; then echo no; exit 1; fi`, "guaranteed"],
    [`sign() { ${SIGN}; }\nsign`, "guaranteed"],
    [`set +e\n${SIGN}`, "advisory"],
    [`set +e\nset -e\n${SIGN}`, "guaranteed"],
    [`set -o pipefail\n${SIGN} | tee log`, "guaranteed"],
    [`#!/bin/bash -e\n${SIGN}\necho done`, "guaranteed"],
    [`${SIGN} || true`, "advisory"],
    [`${SIGN}; exit 0`, "advisory"],
    [`${SIGN}; exit $?`, "guaranteed"],
    [`#!/bin/sh\n${SIGN}\necho done`, "advisory"],
    [`set +e\n${SIGN}\nexit 0`, "advisory"],
    [`${SIGN} | tee log`, "advisory"],
    [`${SIGN} &`, "advisory"],
    [`trap 'exit 0' EXIT\n${SIGN}`, "advisory"],
    [`${SIGN} && echo signed\necho done`, "advisory"],
    [`sign() { ${SIGN}; }\nsign || true`, "advisory"],
    [`if [ -n "$X" ]; then ${SIGN}; fi`, "conditional"],
    [`test -f x && ${SIGN}`, "conditional"],
    [`exit 0\n${SIGN}`, "none"],
    [`cosign() { true; }\n${SIGN}`, "none"],
    [`alias cosign=true\n${SIGN}`, "none"],
    [`sign() { ${SIGN}; }`, "none"],
    ["echo cosign sign", "none"],
    [`python <<E\n${SIGN}\nE`, "none"],
  ])("of %j is %s", (script, strength) => {
    expect(signedBy(script)?.strength).toBe(strength);
  });

  test.each<[string, object, string]>([
    ["a failure that the pipeline ignores", { onError: "continue" }, "advisory"],
    ["constants that hold", { when: [{ input: "a", operator: "in", values: ["a"] }] }, "guaranteed"],
    ["constants that do not", { when: [{ input: "a", operator: "notin", values: ["a"] }] }, "none"],
    [
      "a result of another task",
      { when: [{ input: "$(tasks.build.results.x)", operator: "in", values: ["a"] }] },
      "conditional",
    ],
    ["CEL that is a literal", { when: [{ cel: "'a' == 'b'" }] }, "none"],
    ["CEL that is not", { when: [{ cel: "'$(params.a)' == 'b'" }] }, "conditional"],
    ["an operator that nobody knows", { when: [{ input: "a", operator: "is", values: ["a"] }] }, "conditional"],
    ["a matrix of literals", { matrix: { params: [{ name: "p", value: ["a"] }] } }, "guaranteed"],
    [
      "a matrix of a result",
      { matrix: { params: [{ name: "p", value: "$(tasks.build.results.x[*])" }] } },
      "conditional",
    ],
    ["retries", { retries: 3 }, "guaranteed"],
  ])("with %s", (_, more, strength) => {
    expect(signedBy(SIGN, more)?.strength).toBe(strength);
  });

  test("a script that cannot be read, or is no shell, may sign", () => {
    const uses = { params: [{ name: "d", value: "$(tasks.build.results.IMAGE_DIGEST)" }] };
    expect(signedBy("#!/usr/bin/python\nrun('cosign sign')", uses)?.strength).toBe("unknown");
    expect(signedBy('cosign sign "$(params.d)', uses)?.strength).toBe("unknown");
  });
});

describe("what is signed", () => {
  test.each([
    ["cosign attest --type spdxjson --predicate s r.example/app@$(params.d)", "sbom"],
    ["cosign attest --type slsaprovenance1 --predicate s r.example/app@$(params.d)", "provenance"],
    ["cosign attest --type https://x --predicate s r.example/app@$(params.d)", "attestation"],
    ["countersign sign sbom r.example/app@$(params.d)", "sbom"],
    ["notation sign r.example/app@$(params.d)", "image"],
    ["cosign sign-blob r.example/app", "file"],
  ])("%s is %s", (script, family) => {
    expect(told(read(run([task("sign", script)])))).toContain(
      `PipelineRun ci/r | r.example/app | ${family} guaranteed`,
    );
  });

  test.each([
    [SIGN, "produced"],
    ["cosign sign r.example/app:1", "tag"],
    [`cosign sign r.example/app@sha256:${"a".repeat(64)}`, "literal"],
    ["cosign sign r.example/app@$(params.d)", "given"],
    ["cosign sign r.example/app@$(tasks.other.results.IMAGE_DIGEST)", "given"],
  ])("%s is bound by %s", (script, binding) => {
    expect(signedBy(script)?.signatures[0]?.binding).toBe(binding);
  });

  test("says who signs, and takes the account of the task before that of the run", () => {
    const made = run([BUILD, task("sign", SIGN)]);
    const spec = { ...made.spec, taskRunSpecs: [{ pipelineTaskName: "sign", serviceAccountName: "other" }] };
    expect(read(made).facts[0]?.signatures[0]?.identity).toBe("ci/signer");
    expect(read({ ...made, spec }).facts[0]?.signatures[0]?.identity).toBe("ci/other");
  });
});

describe("isolation", () => {
  const token = { name: "t", projected: { sources: [{ serviceAccountToken: { audience: "sigstore", path: "p" } }] } };
  const mounts = { volumeMounts: [{ name: "t", mountPath: "/var/run/sigstore/cosign" }] };
  const isolationWith = (other: object, more: object = {}) => {
    const steps = [{ name: "o", image: IMAGE, ...other }, step(SIGN, mounts)];
    const sign = { name: "sign", ...more, taskSpec: { volumes: [token], steps } };
    return read(run([BUILD, sign])).facts[0]?.signatures[0]?.isolation;
  };
  test.each<[string, object, string]>([
    ["a step of its author", { command: ["wait"] }, "separate"],
    ["a build", { script: "make" }, "sameTask"],
    ["a build that sees the token", { script: "make", ...mounts }, "exposed"],
    [
      "a build whose environment leads to it",
      { script: "make", env: [{ name: "T", value: "/var/run/sigstore/cosign/p" }] },
      "exposed",
    ],
    ["an image that is not fixed", { image: "x:1", command: ["wait"] }, "sameTask"],
  ])("beside %s", (_, other, isolation) => {
    expect(isolationWith(other)).toBe(isolation);
  });

  test("a workspace that other people's code writes is no separation", () => {
    const spaces = { workspaces: [{ name: "w", workspace: "shared" }] };
    const build = {
      name: "build",
      ...spaces,
      taskSpec: { workspaces: [{ name: "w" }], steps: [step("make && docker push r.example/app")] },
    };
    const sign = {
      name: "sign",
      ...spaces,
      taskSpec: { workspaces: [{ name: "w" }], steps: [step("cosign sign r.example/app:1")] },
    };
    expect(read(run([build, sign])).facts[0]?.signatures[0]?.isolation).toBe("sameTask");
  });
});

test("takes the content that is given for a reference that fixes it, and for no other", () => {
  const content = `apiVersion: tekton.dev/v1\nkind: Task\nmetadata: { name: seal }\nspec: ${JSON.stringify({ steps: [step("cosign sign r.example/app:1")] })}\n`;
  const bundles = new Map([
    [`sha256:${"1".repeat(64)}`, [readDefinitionFile("b.yaml", toUtf8(content))]],
    [`${"2".repeat(40)}:t.yaml`, [readDefinitionFile("g.yaml", toUtf8(content))]],
  ]);
  const strengthOf = (resolver: string, values: Readonly<Record<string, string>>) => {
    const params = Object.entries(values).map(([name, value]) => ({ name, value }));
    const uses = [{ name: "d", value: "$(tasks.build.results.IMAGE_DIGEST)" }];
    const made = run([BUILD, { name: "seal", params: uses, taskRef: { resolver, params } }]);
    const files = [readDefinitionFile("all.yaml", toUtf8(JSON.stringify(made)))];
    const reading = {
      files,
      bundles,
      knowledge: DEFAULT_KNOWLEDGE,
      read: (text: string) => shellScriptReader.read(text),
    };
    return factsOf(toRevision(reading)).facts[0]?.strength;
  };
  expect(strengthOf("bundles", { bundle: `r.example/t@sha256:${"1".repeat(64)}`, name: "seal" })).toBe("guaranteed");
  expect(strengthOf("git", { url: "https://g", revision: "2".repeat(40), pathInRepo: "t.yaml" })).toBe("guaranteed");
  expect(strengthOf("bundles", { bundle: `r.example/t@sha256:${"1".repeat(64)}`, name: "other" })).toBe("unknown");
  expect(strengthOf("bundles", { bundle: "r.example/t:1", name: "seal" })).toBe("unknown");
  expect(strengthOf("git", { url: "https://g", revision: "main", pathInRepo: "t.yaml" })).toBe("unknown");
});

describe("Tekton Chains", () => {
  test.each<[string, object, string[]]>([
    ["signs what it sees", {}, ["image guaranteed", "provenance guaranteed"]],
    ["signs images alone", { "artifacts.taskrun.storage": "" }, ["image guaranteed"]],
    ["signs no images", { "artifacts.oci.signer": "none" }, ["image none", "provenance guaranteed"]],
  ])("%s", (_, data, expected) => {
    const found = read(run([BUILD]), chains(data)).facts.map(({ family, strength }) => `${family} ${strength}`);
    expect(found.toSorted()).toEqual(expected);
  });

  test.each([
    [{ "chains.tekton.dev/signed": "true" }, "none"],
    [{ "chains.tekton.dev/signed": "false" }, "guaranteed"],
    [{ "chains.tekton.dev/signed": "$(tt.params.x)" }, "none"],
  ])("with %j on the run: %s", (annotations, strength) => {
    expect(
      read(run([BUILD], { annotations }), chains({})).facts.find(({ family }) => family === "image")?.strength,
    ).toBe(strength);
  });
});
