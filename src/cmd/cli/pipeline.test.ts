import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-lint-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function run(...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  await runCli(["pipeline", ...argv], io, COMMANDS);
  return heard;
}

const TAGGED = `apiVersion: tekton.dev/v1
kind: Task
metadata: { name: build }
spec:
  steps:
    - { name: build, image: "registry.example/build:1" }
`;
const GOOD = TAGGED.replace("build:1", `build@sha256:${"0".repeat(64)}`);
const task = file("set/task.yaml", TAGGED);
const good = file("good/task.yaml", GOOD);

function entry(expires: string): string {
  return `exceptions:\n  - { rule: PIN-01, file: task.yaml, owner: team-a, reason: r, expires: ${expires} }\n`;
}

describe("pipeline lint", () => {
  test("says what is true and what to write, and exits 1", async () => {
    const { out, exit } = await run("lint", task);
    expect(out).toBe(`1 finding, 0 left open, in 1 document of 1 file.

${task}:6:29 medium PIN-01 image-pinned
  Step build runs whatever registry.example/build:1 points to today.
  Pin the image by digest: \`image@sha256:…\`.
`);
    expect(exit).toBe(1);
  });

  test("finds nothing in what is good, and exits 0", async () => {
    expect(await run("lint", good)).toEqual({ out: "Nothing found in 1 document of 1 file.\n", err: "", exit: 0 });
  });

  test.each(["hello: 1\n", "root:x:0:0\n", "- a\n"])("does not pass %j for judged", async (text) => {
    const { out } = await run("lint", file("foreign.yaml", text));
    expect(out).toContain("Not judged: 1 document that is no Kubernetes object.");
  });

  test("leaves open what is not in sight, and is undecided for it", async () => {
    const path = file(
      "open.yaml",
      "apiVersion: tekton.dev/v1\nkind: TaskRun\nspec: { taskRef: { name: elsewhere } }\n",
    );
    const { out, exit } = await run("lint", path, "--rule", "PIN-01", "--rule", "param-in-script");
    expect(out).toMatch(/^0 findings, 2 left open/);
    expect(out).toMatch(/open\.yaml:3:18 .*\(INJ-01 PIN-01\)/);
    expect(exit).toBe(3);
  });

  test.each([
    ["bundles, by name", "resolver: bundles, params: [{ name: bundle, value: x }, { name: name, value: build }]", true],
    ["hub, by name", "resolver: hub, params: [{ name: name, value: build }]", true],
    [
      "git, by path",
      "resolver: git, params: [{ name: url, value: x }, { name: pathInRepo, value: remote/task/build.yaml }]",
      true,
    ],
    [
      "http, by path",
      'resolver: http, params: [{ name: url, value: "https://x.example/remote/task/build.yaml?raw=1" }]',
      true,
    ],
    ["another name", "resolver: hub, params: [{ name: name, value: other }]", false],
    ["another path", "resolver: git, params: [{ name: pathInRepo, value: her/build.yaml }]", false],
    ["a part of a path", "resolver: git, params: [{ name: pathInRepo, value: uild.yaml }]", false],
  ])("takes what a resolver would fetch from a folder: %s", async (_, reference, isFound) => {
    file("remote/task/build.yaml", GOOD);
    const own = file(
      "resolved/run.yaml",
      `apiVersion: tekton.dev/v1\nkind: TaskRun\nspec: { taskRef: { ${reference} } }\n`,
    );
    const only = ["--rule", "PIN-01"];
    expect((await run("lint", own, ...only)).exit).toBe(3);
    const { out, exit } = await run("lint", own, "--resolve", join(folder, "remote"), ...only);
    expect([exit, out.split("\n")[0]]).toEqual(
      isFound
        ? [0, "Nothing found in 2 documents of 2 files."]
        : [3, "0 findings, 1 left open, in 2 documents of 2 files."],
    );
  });

  test("a local name means no definition of somewhere else", async () => {
    const own = file(
      "local/run.yaml",
      "apiVersion: tekton.dev/v1\nkind: TaskRun\nspec: { taskRef: { resolver: git, params: [{ name: pathInRepo, value: task.yaml }] } }\n",
    );
    // Given as a file among others it stands for itself, and not for what git would fetch.
    expect((await run("lint", own, good, "--rule", "PIN-01")).exit).toBe(3);
  });

  test("judges what stands in one folder together", async () => {
    file(
      "both/pipeline.yaml",
      "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: { name: p }\nspec: { tasks: [{ name: a, taskRef: { name: build } }] }\n",
    );
    file(
      "both/.tekton/task.json",
      JSON.stringify({ apiVersion: "tekton.dev/v1", kind: "Task", metadata: { name: "build" }, spec: {} }),
    );
    file("both/node_modules/x/task.yaml", TAGGED);
    file("both/readme.md", "not a definition");
    symlinkSync(join(folder, "set"), join(folder, "both/link"));
    expect((await run("lint", join(folder, "both"))).out).toMatch(/^Nothing found in 2 documents of 2 files/);
  });

  test("says that a file could not be read", async () => {
    const { out, exit } = await run("lint", file("bad.yaml", "a: [\n"), good);
    expect(out).toMatch(/bad\.yaml:\d:\d high LINT-01 lint-unreadable/);
    expect(exit).toBe(1);
  });

  test.each([
    ["json", /"rule": "PIN-01"/],
    ["sarif", /"ruleId": "PIN-01"/],
    ["junit", /<failure message="1 found"/],
    ["github", /^::warning file=/],
  ])("says the same as %s", async (format, text) => {
    const { out, exit } = await run("lint", task, "-o", format);
    expect(out).toMatch(text);
    expect(exit).toBe(1);
  });

  test("passes over what is excepted on the command line, and says so", async () => {
    const { out, exit } = await run("lint", task, "--ignore", "PIN-01=rebuilt nightly");
    expect(out).toMatch(/Excepted:\n.*PIN-01 excepted: rebuilt nightly/);
    expect(exit).toBe(0);
  });

  test("passes over what the register bears, until it is over", async () => {
    const during = await run("lint", task, "--exceptions", file("during.yaml", entry("2026-12-31")));
    expect([during.exit, during.err]).toEqual([0, ""]);
    const after = await run("lint", task, "--exceptions", file("after.yaml", entry("2026-11-01")));
    expect([after.exit, after.err]).toEqual([1, "exception for PIN-01: it is over\n"]);
  });

  test.each([
    [["lint", "/nowhere/at-all"], /input\.missing/],
    [["lint", task, "--rule", "PIN-99"], /no such rule/],
    [["lint", task, "--rule", "image-pined"], /did you mean "image-pinned"/],
    [["lint", task, "--ignore", "PIN-01"], /not ID=REASON/],
    [["lint", task, "--ignore", "PIN-01= "], /not ID=REASON/],
    [["lint", task, "--exceptions", file("e1.yaml", "a: 1\n")], /not a list/],
    [
      ["lint", task, "--exceptions", file("e2.yaml", "- { rule: PIN-01, reason: r, expires: 2026-12-31 }\n")],
      /e2\.yaml:1: .*owner/,
    ],
    [
      ["lint", task, "--exceptions", file("e3.yaml", "- { rule: PIN-01, owner: a, reason: r, expires: soon }\n")],
      /not a date/,
    ],
    [
      ["lint", task, "--exceptions", file("e4.yaml", "- { rule: PIN-01, owner: a, reason: r, until: 2026-12-31 }\n")],
      /unknown field until/,
    ],
    [["lint", task, "--exceptions", file("e5.yaml", "- [\n")], /e5\.yaml:\d/],
    [["lint", task, "-o", "xml"], /xml/],
  ])("%j is a usage error", async (argv, text) => {
    const { err, out, exit } = await run(...argv);
    expect([exit, out]).toEqual([2, ""]);
    expect(err).toMatch(text);
  });
});

