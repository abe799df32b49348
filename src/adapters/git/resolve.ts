import { Fault } from "../../core/fault.ts";
import type { Repository } from "./repository.ts";
import { gitWord } from "./word.ts";

const REVISION_CHARACTERS_MAX = 1024;
const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The full id of the commit that a revision names. Faults: `git.unknown-revision`, `git.shallow`, `git.timeout`. */
export async function resolveCommit(repository: Repository, revision: string, signal: AbortSignal): Promise<string> {
  refuseOdd(revision);
  const { code, out, complaint } = await repository.git.run(
    ["rev-parse", "--verify", "--end-of-options", `${revision}^{commit}`],
    signal,
  );
  const id = out.trim();
  if (code === 0 && OBJECT_ID.test(id)) return id;
  if (repository.isShallow) throw new Fault("git.shallow", `${revision}: ${fetchCommand(repository.root, revision)}`);
  throw new Fault("git.unknown-revision", `${revision}: ${complaint}`);
}

/** What begins like an option is one for somebody; what has control characters is nobody's branch. */
function refuseOdd(revision: string): void {
  if (
    revision === "" ||
    revision.startsWith("-") ||
    revision.length > REVISION_CHARACTERS_MAX ||
    /\p{Cc}/u.test(revision)
  )
    throw new Fault("git.unknown-revision", `${revision.slice(0, 200)} is not a revision`);
}

/** The command that brings a revision, with its history, into a shallow clone. */
export function fetchCommand(root: string, revision: string): string {
  const [, remote = "origin", branch] = /^(?:refs\/remotes\/)?(origin|upstream)\/(.+)$/.exec(revision) ?? [];
  const spec = OBJECT_ID.test(revision)
    ? revision
    : branch === undefined
      ? `+refs/heads/${revision}:refs/heads/${revision}`
      : `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`;
  return `git -C ${gitWord(root)} fetch --unshallow ${remote} ${gitWord(spec)}`;
}
