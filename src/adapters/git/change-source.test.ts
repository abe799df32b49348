import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { gitAt, makeRepository, makeWorkshop, type TestRepository } from "../../../test/setup/git-repository.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { changeSourceContract } from "../../ports/change-source.contract.ts";
import type { Change, ChangeSource, Revision } from "../../ports/change-source.ts";
import { gitChangeSource } from "./change-source.ts";

const never = new AbortController().signal;
const LIMITS = { fileBytesMax: 10_000, totalBytesMax: 100_000 };
const { folder, remove } = makeWorkshop();
const marker = join(folder, "marker");

afterAll(remove);

function sourceOf({ root }: TestRepository, base = "main", head = "feature"): ChangeSource {
  return gitChangeSource({ repository: root, base, head, path: process.env["PATH"] });
}

for (const format of ["sha1", "sha256"] as const) {
  changeSourceContract(`Git, ${format}`, async (base, head) => {
    const repository = makeRepository(folder, format);
    repository.commit(base);
    repository.git("checkout", "-q", "-b", "feature");
    repository.commit(head);
    return sourceOf(repository);
  });
}

/** `main` has the first text, `feature` the second. */
function twoSides(base = "strict\n", head = "loose\n"): TestRepository {
  const repository = makeRepository(folder);
  repository.commit({ "policy.yaml": base });
  repository.git("checkout", "-q", "-b", "feature");
  repository.commit({ "policy.yaml": head });
  return repository;
}

async function textOf(side: Revision, path = "policy.yaml"): Promise<string | undefined> {
  const entry = side.entries.find((one) => one.path === path);
  const contents = entry && (await side.read([entry], LIMITS, never));
  return parseUtf8(contents?.get(entry?.id ?? "") ?? new Uint8Array([0xff]));
}

async function open<T>(source: ChangeSource, use: (change: Change) => Promise<T>): Promise<T> {
  const change = await source.open(never);
  try {
    return await use(change);
  } finally {
    await change.close();
  }
}

async function texts(source: ChangeSource): Promise<readonly (string | undefined)[]> {
  return open(source, async ({ base, head }) => [await textOf(base), await textOf(head)]);
}

