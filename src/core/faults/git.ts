/** What reading a change from Git can fail with. */
export const GIT_FAULTS = {
  "git.missing": {
    exit: 2,
    message: "There is no Git here that can be used.",
    remedy: "Install Git 2.38 or later, or compare two folders: --base DIR --head DIR.",
  },
  "git.no-repository": {
    exit: 2,
    message: "The folder is in no Git repository.",
    remedy: "Name the repository with --repo, or compare two folders: --base ./DIR --head ./DIR.",
  },
  "git.unknown-revision": {
    exit: 2,
    message: "The revision names no commit of this repository.",
    remedy: "Check the spelling, and fetch it first; a folder is written with ./ before its name.",
  },
  "git.shallow": {
    exit: 2,
    message: "The clone is shallow, and what is needed is beyond its edge.",
    remedy: "Run the command named, then again.",
  },
  "git.conflict": {
    exit: 2,
    message: "The change cannot be merged, so there is no result to judge.",
    remedy: "Resolve the conflict on the branch of the change.",
  },
  "git.unreadable": {
    exit: 2,
    message: "The repository could not be read.",
    remedy: "Look with `git fsck`; a partial clone has to be made whole first (`git fetch --refetch`).",
  },
  "git.tampered": {
    exit: 5,
    message: "The repository holds an object that is not what its name says, or the base is not what it must be.",
    remedy: "Do not trust this clone: make a new one from the forge, and find out who wrote to this one.",
  },
  "git.timeout": {
    exit: 3,
    message: "Git did not answer in time.",
    remedy: "Try again; look at the machine's load and at the disk under the repository.",
  },
} as const;
