import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { parsePlacement } from "../../src/app/sign-step/placement.ts";
import { readStepOptions } from "../../src/app/sign-step/options.ts";
import { COMMANDS } from "../../src/cmd/cli/commands.ts";
import { runCli } from "../../src/cmd/cli/run.ts";
import { PROGRAM } from "../../tools/build-sign-step-image.ts";
import { recordingIo } from "../setup/io.ts";
import { schemaProblems, type Schema } from "../setup/structural-schema.ts";

const DEPLOY = join(import.meta.dirname, "../../deploy/tekton");
const CRDS = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "pipelines/schemas");
const digest = (last: number): string => `sha256:${"0".repeat(63)}${last}`;

/** What the committed manifests are rendered with: nobody's registry, so that nobody applies them as they are. */
const SAMPLE: readonly string[] = [
  `--image=registry.example.com/countersign/sign-step@${digest(1)}`,
  `--task-bundle=registry.example.com/countersign/sign-task@${digest(2)}`,
  "--namespace=payments",
  "--repository=registry.example.com/payments",
  `--trusted-root=${join(DEPLOY, "sample/trusted_root.json")}`,
  `--signing-config=${join(DEPLOY, "sample/signing_config.json")}`,
];
const PARTS = ["task", "namespace", "admission"] as const;

async function pipeline(...argv: readonly string[]) {
  const { io, heard } = recordingIo();
  await runCli(["pipeline", ...argv], io, COMMANDS);
  return heard;
}

function objectsIn(text: string): readonly Schema[] {
  return parseAllDocuments(text).map((document) => document.toJS());
}

const committed = (part: string): string => readFileSync(join(DEPLOY, `${part}.yaml`), "utf8");
const all = (): readonly Schema[] => PARTS.flatMap((part) => objectsIn(committed(part)));
const kindOf = (kind: string): readonly Schema[] => all().filter((one) => one.kind === kind);

