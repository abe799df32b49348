import { existsSync, readFileSync, realpathSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { Fault } from "../../core/fault.ts";
import type { ObjectFormat } from "./objects.ts";
import { gitIn, type Git } from "./process.ts";

/** A repository as it lies there, of which only references are asked. */
export type Repository = {
  readonly root: string;
  readonly git: Git;
  readonly objects: string;
  readonly format: ObjectFormat;
  readonly isShallow: boolean;
  /** The lines of its `shallow` file. */
  readonly shallow: string;
};

/** `merge-tree --write-tree` came with Git 2.38. */
const GIT_OLDEST: readonly [number, number] = [2, 38];

/** Finds the repository that a folder is in. Faults: `git.missing`, `git.no-repository`, `git.timeout`. */
export async function findRepository(
  folder: string,
  path: string | undefined,
  signal: AbortSignal,
): Promise<Repository> {
  const root = rootOf(folder);
  const git = gitIn(root, path);
  await refuseOld(git, signal);
  const questions = ["--absolute-git-dir", "--git-common-dir", "--show-object-format", "--is-shallow-repository"];
  const { code, out, complaint } = await git.run(["rev-parse", ...questions], signal);
  const [gitDir = "", common = "", format, shallow, ...rest] = out.split("\n");
  if (code !== 0 || !isAbsolute(gitDir) || rest.length !== 1)
    throw new Fault("git.no-repository", `${folder}: ${complaint}`);
  if (format !== "sha1" && format !== "sha256")
    throw new Fault("git.no-repository", `${folder}: object format ${format}`);
  const commonDir = resolve(root, common);
  const isShallow = shallow === "true";
  return {
    root,
    git,
    objects: join(commonDir, "objects"),
    format,
    isShallow,
    shallow: isShallow ? shallowOf(commonDir) : "",
  };
}

/** Whether a folder is in a repository. */
export function isInRepository(folder: string): boolean {
  return existsSync(folder) && findRoot(folder) !== undefined;
}

/** Git looks upwards itself, but not above the folder it is started in: its configuration is read from where it finds one. */
function rootOf(folder: string): string {
  if (!existsSync(folder)) throw new Fault("input.missing", folder);
  const root = findRoot(folder);
  if (root === undefined) throw new Fault("git.no-repository", folder);
  return root;
}

function findRoot(folder: string): string | undefined {
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    if (existsSync(join(at, ".git")) || (existsSync(join(at, "HEAD")) && existsSync(join(at, "objects")))) return at;
    if (at === dirname(at)) return undefined;
  }
}

async function refuseOld(git: Git, signal: AbortSignal): Promise<void> {
  const { out } = await git.run(["version"], signal);
  const [, major = "0", minor = "0"] = /^git version (\d+)\.(\d+)/.exec(out) ?? [];
  const [oldestMajor, oldestMinor] = GIT_OLDEST;
  const isOld = Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
  if (isOld)
    throw new Fault(
      "git.missing",
      `${out.trim() || "git"}: ${GIT_OLDEST.join(".")} is the oldest that merges without a work tree`,
    );
}

function shallowOf(commonDir: string): string {
  const text = readFileSync(join(commonDir, "shallow"), "latin1");
  return /^(?:[0-9a-f]{40,64}\n)*$/.test(text) ? text : "";
}

/**
 * A repository of our own, empty, that borrows the objects of another: what is read and merged through it knows nothing of
 * the other's configuration, hooks, attributes, merge drivers, replacements and grafts, and what it writes is written here.
 */
export type PrivateRepository = { readonly git: Git; readonly remove: () => Promise<void> };

export async function borrowObjects(from: Repository, path: string | undefined): Promise<PrivateRepository> {
  if (/[\n"]/.test(from.objects))
    throw new Fault("git.no-repository", `${from.objects}: a path that Git cannot borrow from`);
  const folder = await mkdtemp(join(tmpdir(), "countersign-gate-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await chmod(folder, 0o700);
    await mkdir(join(folder, "objects", "info"), { recursive: true });
    await mkdir(join(folder, "objects", "pack"));
    await mkdir(join(folder, "refs"));
    await writeFile(join(folder, "HEAD"), "ref: refs/heads/none\n");
    await writeFile(join(folder, "config"), configOf(from.format));
    await writeFile(join(folder, "objects", "info", "alternates"), `${from.objects}\n`);
    if (from.shallow !== "") await writeFile(join(folder, "shallow"), from.shallow);
  } catch (error) {
    await remove();
    throw error;
  }
  return { git: gitIn(folder, path, folder), remove };
}

function configOf(format: ObjectFormat): string {
  const head = `[core]\n\trepositoryformatversion = ${format === "sha256" ? 1 : 0}\n\tbare = true\n`;
  return format === "sha256" ? `${head}[extensions]\n\tobjectformat = sha256\n` : head;
}
