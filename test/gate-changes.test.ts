import { describe, expect, test } from "vitest";
import { judgePipelines } from "../src/core/gate/judge-pipelines.ts";
import { toGateReport } from "../src/core/gate/report.ts";
import { BUILD, CHAINS, DIGEST, PIPELINE, RUN, SIGN, textOf, TREE } from "./setup/signing-tree.ts";
import { pipelineConfigOf, revisionOf } from "./vectors/gate-cases/pipeline.ts";

/** Verdict, exit code, and every code that is found. */
function told(before: string, after: string): string {
  const part = judgePipelines({
    before: revisionOf("before", before),
    after: revisionOf("after", after),
    config: pipelineConfigOf(`signerImages: ["r.example/sign${DIGEST("2")}"]`),
  });
  const setting = {
    base: { oid: "" },
    head: { oid: "" },
    engine: { version: "", re2js: "", unicode: "" },
    evaluatedAt: "",
  };
  const report = toGateReport([part], setting);
  const codes = [...report.findings, ...report.undecided].flatMap(({ code, causes }) => [code, ...causes]);
  return [report.verdict, report.exit, ...[...new Set(codes)].toSorted()].join(" ");
}

type Edit = readonly [string, string];
const edited = (text: string, edits: readonly Edit[]): string =>
  edits.reduce((made, [from, to]) => {
    expect(made).toContain(from);
    return made.replace(from, to);
  }, text);

const SIGN_CALL = "cosign sign $(params.URL)@$(params.DIGEST)";
const SIGN_REF = `"taskRef": {\n     "name": "sign"\n    }`;
const bundle = (text: string) =>
  `"taskRef": {"resolver": "bundles", "params": [{"name": "bundle", "value": "${text}"}, {"name": "name", "value": "sign"}]}`;
const git = (revision: string) =>
  `"taskRef": {"resolver": "git", "params": [{"name": "url", "value": "https://g.example/t"}, {"name": "revision", "value": "${revision}"}, {"name": "pathInRepo", "value": "sign.yaml"}]}`;
const SHA = "a".repeat(40);

