import { Fault } from "../../core/fault.ts";
import type { Git } from "./process.ts";
import type { Repository } from "./repository.ts";
import { fetchCommand } from "./resolve.ts";

type Sides = {
  readonly repository: Repository;
  /** Of the private repository: what a merge writes, it writes there. */
  readonly git: Git;
  readonly base: string;
  readonly head: string;
};

/**
 * The tree that the target has once the change is merged; `undefined` when it is the head's own, because the head grew out
 * of the base. Two changes that are harmless alone are seen only so. Faults: `git.conflict`, `git.shallow`, `git.unreadable`.
 */
export async function mergeOf(
  { repository, git, base, head }: Sides,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ancestry = await git.run(["merge-base", "--is-ancestor", base, head], signal);
  if (ancestry.code === 0) return undefined;
  if (repository.isShallow) throw new Fault("git.shallow", `${base}: ${fetchCommand(repository.root, base)}`);
  if (ancestry.code !== 1) throw new Fault("git.unreadable", ancestry.complaint);
  const args = ["merge-tree", "--write-tree", "--no-messages", "--name-only", "-z", base, head];
  const { code, out, complaint } = await git.run(args, signal);
  const [tree = "", ...paths] = out.split("\0").filter((part) => part !== "");
  if (code === 0 && /^[0-9a-f]{40,64}$/.test(tree)) return tree;
  if (code === 1) throw new Fault("git.conflict", paths.slice(0, 20).join(", ") || complaint);
  throw new Fault("git.conflict", complaint);
}
