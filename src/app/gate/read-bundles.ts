import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { readDefinitionFile } from "../../adapters/manifests/definition-file.ts";
import { Fault } from "../../core/fault.ts";
import type { DefinitionFile } from "../../core/pipelines/definitions/definition-file.ts";
import { asNodeError } from "../node-error.ts";
import { readInput } from "../read-input.ts";

const FILES_MAX = 5000;
const FILE_BYTES_MAX = 5 * 1024 * 1024;

/**
 * Reads what references lead to from a folder: `sha256-….yaml` is the content of a bundle, and a file below a folder named
 * for a commit is that file in Git. Taken as given: nothing here is hashed. Faults: those of reading, `input.too-large`.
 */
export async function readBundles(folder: string | undefined): Promise<ReadonlyMap<string, readonly DefinitionFile[]>> {
  if (folder === undefined) return new Map();
  const paths = await pathsIn(folder);
  const found = await Promise.all(
    paths.flatMap((path) => {
      const pin = pinOfPath(path);
      return pin === undefined ? [] : [readOne(folder, path).then((file) => [pin, [file]] as const)];
    }),
  );
  return new Map(found);
}

async function readOne(folder: string, path: string): Promise<DefinitionFile> {
  return readDefinitionFile(path, await readInput(join(folder, path), FILE_BYTES_MAX));
}

async function pathsIn(folder: string): Promise<readonly string[]> {
  try {
    const all = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = all.filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name));
    if (files.length > FILES_MAX) throw new Fault("input.too-large", `${folder}: more than ${FILES_MAX} files`);
    return files
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join("/"))
      .toSorted();
  } catch (cause) {
    const code = asNodeError(cause)?.code;
    if (code === undefined) throw cause;
    throw new Fault(code === "ENOENT" ? "input.missing" : "input.unreadable", folder, { cause });
  }
}

function pinOfPath(path: string): string | undefined {
  const digest = /^sha256[-:]([0-9a-f]{64})\.ya?ml$/.exec(path)?.[1];
  if (digest !== undefined) return `sha256:${digest}`;
  const [, commit, below] = /^((?:[0-9a-f]{40}|[0-9a-f]{64}))\/(.+)$/.exec(path) ?? [];
  return commit === undefined || below === undefined ? undefined : `${commit}:${below}`;
}
