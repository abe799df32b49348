import { matchesPath, reachesBelow, type PathGlob } from "./path-glob.ts";
import { indexTree, resolveLink, type TreeIndex } from "./resolve-link.ts";
import type { TreeEntry } from "./tree-entry.ts";

/** Which files of a revision are looked at. */
export type PathChoice = { readonly include: readonly PathGlob[]; readonly exclude: readonly PathGlob[] };

/** What a choice finds in a revision. */
export type Selection = {
  /** A file under the name it is looked at by; where a link led to it, `entry` has another. */
  readonly files: readonly SelectedFile[];
  /** Other repositories where something could be included. */
  readonly modules: readonly TreeEntry[];
  /** Included, and not to be read. */
  readonly problems: readonly SelectionProblem[];
};
export type SelectedFile = { readonly path: string; readonly entry: TreeEntry };
export type SelectionProblem = { readonly path: string; readonly why: string };

/** change-gate chapter §7. */
export const FILES_MAX = 50_000;

/** Whether a path is included, and not excluded. */
export function isChosen({ include, exclude }: PathChoice, path: string): boolean {
  return include.some((glob) => matchesPath(glob, path)) && !exclude.some((glob) => matchesPath(glob, path));
}

/**
 * Finds the files to look at. Links are followed inside the tree; what lies under two names is looked at under its own when
 * that is included. A link that leads nowhere, a device or a pipe at an included path is a problem, never a file less.
 */
export function selectFiles(entries: readonly TreeEntry[], choice: PathChoice): Selection {
  const found: Found = { choice, tree: indexTree(entries), files: [], modules: [], problems: [] };
  for (const entry of entries) {
    if (found.files.length > FILES_MAX) break;
    if (entry.kind === "link") followLink(found, entry);
    else if (entry.kind === "module") {
      if (reaches(choice, entry.path)) found.modules.push(entry);
    } else if (isChosen(choice, entry.path)) {
      if (entry.kind === "file") found.files.push({ path: entry.path, entry });
      else found.problems.push({ path: entry.path, why: "is no regular file" });
    }
  }
  if (found.files.length > FILES_MAX)
    found.problems.push({ path: "", why: `more than ${FILES_MAX} files are included` });
  return { files: found.files, modules: found.modules, problems: found.problems };
}

type Found = {
  readonly choice: PathChoice;
  readonly tree: TreeIndex;
  readonly files: SelectedFile[];
  readonly modules: TreeEntry[];
  readonly problems: SelectionProblem[];
};

function reaches({ include, exclude }: PathChoice, folder: string): boolean {
  const isExcluded = exclude.some((glob) => matchesPath(glob, folder) || matchesPath(glob, `${folder}/x/x`));
  return !isExcluded && include.some((glob) => reachesBelow(glob, folder) || matchesPath(glob, folder));
}

function followLink(found: Found, link: TreeEntry): void {
  const { choice, tree } = found;
  const end = resolveLink(tree, link.path);
  if (end.kind === "folder") followFolder(found, link.path, end.path);
  else if (isChosen(choice, link.path)) {
    if (end.kind === "file") addUnder(found, link.path, end.entry);
    else found.problems.push({ path: link.path, why: `is a link that ${end.why}` });
  }
}

/** A link to a folder is every file of the folder under another name. */
function followFolder(found: Found, name: string, folder: string): void {
  const { choice, tree, problems } = found;
  // Above itself: the link is in the folder that it leads to, and would be for ever.
  const isAbove = folder === "" || name.startsWith(`${folder}/`);
  if (isAbove) {
    if (reaches(choice, name)) problems.push({ path: name, why: "is a link to a folder above itself" });
    return;
  }
  if (!reaches(choice, name)) return;
  for (const entry of tree.entries.values()) {
    if (!entry.path.startsWith(`${folder}/`) || found.files.length > FILES_MAX) continue;
    const path = `${name}/${entry.path.slice(folder.length + 1)}`;
    if (!isChosen(choice, path)) continue;
    const end = resolveLink(tree, entry.path);
    if (end.kind === "file") addUnder(found, path, end.entry);
    else
      problems.push({
        path,
        why: end.kind === "folder" ? "is a link in a folder that is one" : `is a link that ${end.why}`,
      });
  }
}

function addUnder({ choice, files }: Found, path: string, entry: TreeEntry): void {
  if (!isChosen(choice, entry.path)) files.push({ path, entry });
}
