import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { makeRepository, makeWorkshop } from "../../../test/setup/git-repository.ts";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { ALL_GATE_CODES } from "../../core/gate/code-help.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-gate-cli-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function gate(...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  await runCli(["gate", ...argv], io, COMMANDS);
  return heard;
}

const STRICT = `apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: pay}
spec:
  images: [{glob: "ghcr.io/acme/**"}]
  authorities: [{keyless: {url: "https://fulcio.sigstore.dev", identities: [{issuer: "https://a.example", subject: "x"}]}}]
`;

/** Two folders: in the second the policy lets in one more. */
function folders(): readonly string[] {
  const [base, head] = ["base", "head"].map((name) => join(folder, name));
  for (const one of [base, head]) mkdirSync(one ?? "", { recursive: true });
  writeFileSync(join(base ?? "", "p.yaml"), STRICT);
  writeFileSync(
    join(head ?? "", "p.yaml"),
    STRICT.replace('"x"}', '"x"}, {issuer: "https://a.example", subject: "y"}'),
  );
  return ["--base", base ?? "", "--head", head ?? ""];
}

describe("gate check", () => {
  test("of two folders: a witness, and exit 1", async () => {
    const { out, err, exit } = await gate("check", ...folders());
    expect([err, exit]).toEqual(["", 1]);
    expect(out).toContain("LOOSENED p.yaml:6 ");
    expect(out).toContain("signer y");
    expect(out).toMatch(/LOOSENED, exit 1: 1 finding, .*\n$/);
  });

  test("the other way round: narrower, and exit 0", async () => {
    const [, base = "", , head = ""] = folders();
    expect(await gate("check", "--base", head, "--head", base)).toMatchObject({ err: "", exit: 0 });
  });

  test("writes each format to its file, and annotations to the log and the summary", async () => {
    const out = join(folder, "out");
    const summary = join(folder, "summary.md");
    writeFileSync(summary, "before\n");
    const formats = ["text", "json", "sarif", "github", "gitlab", "junit", "markdown"].flatMap((format) => [
      "-o",
      format,
    ]);
    const { io, heard } = recordingIo({ env: { GITHUB_STEP_SUMMARY: summary } });
    await runCli(["gate", "check", ...folders(), ...formats, "--out", out], io, COMMANDS);
    expect(heard.exit).toBe(1);
    expect(heard.out.startsWith("::error title=countersign gate::LOOSENED")).toBe(true);
    expect(readdirSync(out).toSorted()).toEqual([
      "gate.github.txt",
      "gate.gitlab.json",
      "gate.json",
      "gate.junit.xml",
      "gate.md",
      "gate.sarif",
      "gate.txt",
    ]);
    expect(readFileSync(summary, "utf8")).toBe(`before\n${readFileSync(join(out, "gate.md"), "utf8")}`);
    expect(readFileSync(join(out, "gate.github.txt"), "utf8")).toBe(heard.out);
  });

  test("a base that is not on the protected reference is tampering: exit 5", async () => {
    const { folder: workshop, remove } = makeWorkshop();
    const { root, git, commit } = makeRepository(workshop);
    commit({ "p.yaml": STRICT });
    git("checkout", "-q", "-b", "stray");
    commit({ "p.yaml": STRICT, ".countersign/gate.yaml": "protectedRef: refs/heads/main\n" });
    const { io, heard } = recordingIo({ env: { PATH: process.env["PATH"] } });
    await runCli(["gate", "check", "--repo", root, "--base", "stray", "--head", "stray"], io, COMMANDS);
    remove();
    expect(heard).toMatchObject({ out: "", exit: 5 });
    expect(heard.err).toContain("not in the history of refs/heads/main");
  });

  test("what is not decided is exit 3, and says what would decide it", async () => {
    const base = join(folder, "none");
    const head = join(folder, "template");
    for (const one of [base, head]) mkdirSync(one, { recursive: true });
    writeFileSync(join(head, "p.yaml"), `{{ if true }}\n${STRICT}{{ end }}\n`);
    const { out, exit } = await gate("check", "--base", base, "--head", head);
    expect(exit).toBe(3);
    expect(out).toContain("would decide it: compare rendered files");
  });

  test("shows what runs, where the inventory has it", async () => {
    const inventory = join(folder, "inventory.json");
    const digest = `sha256:${"e".repeat(64)}`;
    const signer = { issuer: "https://a.example", san: "y" };
    const item = { repository: "ghcr.io/acme/pay/api", digest, namespace: "pay", signers: [signer] };
    writeFileSync(inventory, JSON.stringify({ items: [item] }));
    const { out, exit } = await gate("check", ...folders(), "--inventory", inventory, "-o", "json");
    expect(exit).toBe(1);
    const [finding] = JSON.parse(out).findings;
    expect([finding.tier, finding.witness.image]).toEqual(["existing", `ghcr.io/acme/pay/api@${digest}`]);
    expect(finding.witness.evidence).toMatchObject([signer]);
    writeFileSync(inventory, JSON.stringify({ items: [{ ...item, repository: "ghcr.io/other/api" }] }));
    const other = await gate("check", ...folders(), "--inventory", inventory, "-o", "json");
    expect(JSON.parse(other.out).findings[0].tier).not.toBe("existing");
    writeFileSync(inventory, "[]");
    expect(await gate("check", ...folders(), "--inventory", inventory)).toMatchObject({ out: "", exit: 2 });
  });

  test("judges what charts render to beside the repository", async () => {
    const [, base = "", , head = ""] = folders();
    const empty = join(folder, "empty");
    mkdirSync(empty, { recursive: true });
    const rendered = ["--base-rendered", base, "--head-rendered", head];
    const { out, exit } = await gate("check", "--base", empty, "--head", empty, ...rendered);
    expect(exit).toBe(1);
    expect(out).toContain("LOOSENED rendered/p.yaml:6 ");
    expect(await gate("check", "--base", empty, "--head", empty, "--base-rendered", base)).toMatchObject({ exit: 2 });
  });

  test("a plain word is a revision in a repository, whatever folders there are", async () => {
    const { folder: workshop, remove } = makeWorkshop();
    const { root, commit } = makeRepository(workshop);
    commit({ "main/p.yaml": STRICT, "HEAD~1/p.yaml": STRICT });
    const { io, heard } = recordingIo({ env: { PATH: process.env["PATH"] } });
    await runCli(["gate", "check", "--repo", root, "--base", "nowhere", "--head", "main"], io, COMMANDS);
    remove();
    expect(heard).toMatchObject({ out: "", exit: 2 });
    expect(heard.err).toContain("git.unknown-revision");
  });

  test.each([
    [["check"], "--base"],
    [["check", "--base", "/tmp", "--head", "main"], "compare two of a kind"],
    [["check", "--base", "/nonexistent", "--head", "/nonexistent"], "input.missing"],
    [["check", "--base", "/tmp", "--head", "/tmp", "-o", "xml"], "One of text, json"],
    [["check", "--base", "/tmp", "--head", "/tmp", "--now", "today"], "An instant"],
    [["check", "--base", "/tmp", "--head", "/tmp", "--only", "all"], "policy"],
  ])("%j is refused", async (argv, message) => {
    const { out, err, exit } = await gate(...argv);
    expect([out, exit]).toEqual(["", 2]);
    expect(err).toContain(message);
  });

  test("several formats need a folder", async () => {
    const { err, exit } = await gate("check", ...folders(), "-o", "json", "-o", "sarif");
    expect(exit).toBe(2);
    expect(err).toContain("--out DIR");
  });
});