describe("a signing task of its own", () => {
  const before = textOf(TREE);
  test.each<[string, Edit[], string]>([
    [
      "the image of another release that is known",
      [[`r.example/sign${DIGEST("1")}`, `r.example/sign${DIGEST("2")}`]],
      "EQUIVALENT 0",
    ],
    [
      "an image that nobody named",
      [[`r.example/sign${DIGEST("1")}`, `r.example/sign${DIGEST("3")}`]],
      "UNDECIDED 3 GS009",
    ],
    ["an image by tag", [[`r.example/sign${DIGEST("1")}`, "r.example/sign:1"]], "LOOSENED 1 GS009"],
    ["retries and a timeout", [[SIGN_REF, `"retries": 2, "timeout": "1m", ${SIGN_REF}`]], "EQUIVALENT 0"],
    ["a key", [[SIGN_CALL, "cosign sign --key k $(params.URL)@$(params.DIGEST)"]], "LOOSENED 1 GS011"],
    [
      "another log",
      [[SIGN_CALL, "cosign sign --rekor-url=https://x $(params.URL)@$(params.DIGEST)"]],
      "LOOSENED 1 GS011",
    ],
    ["no upload", [[SIGN_CALL, "cosign sign --upload=false $(params.URL)@$(params.DIGEST)"]], "LOOSENED 1 GS011"],
    ["set +e", [[SIGN_CALL, `set +e\\n${SIGN_CALL}`]], "LOOSENED 1 GS002"],
    ["exit 0", [[SIGN_CALL, `${SIGN_CALL}; exit 0`]], "LOOSENED 1 GS002"],
    ["something that only looks like it", [[SIGN_CALL, `echo ${SIGN_CALL}`]], "LOOSENED 1 GS001"],
    ["another account", [['"builder"', '"other"']], "EQUIVALENT 1 GS015"],
    ["a digest that a caller gives", [["$(tasks.build.results.IMAGE_DIGEST)", "$(params.rev)"]], "LOOSENED 1 GS010"],
    [
      "a second audience",
      [['"sources": [', '"sources": [{"serviceAccountToken": {"path": "t2", "audience": "other"}},']],
      "LOOSENED 1 GS007",
    ],
    ["a longer token", [["600", "3600"]], "LOOSENED 1 GS007"],
    [
      "a copy of the token",
      [[SIGN_CALL, `cp /var/run/sigstore/cosign/token /workspace/t\\n${SIGN_CALL}`]],
      "LOOSENED 1 GS007",
    ],
    [
      "a folder that is the token's",
      [['"name": "sign",\n    "image"', '"name": "sign", "workingDir": "/var/run/sigstore/cosign",\n    "image"']],
      "LOOSENED 1 GS007",
    ],
    ["a shorter token", [["600", "300"]], "EQUIVALENT 0"],
    [
      "a task by a bundle that is not in sight",
      [[SIGN_REF, bundle(`r.example/t${DIGEST("1")}`)]],
      "UNDECIDED 3 GS006 GS016",
    ],
    ["a task that is not there", [[SIGN_REF, '"taskRef": {"name": "gone"}']], "UNDECIDED 3 GS006 GS016"],
    [
      "a pipeline that is not in sight",
      [['"pipelineRef": {\n   "name": "release"', '"pipelineRef": {\n   "resolver": "hub"']],
      "UNDECIDED 3 GS006 GS016",
    ],
    ["a script that is no shell", [[SIGN_CALL, `#!/usr/bin/python\\nrun('cosign sign')`]], "UNDECIDED 3 GS016"],
    [
      "a default that says no",
      [
        ['"params": [\n   {\n    "name": "rev"\n   }', '"params": [{"name": "rev"}, {"name": "s", "default": "no"}'],
        [SIGN_REF, `"when": [{"input": "$(params.s)", "operator": "in", "values": ["yes"]}], ${SIGN_REF}`],
      ],
      "LOOSENED 1 GS001 GS013",
    ],
    [
      "the note of Chains",
      [
        [
          '"generateName": "release-"',
          '"generateName": "release-", "annotations": {"chains.tekton.dev/signed": "true"}',
        ],
      ],
      "LOOSENED 1 GS003",
    ],
    [
      "a build step in its pod",
      [
        [
          '"steps": [\n   {\n    "name": "sign"',
          `"steps": [{"name": "b", "image": "x${DIGEST("1")}", "script": "make"}, {\n    "name": "sign"`,
        ],
      ],
      "LOOSENED 1 GS008",
    ],
  ])("%s: %s", (_, edits, expected) => {
    expect(told(before, edited(before, edits))).toBe(expected);
  });

  test("a StepAction that holds what the step held", () => {
    const [step] = SIGN.spec.steps;
    const action = {
      apiVersion: "tekton.dev/v1beta1",
      kind: "StepAction",
      metadata: { name: "sign-it" },
      spec: {
        params: [{ name: "u" }, { name: "d" }],
        image: step?.image,
        script: "cosign sign $(params.u)@$(params.d)",
        volumeMounts: step?.volumeMounts,
      },
    };
    const params = [
      { name: "u", value: "$(params.URL)" },
      { name: "d", value: "$(params.DIGEST)" },
    ];
    const task = { ...SIGN, spec: { ...SIGN.spec, steps: [{ name: "sign", ref: { name: "sign-it" }, params }] } };
    expect(told(before, textOf([BUILD, task, action, PIPELINE, RUN]))).toBe("EQUIVALENT 0");
  });

  test("the same in another pipeline, or by another run, or written in one", () => {
    const moved = { ...PIPELINE, metadata: { name: "ship" } };
    const run = { ...RUN, spec: { ...RUN.spec, pipelineRef: { name: "ship" } } };
    expect(told(before, textOf([BUILD, SIGN, moved, run]))).toBe("EQUIVALENT 0");
    const other = { ...RUN, metadata: { generateName: "ship-", namespace: "ci" } };
    expect(told(before, textOf([BUILD, SIGN, PIPELINE, other]))).toBe("EQUIVALENT 0");
    const { pipelineRef: _, ...spec } = RUN.spec;
    expect(told(before, textOf([BUILD, SIGN, { ...RUN, spec: { ...spec, pipelineSpec: PIPELINE.spec } }]))).toBe(
      "EQUIVALENT 0",
    );
  });

  test("signing that goes where the name of the artifact changes too is not retired", () => {
    const tasks = [{ ...PIPELINE.spec.tasks[0], params: [{ name: "IMAGE", value: "$(params.image)" }] }];
    const params = [{ name: "rev" }, { name: "image" }];
    const head = textOf([BUILD, SIGN, { ...PIPELINE, spec: { params, tasks } }, RUN]);
    expect(told(before, head)).toBe("LOOSENED 1 GS001");
  });

  test("what signs more surely narrows", () => {
    expect(told(edited(before, [[SIGN_CALL, `${SIGN_CALL} || true`]]), before)).toBe("NARROWED 0");
  });
});