describe("deploy/tekton", () => {
  test.each(PARTS)("%s.yaml is what the command prints (UPDATE_GOLDEN=1 writes it)", async (part) => {
    const { out, err, exit } = await pipeline("render", "--part", part, ...SAMPLE);
    expect([err, exit]).toEqual(["", 0]);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(join(DEPLOY, `${part}.yaml`), out);
    expect(committed(part)).toBe(out);
  });

  test.each(PARTS)("%s says the same as JSON", async (part) => {
    const { out } = await pipeline("render", "--part", part, ...SAMPLE, "-o", "json");
    expect(JSON.parse(out).items).toEqual(objectsIn(committed(part)));
  });

  test("our own rules find nothing in the Task", async () => {
    expect((await pipeline("lint", join(DEPLOY, "task.yaml"))).out).toMatch(/^Nothing found in 2 documents/);
  });

  test("our own rules find nothing in the whole, and leave open what lies in the bundle alone", async () => {
    const { out, exit } = await pipeline("lint", DEPLOY);
    expect(out).toMatch(/^0 findings/);
    expect(exit).toBe(3);
  });

  test.skipIf(!existsSync(CRDS))("fits Tekton's own definitions, and has no member that they do not know", () => {
    const tekton = all().filter(({ apiVersion }) => apiVersion.startsWith("tekton.dev/"));
    expect(tekton.map(({ kind }) => kind)).toEqual(["Task", "StepAction", "Pipeline", "PipelineRun"]);
    for (const object of tekton) {
      const [definition] = objectsIn(readFileSync(join(CRDS, `${object.kind.toLowerCase()}.crd.yaml`), "utf8"));
      const [, version] = object.apiVersion.split("/");
      const { schema } = definition.spec.versions.find(({ name }: Schema) => name === version);
      expect([object.kind, schemaProblems(object, schema.openAPIV3Schema)]).toEqual([object.kind, []]);
      expect(schemaProblems({ ...object, spec: { ...object.spec, extra: 1 } }, schema.openAPIV3Schema)).not.toEqual([]);
    }
  });

  test("with provenance: the step asks with a token of its own, and its account may get runs and no more", async () => {
    const asked = [...SAMPLE, "--builder-id=https://ci.example.com/pipelines"];
    const [task] = objectsIn((await pipeline("render", "--part", "task", ...asked)).out);
    const rendered = objectsIn((await pipeline("render", "--part", "namespace", ...asked)).out);
    const folder = mkdtempSync(join(tmpdir(), "countersign-render-"));
    writeFileSync(join(folder, "task.json"), JSON.stringify(task));
    expect((await pipeline("lint", folder)).out).toMatch(/^Nothing found in 1 document/);
    rmSync(folder, { recursive: true });
    const [step] = task.spec.steps;
    expect(step.args).toContain("--task-run=$(context.taskRun.name)");
    const audiences = task.spec.volumes
      .flatMap(({ projected }: Schema) => projected?.sources ?? [])
      .flatMap(({ serviceAccountToken }: Schema) => serviceAccountToken?.audience ?? []);
    expect(audiences).toEqual(["sigstore", "https://kubernetes.default.svc"]);
    expect(step.volumeMounts.every(({ readOnly }: { readOnly?: boolean }) => readOnly === true)).toBe(true);
    const role = rendered.find(({ kind }) => kind === "Role");
    expect(role.rules).toEqual([
      { apiGroups: ["tekton.dev"], resources: ["taskruns", "pipelineruns"], verbs: ["get"] },
    ]);
    const placement = rendered.find(({ kind }) => kind === "ConfigMap").data["placement.yaml"];
    expect(parsePlacement(placement, "placement.yaml").provenance).toEqual({
      builderId: "https://ci.example.com/pipelines",
      apiServer: "https://kubernetes.default.svc",
    });
  });

  test("the bundle is an OCI layout with the Task as it is printed, and its digest is known beforehand", async () => {
    const folder = mkdtempSync(join(tmpdir(), "countersign-bundle-"));
    const asked = ["render", "--part", "task", ...SAMPLE, "--bundle-out"];
    const { out, err, exit } = await pipeline(...asked, join(folder, "a"));
    const [, bundle = ""] = /^bundle (sha256:[0-9a-f]{64}) in /.exec(err) ?? [];
    expect([out, exit]).toEqual([committed("task"), 0]);
    expect((await pipeline(...asked, join(folder, "b"))).err).toContain(bundle);
    const blob = (name: string): Buffer => readFileSync(join(folder, "a/blobs", ...name.split(":")));
    const [layer, ...others] = JSON.parse(blob(bundle).toString("utf8")).layers;
    expect([others, layer.annotations["dev.tekton.image.kind"]]).toEqual([[], "task"]);
    const tar = gunzipSync(blob(layer.digest));
    const size = Number.parseInt(tar.toString("latin1", 124, 135), 8);
    expect(JSON.parse(tar.toString("utf8", 512, 512 + size))).toEqual(objectsIn(committed("task"))[0]);
    rmSync(folder, { recursive: true });
  });

  test("no result's name would have Chains say that this run built the image", () => {
    const names = [...kindOf("Task"), ...kindOf("StepAction")].flatMap(({ spec }) =>
      spec.results.map(({ name }: { name: string }) => name),
    );
    expect(names).toHaveLength(10);
    expect(names.filter((name) => /IMAGE_URL$|IMAGES$|ARTIFACT_/.test(name))).toEqual([]);
  });

  test("the program takes the arguments as Tekton passes them on", () => {
    const [task] = kindOf("Task");
    const [step] = task.spec.steps;
    const values = new Map<string, string>([
      ["image", "registry.example.com/payments/app"],
      ["digest", digest(3)],
    ]);
    for (const { name, default: value } of task.spec.params) if (value !== undefined) values.set(name, value);
    const argv = step.args.map((argument: string) =>
      argument
        .replace(/\$\(params\.([a-z]+)\)/, (_, name: string) => values.get(name) ?? "")
        .replace(/\$\(results\.([A-Z_]+)\.path\)/, "/tekton/results/$1"),
    );
    expect(argv.join(" ")).not.toContain("$(");
    const { results, tokenFile, placement, registryAuth } = readStepOptions(argv);
    expect([results.size, step.command]).toEqual([5, [`/${PROGRAM}`]]);
    const mounted = step.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    for (const path of [tokenFile, placement, registryAuth ?? ""]) {
      expect(mounted.some((folder: string) => path.startsWith(`${folder}/`))).toBe(true);
    }
  });

  test("nothing that others can write is mounted, and nothing is put in front of the program", () => {
    for (const { spec } of [kindOf("Task")[0], { spec: { steps: [kindOf("StepAction")[0].spec] } }]) {
      const [step, ...others] = spec.steps;
      expect([others, spec.sidecars, spec.workspaces, spec.stepTemplate]).toEqual([
        [],
        undefined,
        undefined,
        undefined,
      ]);
      expect([step.script, step.env, step.envFrom]).toEqual([undefined, undefined, undefined]);
      expect(step.volumeMounts.every(({ readOnly }: { readOnly?: boolean }) => readOnly === true)).toBe(true);
      expect(step.securityContext.readOnlyRootFilesystem).toBe(true);
    }
    const kinds = kindOf("Task")[0].spec.volumes.flatMap((volume: object) => Object.keys(volume));
    expect(kinds.filter((kind: string) => kind !== "name")).toEqual(["projected", "configMap", "secret"]);
  });

  test("the placement is one that the step reads, and its documents lie beside it", () => {
    const [{ data }] = kindOf("ConfigMap");
    const placement = parsePlacement(data["placement.yaml"], "placement.yaml");
    expect(placement.repositories).toEqual(["registry.example.com/payments"]);
    expect(Object.keys(data)).toEqual(
      expect.arrayContaining([placement.trustedRoot.file, placement.signingConfig?.file ?? ""]),
    );
  });

  test("every policy fails closed, denies, and has a binding", () => {
    const policies = kindOf("ValidatingAdmissionPolicy");
    const bindings = kindOf("ValidatingAdmissionPolicyBinding");
    expect(policies.map(({ metadata }) => metadata.name)).toEqual(bindings.map(({ spec }) => spec.policyName));
    expect(policies).toHaveLength(7);
    for (const { spec } of policies) expect([spec.failurePolicy, spec.validations.length > 0]).toEqual(["Fail", true]);
    for (const { spec } of bindings) expect(spec.validationActions).toEqual(["Deny"]);
  });
});

