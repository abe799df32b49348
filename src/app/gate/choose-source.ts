import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { folderChangeSource } from "../../adapters/files/folder-change-source.ts";
import { gitChangeSource } from "../../adapters/git/change-source.ts";
import { isInRepository } from "../../adapters/git/repository.ts";
import { Fault } from "../../core/fault.ts";
import type { ChangeSource } from "../../ports/change-source.ts";

/** What a person said of the two sides: revisions of a repository, or folders. */
export type SidesAsked = {
  readonly base: string;
  readonly head: string;
  readonly repository: string;
  /** Where `git` is looked for. */
  readonly path: string | undefined;
};

/**
 * Folders are written as paths: absolute, or from `.` or `..`. In a repository a plain word is a revision and nothing else,
 * because a change may hold a folder that is called like a branch. Faults: `input.malformed` for one of each.
 */
export function chooseSource({ base, head, repository, path }: SidesAsked): ChangeSource {
  const sides = [base, head];
  const isOutside = !isInRepository(repository) && sides.every((side) => existsSync(side));
  if (isOutside || sides.every(isFolderText)) return folderChangeSource({ base, head });
  if (sides.some(isFolderText)) {
    const message = `--base ${base} --head ${head}: one is a folder and the other is a revision; compare two of a kind`;
    throw new Fault("input.malformed", message);
  }
  return gitChangeSource({ repository, base, head, path });
}

function isFolderText(text: string): boolean {
  return isAbsolute(text) || /^\.{1,2}(?:\/|$)/.test(text);
}
