import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../core/fault.ts";
import { asNodeError } from "../node-error.ts";
import { readInput } from "../read-input.ts";

/** A file of documents, as it lies there. */
export type DocumentFile = { readonly path: string; readonly bytes: Uint8Array };

/** What the bundle of a signed policy is called after its policy: a signature, not a document. */
export const BUNDLE_SUFFIX = ".sigstore.json";

/** One file may be as large as a whole set; that the set is not larger, its reader says. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
const FILES_MAX = 2000;

/**
 * Reads the files that a person named; of a folder, the `.yaml`, `.yml` and `.json` files in it, by name. Hidden ones are
 * passed over, as the mounts of a ConfigMap have them, and so are bundles. Faults: `input.missing`, `input.unreadable`,
 * `input.too-large`.
 */
export async function readDocumentFiles(paths: readonly string[]): Promise<readonly DocumentFile[]> {
  const listed = await Promise.all(paths.map((path) => filesAt(path)));
  const files = listed.flat();
  if (files.length > FILES_MAX)
    throw new Fault("input.too-large", `${files.length} files where ${FILES_MAX} are allowed`);
  if (files.length === 0) throw new Fault("input.missing", `${paths.join(", ")}: no .yaml, .yml or .json file`);
  return Promise.all(files.map(async (path) => ({ path, bytes: await readInput(path, FILE_BYTES_MAX) })));
}

/** Which files of a folder are documents. */
export function isDocumentName(name: string): boolean {
  return /\.(?:ya?ml|json)$/.test(name) && !name.startsWith(".") && !name.endsWith(BUNDLE_SUFFIX);
}

async function filesAt(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path);
    return names
      .filter(isDocumentName)
      .toSorted()
      .map((name) => join(path, name));
  } catch (cause) {
    const code = asNodeError(cause)?.code;
    if (code === undefined) throw cause;
    throw new Fault(code === "ENOENT" ? "input.missing" : "input.unreadable", path, { cause });
  }
}