const byReference = (ref: string) => edited(textOf([BUILD, PIPELINE, RUN]), [[SIGN_REF, ref]]);

describe("a signing task by reference", () => {
  const refs = {
    pinned: bundle(`r.example/t${DIGEST("1")}`),
    tag: bundle("r.example/t:1"),
    commit: git(SHA),
    branch: git("main"),
  };
  test.each<[keyof typeof refs, keyof typeof refs, string]>([
    ["pinned", "pinned", "EQUIVALENT 0"],
    ["pinned", "tag", "LOOSENED 1 GS006 GS016"],
    ["commit", "branch", "LOOSENED 1 GS006 GS016"],
    ["tag", "pinned", "UNDECIDED 3 GS016"],
    ["tag", "tag", "EQUIVALENT 0"],
    ["pinned", "commit", "UNDECIDED 3 GS006 GS016"],
  ])("%s becomes %s", (from, to, expected) => {
    expect(told(byReference(refs[from]), byReference(refs[to]))).toBe(expected);
  });

  test.each<[string, Edit[], string]>([
    [
      "run only sometimes",
      [
        [
          '"taskRef": {"resolver"',
          '"when": [{"input": "$(params.rev)", "operator": "in", "values": ["x"]}], "taskRef": {"resolver"',
        ],
      ],
      "UNDECIDED 3 GS016",
    ],
    [
      "whose failure is ignored",
      [['"taskRef": {"resolver"', '"onError": "continue", "taskRef": {"resolver"']],
      "UNDECIDED 3 GS016",
    ],
    ["run as another account", [['"builder"', '"other"']], "UNDECIDED 3 GS016"],
    ["with retries", [['"taskRef": {"resolver"', '"retries": 2, "taskRef": {"resolver"']], "EQUIVALENT 0"],
  ])("one that is not in sight, %s, is open", (_, edits, expected) => {
    const before = byReference(refs.pinned);
    expect(told(before, edited(before, edits))).toBe(expected);
  });

  test.each([
    [SIGN_CALL, "NARROWED 0"],
    [`${SIGN_CALL} || true`, "UNDECIDED 3 GS016"],
  ])("one that is written into the tree as %j may be less than it was", (call, expected) => {
    const tree = textOf(TREE);
    expect(told(byReference(refs.pinned), edited(tree, [[SIGN_CALL, call]]))).toBe(expected);
  });

  test("a reference that is taken out is open: nobody saw that it signed", () => {
    const [build] = PIPELINE.spec.tasks;
    expect(
      told(byReference(refs.pinned), textOf([BUILD, { ...PIPELINE, spec: { ...PIPELINE.spec, tasks: [build] } }, RUN])),
    ).toBe("UNDECIDED 3 GS016");
  });
});