describe("gitChangeSource", () => {
  test("a replacement of an object replaces nothing", async () => {
    const repository = twoSides();
    const [strict, loose] = ["main", "feature"].map((side) => repository.git("rev-parse", `${side}:policy.yaml`));
    repository.git("replace", strict ?? "", loose ?? "");
    expect(await texts(sourceOf(repository))).toEqual(["strict\n", "loose\n"]);
  });

  test("a replaced commit replaces nothing", async () => {
    const repository = twoSides();
    repository.git("replace", "main", "feature");
    expect(await texts(sourceOf(repository))).toEqual(["strict\n", "loose\n"]);
  });

  test("a graft does not make an ancestor", async () => {
    const repository = twoSides();
    repository.git("checkout", "-q", "main");
    const main = repository.commit({ "policy.yaml": "strict\n", "other.yaml": "new\n" });
    writeFileSync(join(repository.root, ".git/info/grafts"), `${repository.git("rev-parse", "feature")} ${main}\n`);
    await open(sourceOf(repository), async ({ head }) => {
      expect(head.entries.map(({ path }) => path)).toEqual(["other.yaml", "policy.yaml"]);
    });
  });

  test("compares the target with the merge, where the two have grown apart, and writes nothing", async () => {
    const repository = makeRepository(folder);
    repository.commit({ "a.yaml": "a\n", "b.yaml": "b\n", "c.yaml": "c\n" });
    repository.git("checkout", "-q", "-b", "feature");
    repository.commit({ "b.yaml": "b\n", "c.yaml": "c\n" });
    repository.git("checkout", "-q", "main");
    repository.commit({ "a.yaml": "a\n", "c.yaml": "c\n" });
    const before = repository.objectCount();
    await open(sourceOf(repository), async ({ base, head }) => {
      expect(base.entries.map(({ path }) => path)).toEqual(["a.yaml", "c.yaml"]);
      expect(head.entries.map(({ path }) => path)).toEqual(["c.yaml"]);
      expect(head.oid).toBe(repository.git("rev-parse", "feature"));
    });
    expect(repository.objectCount()).toBe(before);
  });

  test("leaves no folder of its own behind", async () => {
    const before = privateFolders();
    await texts(sourceOf(twoSides()));
    await expect(sourceOf(conflicting()).open(never)).rejects.toMatchObject({
      id: "git.conflict",
      subject: "policy.yaml",
    });
    expect(privateFolders().filter((name) => !before.includes(name))).toEqual([]);
  });

  test("runs nothing that the repository's configuration names", async () => {
    const repository = conflicting();
    const script = join(folder, "hostile");
    writeFileSync(script, `#!/bin/sh\ntouch '${marker}'\n`);
    chmodSync(script, 0o755);
    const hooks = join(repository.root, "hooks");
    rmSync(hooks, { recursive: true, force: true });
    repository.git("config", "core.fsmonitor", script);
    repository.git("config", "core.hooksPath", folder);
    repository.git("config", "diff.external", script);
    repository.git("config", "core.sshCommand", script);
    repository.git("config", "core.gitProxy", script);
    repository.git("config", "core.pager", script);
    repository.git("config", "core.editor", script);
    repository.git("config", "core.alternateRefsCommand", script);
    repository.git("config", "filter.x.smudge", script);
    repository.git("config", "filter.x.clean", script);
    repository.git("config", "diff.x.textconv", script);
    repository.git("config", "merge.x.driver", script);
    repository.git("config", "alias.cat-file", `!${script}`);
    repository.git("config", "extensions.partialClone", "origin");
    repository.git("config", "remote.origin.promisor", "true");
    repository.git("config", "remote.origin.url", `ext::${script}`);
    writeFileSync(join(repository.root, ".git/info/attributes"), "* filter=x diff=x merge=x\n");
    for (const hook of ["reference-transaction", "post-checkout", "pre-auto-gc", "post-index-change"]) {
      writeFileSync(join(repository.root, ".git/hooks", hook), `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 });
    }
    // The merge driver would resolve the conflict: that it stays one shows that the driver did not run.
    await expect(sourceOf(repository).open(never)).rejects.toMatchObject({ id: "git.conflict" });
    await expect(sourceOf(repository, "main", "nowhere").open(never)).rejects.toMatchObject({
      id: "git.unknown-revision",
    });
    expect(existsSync(marker)).toBe(false);
  });

  test.each(["--output=/tmp/x", "-q", "", "a\nb", "\u0000", "--", "x".repeat(2000)])(
    "%j is not a revision",
    async (revision) => {
      const repository = twoSides();
      for (const [base, head] of [
        [revision, "main"],
        ["main", revision],
      ] as const) {
        // oxlint-disable-next-line no-await-in-loop -- two
        await expect(sourceOf(repository, base, head).open(never)).rejects.toMatchObject({
          id: "git.unknown-revision",
        });
      }
    },
  );

  test("an object that is not what its name says is tampering", async () => {
    const repository = twoSides();
    const blob = repository.git("rev-parse", "main:policy.yaml");
    const path = join(repository.root, ".git/objects", blob.slice(0, 2), blob.slice(2));
    chmodSync(path, 0o644);
    writeFileSync(path, deflateSync("blob 6\0loose\n"));
    await expect(texts(sourceOf(repository))).rejects.toMatchObject({ id: "git.tampered" });
  });

  test("a shallow clone without the base names the command that fetches it", async () => {
    const { root } = twoSides();
    gitAt(folder)("clone", "-q", "--depth", "1", "--branch", "feature", `file://${root}`, "shallow");
    const clone = join(folder, "shallow");
    const source = gitChangeSource({ repository: clone, base: "origin/main", head: "HEAD", path: process.env["PATH"] });
    const command = `git -C ${clone} fetch --unshallow origin +refs/heads/main:refs/remotes/origin/main`;
    await expect(source.open(never)).rejects.toMatchObject({ id: "git.shallow", subject: `origin/main: ${command}` });
    gitAt(folder)(...command.split(" ").slice(1));
    expect(await texts(source)).toEqual(["strict\n", "loose\n"]);
  });

  test("another repository in the tree is told, and not entered", async () => {
    const repository = twoSides();
    repository.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},policies`);
    repository.git("commit", "-q", "-m", "module");
    await open(sourceOf(repository), async ({ head }) => {
      expect(head.entries.find(({ path }) => path === "policies")).toEqual({
        path: "policies",
        kind: "module",
        id: "1".repeat(40),
      });
    });
  });

  test("a name that is not UTF-8 is shown by its bytes", async () => {
    const repository = twoSides();
    const blob = repository.git("rev-parse", "HEAD:policy.yaml");
    const name = Buffer.from([0x66, 0xff, 0x0a]);
    const row = Buffer.concat([Buffer.from("100644 "), name, Buffer.from([0]), Buffer.from(blob, "hex")]);
    writeFileSync(join(folder, "tree"), row);
    const tree = repository.git("hash-object", "-w", "-t", "tree", "--literally", join(folder, "tree"));
    repository.git("branch", "odd", repository.git("commit-tree", "-m", "odd", "-p", "main", tree));
    await open(sourceOf(repository, "main", "odd"), async ({ head }) => {
      expect(head.entries.map(({ path }) => path)).toEqual(["f\\xff\n"]);
    });
  });

  test.each(["..", ".", "a/b"])("a tree with the name %j is refused", async (name) => {
    const repository = twoSides();
    const blob = repository.git("rev-parse", "HEAD:policy.yaml");
    const row = Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, "hex")]);
    writeFileSync(join(folder, "tree"), row);
    const tree = repository.git("hash-object", "-w", "-t", "tree", "--literally", join(folder, "tree"));
    repository.git("branch", "odd", repository.git("commit-tree", "-m", "odd", "-p", "main", tree));
    await expect(sourceOf(repository, "main", "odd").open(never)).rejects.toMatchObject({ id: "git.unreadable" });
  });

  test.each<[string, number, number, string]>([
    ["a tree of a few objects that is ten thousand million files", 10, 10, "input.too-large"],
    ["folders deeper than any path", 1, 101, "git.unreadable"],
  ])("%s is refused", async (_, width, depth, id) => {
    const repository = twoSides();
    let tree = repository.git("rev-parse", "HEAD^{tree}");
    for (let level = 0; level < depth; level++) {
      const rows = Array.from({ length: width }, (__, i) =>
        Buffer.concat([Buffer.from(`40000 ${i}\0`), Buffer.from(tree, "hex")]),
      );
      writeFileSync(join(folder, "tree"), Buffer.concat(rows));
      tree = repository.git("hash-object", "-w", "-t", "tree", "--literally", join(folder, "tree"));
    }
    repository.git("branch", "bomb", repository.git("commit-tree", "-m", "bomb", "-p", "main", tree));
    await expect(sourceOf(repository, "main", "bomb").open(never)).rejects.toMatchObject({ id });
  });

  test("a clone that lacks what is asked for says so, and fetches nothing", async () => {
    const { root, git } = twoSides();
    git("config", "uploadpack.allowFilter", "true");
    gitAt(folder)("clone", "-q", "--no-checkout", "--filter=blob:none", `file://${root}`, "partial");
    const partial = join(folder, "partial");
    const source = gitChangeSource({
      repository: partial,
      base: "origin/main",
      head: "origin/feature",
      path: process.env["PATH"],
    });
    await expect(texts(source)).rejects.toMatchObject({ id: "git.unreadable" });
  });

  test("says whether the base is in the history of a reference", async () => {
    const repository = twoSides();
    await open(sourceOf(repository), async (change) => {
      expect(await change.isBaseOn("refs/heads/main", never)).toBe(true);
      expect(await change.isBaseOn("feature", never)).toBe(true);
    });
    await open(sourceOf(repository, "feature", "feature"), async (change) => {
      expect(await change.isBaseOn("main", never)).toBe(false);
    });
  });

  test("works from a folder in the repository, from a work tree, and from a bare repository", async () => {
    const repository = makeRepository(folder);
    repository.commit({ "policy.yaml": "strict\n", "deep/x": "" });
    repository.git("checkout", "-q", "-b", "feature");
    repository.commit({ "policy.yaml": "loose\n", "deep/x": "" });
    repository.git("worktree", "add", "-q", join(folder, "tree of work"), "main");
    gitAt(folder)("clone", "-q", "--bare", repository.root, "bare.git");
    for (const place of [join(repository.root, "deep"), join(folder, "tree of work"), join(folder, "bare.git")]) {
      const source = gitChangeSource({ repository: place, base: "main", head: "feature", path: process.env["PATH"] });
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect([place, ...(await texts(source))]).toEqual([place, "strict\n", "loose\n"]);
    }
  });

  test("a folder without a repository has none", async () => {
    const source = gitChangeSource({ repository: tmpdir(), base: "a", head: "b", path: process.env["PATH"] });
    await expect(source.open(never)).rejects.toMatchObject({ id: "git.no-repository" });
  });

  test("a machine without Git is told so", async () => {
    const { root } = twoSides();
    const source = gitChangeSource({ repository: root, base: "main", head: "feature", path: folder });
    await expect(source.open(never)).rejects.toMatchObject({ id: "git.missing" });
  });
});

/** Both sides change the same line. */
function conflicting(): TestRepository {
  const repository = twoSides();
  repository.git("checkout", "-q", "main");
  repository.commit({ "policy.yaml": "otherwise\n" });
  return repository;
}

function privateFolders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("countersign-gate-"));
}