describe("pipeline render refuses", () => {
  test.each<[string, string, readonly string[], RegExp]>([
    ["an image with a tag", "task", ["--image=registry.example/a:v1"], /--image .* is not repository@sha256/],
    ["an image with both", "task", [`--image=registry.example/a:v1@${digest(1)}`], /is not repository@sha256/],
    ["to leave the image out", "task", ["--image="], /--image/],
    ["a bundle with a tag", "admission", ["--task-bundle=registry.example/a:v1"], /--task-bundle/],
    ["a name that is none", "namespace", ["--service-account=a b"], /no name of a Kubernetes object/],
    ["a repository that is none", "namespace", ["--repository=registry.example/a:v1"], /--repository/],
    ["documents that are none", "namespace", [`--trusted-root=${join(DEPLOY, "task.yaml")}`], /trust\.invalid/],
    ["a builder that is no URI", "task", ["--builder-id=us"], /--builder-id/],
    [
      "one audience for both tokens",
      "task",
      ["--builder-id=https://ci.example", "--api-audience=sigstore"],
      /every pod's token could sign/,
    ],
    ["a bundle of anything else", "admission", ["--bundle-out=x"], /--bundle-out/],
    ["a part that is none", "everything", [], /--part/],
  ])("%s", async (_, part, change, said) => {
    const { out, err, exit } = await pipeline("render", "--part", part, ...SAMPLE, ...change);
    expect([out, exit]).toEqual(["", 2]);
    expect(err).toMatch(said);
  });

  test("to say nothing of where to sign", async () => {
    const without = SAMPLE.filter((argument) => !argument.startsWith("--signing-config"));
    expect((await pipeline("render", "--part", "namespace", ...without)).err).toMatch(/--signing-config/);
  });
});
