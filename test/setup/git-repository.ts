import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Planted } from "../../src/ports/change-source.contract.ts";

/** A repository of a test, on a branch `main`, with an author who is nobody. */
export type TestRepository = {
  readonly root: string;
  readonly git: (...args: readonly string[]) => string;
  /** Makes the work tree these files and no others, and commits them. */
  readonly commit: (files: Planted) => string;
  /** How many files its object store has. */
  readonly objectCount: () => number;
};

/** Makes an empty repository under a folder. */
export function makeRepository(folder: string, format: "sha1" | "sha256" = "sha1"): TestRepository {
  const root = realpathSync(mkdtempSync(join(folder, "repository-")));
  const git = gitAt(root);
  git("init", "-q", "-b", "main", `--object-format=${format}`);
  return {
    root,
    git,
    commit: (files) => {
      for (const name of readdirSync(root)) if (name !== ".git") rmSync(join(root, name), { recursive: true });
      plant(root, files);
      git("add", "-A");
      git("commit", "-q", "--allow-empty", "-m", "change");
      return git("rev-parse", "HEAD");
    },
    objectCount: () => readdirSync(join(root, ".git", "objects"), { recursive: true }).length,
  };
}

/** Runs git in a folder as a user would, with no configuration but this. */
export function gitAt(root: string): TestRepository["git"] {
  return (...args) => {
    const settings = [
      "-c",
      "user.name=Test",
      "-c",
      "user.email=test@example.invalid",
      "-c",
      "protocol.file.allow=always",
    ];
    const { status, stdout, stderr } = spawnSync("git", [...settings, ...args], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
}

/** Writes files and links below a folder. */
export function plant(root: string, files: Planted): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (typeof content === "string") writeFileSync(join(root, path), content);
    else symlinkSync(content.link, join(root, path));
  }
}

/** A folder of its own for the repositories of one test file. */
export function makeWorkshop(): { readonly folder: string; readonly remove: () => void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "countersign-git-")));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
