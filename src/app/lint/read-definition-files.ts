import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DEFINITION_BYTES_MAX, readDefinitionFile } from "../../adapters/manifests/definition-file.ts";
import { Fault } from "../../core/fault.ts";
import type { DefinitionFile } from "../../core/pipelines/definitions/definition-file.ts";
import { asNodeError } from "../node-error.ts";
import { readInput } from "../read-input.ts";

/** Files of one run; the largest public catalogue has 2,000. */
const FILES_MAX = 50_000;
const DEPTH_MAX = 40;
const SKIPPED = new Set(["node_modules", ".git"]);

/**
 * Reads the files that a person named, and what folders among them hold. A file that is too large or broken is part of
 * the answer, with its problem; one that is not there is a Fault (`input.missing`, `input.unreadable`).
 */
export async function readDefinitionFiles(paths: readonly string[]): Promise<readonly DefinitionFile[]> {
  const names = [...new Set((await Promise.all(paths.map((path) => filesOf(path, 0)))).flat())].toSorted();
  if (names.length > FILES_MAX)
    throw new Fault("input.too-large", `${names.length} files, ${FILES_MAX} are read at once`);
  const files: DefinitionFile[] = [];
  // oxlint-disable-next-line no-await-in-loop -- one file in memory at a time: there may be thousands
  for (const name of names) files.push(await readOne(name));
  return files;
}

async function readOne(path: string): Promise<DefinitionFile> {
  const { size } = await stat(path).catch((cause: unknown) => refuse(path, cause));
  // Not read, so that a large file costs nothing; the reader says that it is too large.
  if (size > DEFINITION_BYTES_MAX) return readDefinitionFile(path, new Uint8Array(DEFINITION_BYTES_MAX + 1));
  return readDefinitionFile(path, await readInput(path, DEFINITION_BYTES_MAX));
}

async function filesOf(path: string, depth: number): Promise<readonly string[]> {
  const entry = await stat(path).catch((cause: unknown) => refuse(path, cause));
  if (!entry.isDirectory()) return [path];
  if (depth > DEPTH_MAX) return [];
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => refuse(path, cause));
  const below = entries
    .filter(({ name }) => !SKIPPED.has(name))
    .map(async (one): Promise<readonly string[]> => {
      const child = join(path, one.name);
      // Links are not followed: they may lead out, or in a circle.
      if (one.isDirectory()) return filesOf(child, depth + 1);
      return one.isFile() && /\.(?:ya?ml|json)$/i.test(one.name) ? [child] : [];
    });
  return (await Promise.all(below)).flat();
}

function refuse(path: string, cause: unknown): never {
  const code = asNodeError(cause)?.code;
  if (code === undefined) throw cause;
  throw new Fault(code === "ENOENT" ? "input.missing" : "input.unreadable", path, { cause });
}