describe("pipeline list", () => {
  test("lists what signs", async () => {
    file(
      "list/all.yaml",
      `${GOOD}---\n${GOOD.replace("name: build }", "name: sign }").replace("{ name: build,", '{ name: s, script: "cosign sign $A",')}`,
    );
    const { out, exit } = await run("list", join(folder, "list"));
    expect(out.split("\n").map((line) => line.split(/ +/).slice(0, 3).join(" "))).toEqual([
      "KIND NAME SIGNS",
      "Task build no",
      "Task sign yes",
      "",
    ]);
    expect(exit).toBe(0);
  });
});

describe("identity obtainers", () => {
  const text = `apiVersion: tekton.dev/v1
kind: Task
metadata: { name: build, namespace: payments }
spec:
  steps: [{ name: make, image: "registry.example/build:1", script: make, volumeMounts: [{ name: t, mountPath: /t }] }]
  volumes: [{ name: t, projected: { sources: [{ serviceAccountToken: { audience: sigstore, path: t } }] } }]
`;

  test("says who holds the audience, what was not seen, and exits 1 for what is unsafe", async () => {
    const { io, heard } = recordingIo();
    await runCli(["identity", "obtainers", file("obtain.yaml", text)], io, COMMANDS);
    expect(heard.out).toMatch(/^unsafe +G1 +payments\/\? +Task build, step make +it runs make/m);
    expect(heard.err).toMatch(/^not seen: no roles/);
    expect(heard.exit).toBe(1);
  });

  test("takes other audiences", async () => {
    const { io, heard } = recordingIo();
    await runCli(
      ["identity", "obtainers", file("obtain.yaml", text), "--audience", "other", "-o", "json"],
      io,
      COMMANDS,
    );
    expect([JSON.parse(heard.out).items, heard.exit]).toEqual([[], 0]);
  });
});
