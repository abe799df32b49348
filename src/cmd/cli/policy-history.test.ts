import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

let folder: string;
let day = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-history-"));
  day = 0;
  git("init", "-q", "-b", "main");
  mkdirSync(join(folder, "policies"));
  const root = join(folder, "root.json");
  const domains = [{ name: "private", root: { file: { trustedRootFile: root } } }];
  writeFileSync(
    join(folder, "config.yaml"),
    JSON.stringify({ trust: { domains }, policy: { file: join(folder, "policies") } }),
  );
});

function git(...argv: readonly string[]): void {
  const date = `2026-11-0${day}T10:00:00Z`;
  const person = {
    GIT_AUTHOR_NAME: "Ann",
    GIT_AUTHOR_EMAIL: "ann@example",
    GIT_COMMITTER_NAME: "Bob",
    GIT_COMMITTER_EMAIL: "bob@example",
  };
  const env = { PATH: process.env["PATH"], HOME: folder, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date, ...person };
  execFileSync("git", argv, { cwd: folder, env, stdio: "ignore" });
}

function commit(subject: string, files: Readonly<Record<string, string>>): void {
  day += 1;
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  git("add", "policies");
  git("commit", "-q", "--allow-empty", "-m", subject);
}

function policy(images: string, revision: number): string {
  const identity = {
    issuer: "https://oidc.example",
    san: { uri: "https://kubernetes.io/namespaces/payments/serviceaccounts/builder" },
  };
  const spec = {
    revision,
    authorities: { builder: { sigstore: { root: "private", identities: [identity] } } },
    families: [{ name: "payments", images: [images], require: [{ signature: "builder" }] }],
  };
  return JSON.stringify({
    apiVersion: "countersign.dev/v1alpha1",
    kind: "TrustPolicy",
    metadata: { name: "production" },
    spec,
  });
}

async function run(argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo({ env: { PATH: process.env["PATH"] } });
  await runCli(["policy", "history", ...argv, "--config", join(folder, "config.yaml")], io, COMMANDS);
  return heard;
}

describe("policy history", () => {
  test("says of each version when, by whom, its hash and what it changed, by inclusion", async () => {
    commit("trust the builder", { "policies/a.yaml": policy("registry.example/payments/api", 1) });
    commit("something else", { "policies/README.md": "no document" });
    commit("let all of payments in", { "policies/a.yaml": policy("registry.example/payments/*", 2) });
    const { exit, out } = await run(["-o", "json"]);
    expect(exit).toBe(0);
    const { items, more } = JSON.parse(out);
    expect(more).toBe(false);
    expect(items).toMatchObject([
      {
        at: "2026-11-03T10:00:00Z",
        author: "Ann <ann@example>",
        committer: "Bob <bob@example>",
        subject: "let all of payments in",
        isSigned: false,
        policy: { name: "production", revision: 2 },
      },
      { subject: "something else", changes: [] },
      { subject: "trust the builder", policy: { revision: 1 } },
    ]);
    const family = items[0].changes.find(({ what }: { what: string }) => what === "family");
    expect(family).toMatchObject({
      name: "payments",
      change: "changed",
      gained: expect.stringContaining("registry.example/payments/"),
    });
    expect(items[2].changes.map(({ change }: { change: string }) => change)).toContain("added");
    expect(items[1].policy.hash).toBe(items[2].policy.hash);
  });

  test("a version that is no policy is not compared, and said", async () => {
    commit("trust the builder", { "policies/a.yaml": policy("registry.example/payments/*", 1) });
    commit("break it", { "policies/a.yaml": "nonsense: [" });
    const { exit, out } = await run([join(folder, "policies")]);
    expect([exit, out]).toEqual([3, expect.stringMatching(/break it\n {2}not a policy: a\.yaml[^]*not compared\n/)]);
  });

  test("what was taken away is a version, too, and the limit is told", async () => {
    commit("one", { "policies/a.yaml": policy("registry.example/payments/*", 1) });
    rmSync(join(folder, "policies/a.yaml"));
    commit("take it away", { "policies/keep.txt": "" });
    const { out } = await run(["--limit", "1"]);
    expect(out).toMatch(/take it away\n {2}not a policy: there was no document[^]*older versions are not shown\n$/);
  });

  test.each([
    [["/nonexistent"], "input.missing"],
    [[tmpdir()], "git.no-repository"],
  ])("refuses %j", async (argv, id) => {
    expect(await run(argv)).toMatchObject({ exit: 2, err: expect.stringContaining(id) });
  });

  test("one file has its own history, and names are literal", async () => {
    commit("star", { "policies/a.yaml": policy("registry.example/payments/*", 1) });
    commit("other", { "policies/b.yaml": policy("registry.example/other/*", 1).replace("production", "other") });
    const { out } = await run([join(folder, "policies/a.yaml"), "-o", "json"]);
    expect(JSON.parse(out).items.map(({ subject }: { subject: string }) => subject)).toEqual(["star"]);
  });
});
