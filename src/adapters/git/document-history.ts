import { realpath, stat } from "node:fs/promises";
import { basename, dirname, relative, sep } from "node:path";
import { toPrintable } from "../../core/admission/printable.ts";
import { Fault } from "../../core/fault.ts";
import type { TreeEntry } from "../../core/gate/tree/tree-entry.ts";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";
import type { DocumentHistory, DocumentVersion, DocumentVersions } from "../../ports/document-history.ts";
import { openObjects, type ObjectReader } from "./objects.ts";
import { borrowObjects, findRepository, type PrivateRepository, type Repository } from "./repository.ts";
import { resolveCommit } from "./resolve.ts";
import { treeLister, type TreeLister } from "./tree.ts";

export type DocumentHistoryOptions = {
  /** A file, or a folder whose documents are one set. */
  readonly at: string;
  /** Which files of a folder are documents, by name. */
  readonly isDocument: (name: string) => boolean;
  /** The search path, for git. */
  readonly path: string | undefined;
};

const COMMIT_BYTES_MAX = 1024 * 1024;
const FILE_BYTES_MAX = 4 * 1024 * 1024;

/** Reads versions out of Git: plumbing alone, through a private repository that borrows the objects; runs nothing of it. */
export function gitDocumentHistory({ at, isDocument, path }: DocumentHistoryOptions): DocumentHistory {
  return {
    read: async (versionsMax, signal) => {
      const place = await placeOf(at);
      const repository = await findRepository(place.folder, path, signal);
      const head = await resolveCommit(repository, "HEAD", signal);
      const borrowed = await borrowObjects(repository, path);
      const objects = openObjects(borrowed.git, repository.format);
      try {
        const within = relative(await realpath(repository.root), place.real)
          .split(sep)
          .join("/");
        const trees = treeLister(objects, repository.format);
        const reading = { objects, trees, within, isFile: place.isFile, isDocument };
        return await readVersions({ repository, borrowed, head, versionsMax }, reading, signal);
      } finally {
        await objects.close();
        await borrowed.remove();
      }
    },
  };
}

type Place = { readonly real: string; readonly folder: string; readonly isFile: boolean };

async function placeOf(at: string): Promise<Place> {
  const real = await realpath(at).catch(() => undefined);
  if (real === undefined) throw new Fault("input.missing", at);
  const isFile = !(await stat(real)).isDirectory();
  return { real, folder: isFile ? dirname(real) : real, isFile };
}

type Asked = {
  readonly repository: Repository;
  readonly borrowed: PrivateRepository;
  readonly head: string;
  readonly versionsMax: number;
};
type Reading = {
  readonly objects: ObjectReader;
  readonly trees: TreeLister;
  /** Of the repository's root. */
  readonly within: string;
  readonly isFile: boolean;
  readonly isDocument: (name: string) => boolean;
};

async function readVersions(
  { repository, borrowed, head, versionsMax }: Asked,
  reading: Reading,
  signal: AbortSignal,
): Promise<DocumentVersions> {
  const only = reading.within === "" ? [] : ["--", `:(literal)${reading.within}`];
  const asked = ["rev-list", `--max-count=${versionsMax + 1}`, "--end-of-options", head, ...only];
  const { code, out, complaint } = await borrowed.git.run(asked, signal);
  if (code !== 0) throw new Fault("git.unreadable", `${repository.root}: ${complaint}`);
  const commits = out.split("\n").filter((line) => line !== "");
  const versions: DocumentVersion[] = [];
  for (const commit of commits.slice(0, versionsMax)) {
    // oxlint-disable-next-line no-await-in-loop -- one commit after the other, over one process
    const read = await readCommit(reading.objects, commit, signal);
    // oxlint-disable-next-line no-await-in-loop -- as above
    versions.push({ ...read.version, files: await readFiles(reading, read.tree, signal) });
  }
  return { versions, isCut: commits.length > versionsMax || repository.isShallow };
}

type Commit = { readonly tree: string; readonly version: Omit<DocumentVersion, "files"> };

async function readCommit(objects: ObjectReader, commit: string, signal: AbortSignal): Promise<Commit> {
  const expected = { kind: "commit", bytesMax: COMMIT_BYTES_MAX, nameOf: (id: string) => id } as const;
  for await (const content of objects.read([commit], expected, signal)) {
    const parsed = content && parseCommit(commit, content);
    if (parsed) return parsed;
  }
  throw new Fault("git.unreadable", `commit ${commit}`);
}

/** `git-commit-object`: headers, an empty line, the message. What others wrote is shown as printable text. */
function parseCommit(commit: string, content: Uint8Array): Commit | undefined {
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString("utf8");
  const end = text.indexOf("\n\n");
  const headers = (end < 0 ? text : text.slice(0, end)).split("\n");
  const valueOf = (name: string): string =>
    headers.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? "";
  const tree = /^[0-9a-f]{40,64}$/.exec(valueOf("tree"))?.[0];
  const [author, committer] = ["author", "committer"].map((name) => parsePerson(valueOf(name)));
  if (tree === undefined || !author || !committer) return undefined;
  const subject = toPrintable(end < 0 ? "" : (text.slice(end + 2).split("\n", 1)[0] ?? "").slice(0, 200));
  const isSigned = headers.some((line) => line.startsWith("gpgsig"));
  return {
    tree,
    version: { commit, at: committer.at, author: author.name, committer: committer.name, subject, isSigned },
  };
}

function parsePerson(line: string): { readonly name: string; readonly at: UnixMs } | undefined {
  const [, name = "", seconds = ""] = /^(.*) (\d{1,12}) [+-]\d{4}$/.exec(line) ?? [];
  const at = seconds === "" ? undefined : parseUnixMs(Number(seconds) * 1000);
  return at === undefined ? undefined : { name: toPrintable(name.slice(0, 200)), at };
}

async function readFiles(
  { objects, trees, within, isFile, isDocument }: Reading,
  tree: string,
  signal: AbortSignal,
): Promise<DocumentVersion["files"]> {
  const prefix = within === "" ? "" : `${within}/`;
  const isWanted = ({ path, kind }: TreeEntry): boolean => {
    if (kind !== "file") return false;
    if (isFile) return path === within;
    const name = path.slice(prefix.length);
    return path.startsWith(prefix) && !name.includes("/") && isDocument(name);
  };
  const wanted = (await trees.list(tree, signal)).filter(isWanted);
  const expected = { kind: "blob", bytesMax: FILE_BYTES_MAX, nameOf: (id: string) => id } as const;
  const files: { path: string; bytes: Uint8Array }[] = [];
  let i = 0;
  for await (const bytes of objects.read(
    wanted.map(({ id }) => id),
    expected,
    signal,
  )) {
    const path = basename(wanted[i++]?.path ?? "");
    if (bytes) files.push({ path, bytes });
  }
  return files;
}