describe("gate explain", () => {
  test.each(ALL_GATE_CODES)("says what %s means and what to do", async (code) => {
    const { out, err, exit } = await gate("explain", code.toLowerCase());
    expect([err, exit]).toEqual(["", 0]);
    expect(out).toMatch(new RegExp(`^${code}: .{5,}\\n {2}means: {3}.{20,}\\.\\n {2}remedy: {2}.{10,}\\.\\n$`));
  });

  test("tells a finding of a report by a part of its id", async () => {
    const report = join(folder, "gate.json");
    const id = `sha256:${"ab12".repeat(16)}`;
    const finding = { id, code: "GP001", message: "accepts \u202Ex", tier: "issuable", waiver: null };
    writeFileSync(report, JSON.stringify({ schema: "countersign.gate.report/v1", findings: [finding], undecided: [] }));
    const { out, exit } = await gate("explain", "sha256:ab12", "--report", report);
    expect(exit).toBe(0);
    expect(out).toContain("  message: accepts \\u{202E}x\n  tier:    issuable\n");
    expect(JSON.parse((await gate("explain", id, "--report", report, "-o", "json")).out)).toMatchObject({
      code: "GP001",
      finding,
    });
    expect(await gate("explain", "sha256:ff", "--report", report)).toMatchObject({ out: "", exit: 2 });
  });

  test.each([
    [["explain", "GP002X"], "did you mean"],
    [["explain", "sha256:1"], "--report"],
    [["explain", "x", "--report", "/nonexistent"], "input.missing"],
    [["explain", "x", "--report", "package.json"], "not a report"],
  ])("%j is refused", async (argv, message) => {
    const { out, err, exit } = await gate(...argv);
    expect([out, exit]).toEqual(["", 2]);
    expect(err).toContain(message);
  });
});