describe("Tekton Chains", () => {
  const tasks = [PIPELINE.spec.tasks[0]];
  const tree = (data: object, run: object = RUN) =>
    textOf([BUILD, { ...PIPELINE, spec: { ...PIPELINE.spec, tasks } }, run, { ...CHAINS, data }]);
  const before = tree(CHAINS.data);
  test.each<[string, object, string]>([
    ["an order of its own", { ...CHAINS.data, "artifacts.oci.storage": "docdb, oci" }, "EQUIVALENT 0"],
    ["one storage less", { ...CHAINS.data, "artifacts.oci.storage": "oci" }, "LOOSENED 1 GS004"],
    ["no storage", { ...CHAINS.data, "artifacts.oci.storage": "" }, "LOOSENED 1 GS001 GS004"],
    ["no certificates", { ...CHAINS.data, "signers.x509.fulcio.enabled": "false" }, "LOOSENED 1 GS004"],
    ["yes for true", { ...CHAINS.data, "transparency.enabled": "yes" }, "LOOSENED 1 GS004"],
    ["the log on request", { ...CHAINS.data, "transparency.enabled": "manual" }, "LOOSENED 1 GS004"],
    ["another log", { ...CHAINS.data, "transparency.url": "https://x.example" }, "INCOMPARABLE 1 GS004"],
    [
      "the log that it had anyway",
      { ...CHAINS.data, "transparency.url": "https://rekor.sigstore.dev" },
      "EQUIVALENT 0",
    ],
    ["another Fulcio", { ...CHAINS.data, "signers.x509.fulcio.address": "https://x.example" }, "INCOMPARABLE 1 GS004"],
    ["another format", { ...CHAINS.data, "artifacts.taskrun.format": "none" }, "LOOSENED 1 GS004"],
    ["another repository", { ...CHAINS.data, "storage.oci.repository": "r.example/other" }, "LOOSENED 1 GS004"],
  ])("with %s", (_, data, expected) => {
    expect(told(before, tree(data))).toBe(expected);
  });

  test("a run that asks for its entry keeps it", () => {
    const annotations = { "chains.tekton.dev/transparency-upload": "true" };
    const run = { ...RUN, metadata: { ...RUN.metadata, annotations } };
    const manual = { ...CHAINS.data, "transparency.enabled": "manual" };
    expect(told(tree(CHAINS.data, run), tree(manual, run))).toBe("EQUIVALENT 0");
    const preset = {
      ...RUN,
      metadata: { ...RUN.metadata, annotations: { ...annotations, "chains.tekton.dev/transparency": "x" } },
    };
    expect(told(tree(CHAINS.data, preset), tree(manual, preset))).toBe("LOOSENED 1 GS004");
  });

  test("without its configuration, nothing is claimed of it", () => {
    const bare = textOf([BUILD, { ...PIPELINE, spec: { ...PIPELINE.spec, tasks } }, RUN]);
    expect(told(before, bare)).toBe("LOOSENED 1 GS001 GS004");
    expect(told(bare, before)).toBe("NARROWED 0");
  });
});

const template = (value: string) => ({
  apiVersion: "triggers.tekton.dev/v1beta1",
  kind: "TriggerTemplate",
  metadata: { name: "t" },
  spec: {
    resourcetemplates: [{ ...RUN, spec: { ...RUN.spec, params: [...RUN.spec.params, { name: "s", value }] } }],
  },
});

test("a trigger that decides what a run decided", () => {
  const param = { name: "s", default: "yes" };
  const [build, sign] = PIPELINE.spec.tasks;
  const when = [{ input: "$(params.s)", operator: "in", values: ["yes"] }];
  const pipeline = {
    ...PIPELINE,
    spec: { params: [...PIPELINE.spec.params, param], tasks: [build, { ...sign, when }] },
  };
  const tree = (value: string) => textOf([BUILD, SIGN, pipeline, template(value)]);
  expect(told(tree("yes"), tree("$(tt.params.s)"))).toBe("LOOSENED 1 GS002 GS013");
  expect(told(tree("yes"), tree("no"))).toBe("LOOSENED 1 GS001 GS013");
  expect(told(tree("no"), tree("yes"))).toBe("NARROWED 0");
});

test("two of one name cannot be judged where something refers to them, and may lie beside each other elsewhere", () => {
  const before = textOf(TREE);
  expect(told(before, textOf([...TREE, SIGN]))).toBe("UNDECIDED 2 GP020");
  expect(told(before, textOf([...TREE, CHAINS, CHAINS]))).toContain("GP020");
  const other = { ...SIGN, metadata: { name: "other" } };
  expect(told(textOf([...TREE, other]), textOf([...TREE, other, other]))).toBe("EQUIVALENT 0");
});

const pushing = (place: string) =>
  textOf([
    BUILD,
    { ...PIPELINE, spec: { tasks: [{ ...PIPELINE.spec.tasks[0], params: [{ name: "IMAGE", value: place }] }] } },
    RUN,
  ]);

const floorOf = (before: string, after: string) => {
  const config = pipelineConfigOf('mustSign: ["r.example/**"]');
  const sides = { before: revisionOf("a", pushing(before)), after: revisionOf("b", pushing(after)) };
  return judgePipelines({ ...sides, config }).findings.map(({ code, level }) => `${code} ${level}`);
};

test("the floor is broken anew where what was unsigned before went elsewhere", () => {
  expect(floorOf("scratch.example/$(params.rev)/x", "r.example/app:1")).toEqual(["GS014 error"]);
  expect(floorOf("$(params.rev)", "r.example/app:1")).toEqual(["GS014 error"]);
  expect(floorOf("r.example/app:1", "r.example/app:1")).toEqual(["GS014 warning"]);
});
